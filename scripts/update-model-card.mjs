// Writes the figures of evaluation reports into a model card, between <!-- eval:start --> and <!-- eval:end -->:
//   npx undertone eval MANIFEST.csv --split dev --group-by corpus --report REPORT
//   node scripts/update-model-card.mjs models/starter/README.md REPORT/report.json
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const START = '<!-- eval:start -->';
const END = '<!-- eval:end -->';

/** The card with its figures replaced. Throws when the marks are missing, so that nothing is written in the wrong place. */
export function withFigures(card, report) {
  const from = card.indexOf(START);
  const to = card.indexOf(END);
  if (from < 0 || to < from) throw new Error(`the card has no ${START} … ${END}`);
  return `${card.slice(0, from + START.length)}\n${figures(report)}\n${card.slice(to)}`;
}

export function figures(report) {
  const groups = report.groups.length > 0 ? report.groups : [report.overall];
  const { manifest, model } = report;
  const excluded = report.excluded.unknownLabels.map(({ label, count }) => `${count} × ${label}`).join(', ');
  return [
    `Measured with \`undertone eval\` on ${report.createdAt.slice(0, 10)}: ${model.id} ${model.version}, weights \`${model.digest.slice(0, 12)}\`${manifest.split === null ? '' : `, split \`${manifest.split}\``}, ${report.raw ? 'raw (one window, no gate)' : 'the full pipeline'}.`,
    `In brackets: 95 % intervals, bootstrap over whole speakers (${report.overall.intervals.resamples} resamples).${excluded === '' ? '' : ` Left out, because the model has no such label: ${excluded}.`}`,
    '',
    `| ${report.groupedBy ?? 'items'} | items | speakers | WA | UA | macro F1 | ECE | not judged |`,
    '|---|---|---|---|---|---|---|---|',
    ...groups.map(({ group, metrics, intervals }) => `| ${group} | ${metrics.itemCount} | ${intervals.clusterCount} | ${withInterval(metrics.weightedAccuracy, intervals.weightedAccuracy)} | ${withInterval(metrics.unweightedAccuracy, intervals.unweightedAccuracy)} | ${withInterval(metrics.macroF1, intervals.macroF1)} | ${metrics.expectedCalibrationError === null ? '–' : withInterval(metrics.expectedCalibrationError, intervals.expectedCalibrationError)} | ${metrics.notJudgedCount} |`),
    ...groups.flatMap((group) => ['', ...perClass(group, model.labels, groups.length > 1)]),
  ].join('\n');
}

function perClass({ group, metrics, intervals, confusion }, labels, isOneOfMany) {
  return [
    `${isOneOfMany ? `**${group}**: per` : 'Per'} class, and what was answered (rows: true label):`,
    '',
    `| | items | precision | recall | F1 | ${labels.map((label) => `→ ${label}`).join(' | ')} | → none |`,
    `|---|---|---|---|---|${'---|'.repeat(labels.length + 1)}`,
    ...metrics.perClass.flatMap((each, k) => (each.support === 0 ? [] : [`| ${each.label} | ${each.support} | ${three(each.precision)} | ${withInterval(each.recall, intervals.perClassRecall[k])} | ${three(each.f1)} | ${confusion[k].join(' | ')} |`])),
  ];
}

function withInterval(value, { low, high }) {
  return `${three(value)} [${three(low)}, ${three(high)}]`;
}

function three(value) {
  return value.toFixed(3);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [cardPath, reportPath] = process.argv.slice(2);
  if (reportPath === undefined) {
    process.stderr.write('Usage: node scripts/update-model-card.mjs CARD.md REPORT.json\n');
    process.exit(2);
  }
  writeFileSync(cardPath, withFigures(readFileSync(cardPath, 'utf8'), JSON.parse(readFileSync(reportPath, 'utf8'))));
}
