import type { Interval } from './bootstrap.js';
import { confusionSvg, coverageSvg, reliabilitySvg, slicesSvg } from './svg-evaluation.js';
import { escapeXml } from './svg-plot.js';
import type { EvaluationReport, GroupFigures } from './evaluation-report.js';
import type { FigureDifference } from './paired-comparison.js';
import type { SoftLabelFigure } from './soft-labels.js';

const STYLE = `body{font:15px/1.5 system-ui,'Noto Sans','Noto Sans CJK SC',sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1f2328}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}th,td{border:1px solid #d0d7de;padding:.25rem .6rem;text-align:right}th:first-child,td:first-child{text-align:left}
.plots{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0}figcaption{font-weight:600}.plots svg{max-width:100%;height:auto}.warning{border-left:4px solid #bf8700;padding:.3rem .8rem;background:#fff8c5}code{background:#f6f8fa;padding:0 .2em}`;

/** One page that stands alone: no script, no font, no picture from elsewhere. `linkOf`: where a recording can be listened to. */
export function evaluationHtml(report: EvaluationReport, linkOf: (path: string) => string | null = () => null): string {
  const { model, manifest, overall } = report;
  const excluded = [
    ...report.excluded.unknownLabels.map(({ label, count, suggestion }) => `${count} items labelled “${label}”, which the model does not know${suggestion === null ? '' : ` (nearest: “${suggestion}”)`}`),
    ...(report.excluded.failed.length === 0 ? [] : [`${report.excluded.failed.length} files that failed: ${report.excluded.failed.slice(0, 5).map(({ path, code }) => `${path} (${code})`).join(', ')}${report.excluded.failed.length > 5 ? ', …' : ''}`]),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeXml(`Evaluation of ${model.id} ${model.version}`)}</title><style>${STYLE}</style></head><body>
<h1>${escapeXml(`Evaluation of ${model.id} ${model.version}`)}</h1>
<p>Manifest <code>${escapeXml(manifest.path)}</code> (sha256 <code>${manifest.sha256.slice(0, 12)}</code>)${manifest.split === null ? '' : `, split <code>${escapeXml(manifest.split)}</code>`}; ${report.raw ? 'raw: one window, no gate' : 'full pipeline'}; weights <code>${escapeXml(model.digest.slice(0, 12))}</code>; ${escapeXml(report.createdAt)}.</p>
${[...report.warnings, ...excluded.map((text) => `Left out: ${text}.`)].map((text) => `<p class="warning">${escapeXml(text)}</p>`).join('\n')}
${mappingText(report)}
${section('All items', overall, model.labels)}
${report.groups.length === 0 ? '' : groupTable(report)}
${report.groups.map((group) => section(`${report.groupedBy ?? ''} = ${group.group}`, group, model.labels)).join('\n')}
${comparisonText(report)}
${slicesTable(report)}
${softLabelsTable(report)}
${mistakesTable(report, linkOf)}
<p>Intervals: 95 %, percentile bootstrap over whole speakers, ${overall.intervals.resamples} resamples of ${overall.intervals.clusterCount} speakers. WA: accuracy. UA: mean recall of the classes that occur. Items that the gate did not judge count as wrong in WA, UA and F1, and are absent from ECE, Brier and NLL. ECE, reliability and coverage are of the confidence; Brier and NLL of the plain scores.</p>
</body></html>
`;
}

function section(title: string, figures: GroupFigures, labels: readonly string[]): string {
  const { metrics, intervals } = figures;
  const cell = (value: number | null, interval: Interval | null): string => (value === null || interval === null ? '<td>–</td>' : `<td>${three(value)} <small>[${three(interval.low)}, ${three(interval.high)}]</small></td>`);
  const classRows = metrics.perClass.map((each, k) => `<tr><td>${escapeXml(each.label)}</td><td>${each.support}</td>${each.predictedCount === 0 ? '<td>–</td>' : cell(each.precision, intervals.perClassPrecision[k] ?? null)}${each.support === 0 ? '<td>–</td>' : cell(each.recall, intervals.perClassRecall[k] ?? null)}${cell(each.f1, intervals.perClassF1[k] ?? null)}</tr>`);
  return `<h2>${escapeXml(title)} <small>(${metrics.itemCount} items, ${metrics.notJudgedCount} not judged, ${figures.abstainedCount} abstained${figures.setCoverage === null || figures.meanSetSize === null ? '' : `; the prediction sets hold the truth in ${(figures.setCoverage * 100).toFixed(1)} %, with ${figures.meanSetSize.toFixed(2)} labels`})</small></h2>
<table><tr><th>WA</th><th>UA</th><th>macro F1</th><th>weighted F1</th><th>ECE</th><th>Brier</th><th>NLL</th></tr>
<tr>${cell(metrics.weightedAccuracy, intervals.weightedAccuracy)}${cell(metrics.unweightedAccuracy, intervals.unweightedAccuracy)}${cell(metrics.macroF1, intervals.macroF1)}${cell(metrics.weightedF1, intervals.weightedF1)}${cell(metrics.expectedCalibrationError, intervals.expectedCalibrationError)}${cell(metrics.brier, intervals.brier)}${cell(metrics.negativeLogLikelihood, intervals.negativeLogLikelihood)}</tr></table>
<table><tr><th>class</th><th>items</th><th>precision</th><th>recall</th><th>F1</th></tr>${classRows.join('')}</table>
<div class="plots">
${figure('Confusion: what was answered for each true label', confusionSvg(labels, figures.confusion, { hasNotJudged: metrics.notJudgedCount > 0 }))}
${figure('Reliability: on the dashed line, confidence equals accuracy', reliabilitySvg(figures.reliability, intervals.reliabilityAccuracy))}
${figure('Coverage: accuracy when the least confident answers are declined', coverageSvg(figures.coverage, figures.coverageIntervals))}
</div>`;
}

function figure(caption: string, svg: string): string {
  return `<figure><figcaption>${escapeXml(caption)}</figcaption>${svg}</figure>`;
}

function groupTable(report: EvaluationReport): string {
  const rows = report.groups.map(({ group, metrics, intervals }) => `<tr><td>${escapeXml(group)}</td><td>${metrics.itemCount}</td><td>${three(metrics.weightedAccuracy)}</td><td>${three(metrics.unweightedAccuracy)} <small>[${three(intervals.unweightedAccuracy.low)}, ${three(intervals.unweightedAccuracy.high)}]</small></td><td>${three(metrics.macroF1)}</td></tr>`);
  return `<h2>By ${escapeXml(report.groupedBy ?? '')}</h2><table><tr><th>group</th><th>items</th><th>WA</th><th>UA</th><th>macro F1</th></tr>${rows.join('')}</table>`;
}

function mappingText(report: EvaluationReport): string {
  const pairs = Object.entries(report.labelMapping);
  return pairs.length === 0 ? '' : `<p>Labels were mapped: ${pairs.map(([from, to]) => escapeXml(`${from} → ${to}`)).join(', ')}.</p>`;
}

function mistakesTable(report: EvaluationReport, linkOf: (path: string) => string | null): string {
  if (report.mostConfidentMistakes.length === 0) return '';
  const rows = report.mostConfidentMistakes.map((mistake) => `<tr><td>${listenLink(mistake.path, linkOf)}</td><td>${escapeXml(mistake.truth)}</td><td>${escapeXml(mistake.answered)}</td><td>${three(mistake.confidence)}</td></tr>`);
  return `<h2>Most confident mistakes</h2><table><tr><th>recording</th><th>true</th><th>answered</th><th>confidence</th></tr>${rows.join('')}</table>`;
}

function listenLink(path: string, linkOf: (path: string) => string | null): string {
  const link = linkOf(path);
  const name = `<code>${escapeXml(path)}</code>`;
  return link === null ? name : `<a href="${escapeXml(link)}">${name}</a>`;
}

function comparisonText(report: EvaluationReport): string {
  if (report.comparison === null) return '';
  const { model, result } = report.comparison;
  const row = (name: string, { a, b, difference, interval }: FigureDifference): string => `<tr><td>${name}</td><td>${three(a)}</td><td>${three(b)}</td><td>${signed(difference)} <small>[${signed(interval.low)}, ${signed(interval.high)}]</small></td></tr>`;
  return `<h2>Compared with ${escapeXml(`${model.id} ${model.version}`)}</h2>
<p>${result.itemCount} items that both were given: both right ${result.bothRight}, only ${escapeXml(report.model.id)} ${result.onlyARight}, only ${escapeXml(model.id)} ${result.onlyBRight}, both wrong ${result.bothWrong}; McNemar's exact test p = ${result.pValue < 0.0001 ? '&lt; 0.0001' : result.pValue.toFixed(4)}.</p>
<table><tr><th></th><th>${escapeXml(report.model.id)}</th><th>${escapeXml(model.id)}</th><th>difference</th></tr>${row('WA', result.weightedAccuracy)}${row('UA', result.unweightedAccuracy)}${row('macro F1', result.macroF1)}</table>`;
}

function slicesTable(report: EvaluationReport): string {
  if (report.slices.length === 0) return '';
  const rows = report.slices.map(({ dimension, value, isSmall, metrics, intervals }) => `<tr><td>${escapeXml(dimension)}: ${escapeXml(value)}${isSmall ? ' <em>(small)</em>' : ''}</td><td>${metrics.itemCount}</td><td>${intervals.clusterCount}</td><td>${three(metrics.weightedAccuracy)}</td><td>${three(metrics.unweightedAccuracy)} <small>[${three(intervals.unweightedAccuracy.low)}, ${three(intervals.unweightedAccuracy.high)}]</small></td><td>${three(metrics.macroF1)}</td></tr>`);
  return `<h2>By condition</h2>${figure('UA with its interval; pale where a slice is small', slicesSvg(report.slices))}
<table><tr><th>slice</th><th>items</th><th>speakers</th><th>WA</th><th>UA</th><th>macro F1</th></tr>${rows.join('')}</table>`;
}

function softLabelsTable({ softLabels }: EvaluationReport): string {
  if (softLabels === null) return '';
  const row = (name: string, { value, interval }: SoftLabelFigure): string => `<tr><td>${name}</td><td>${three(value)} <small>[${three(interval.low)}, ${three(interval.high)}]</small></td></tr>`;
  return `<h2>Against the listeners' votes <small>(${softLabels.itemCount} items)</small></h2>
<table><tr><th>figure</th><th>value</th></tr>${row('share of the votes for the answer', softLabels.voteShare)}${row('share of the votes for the most voted label', softLabels.listenerAgreement)}${row('cross entropy', softLabels.crossEntropy)}${row('divergence (KL)', softLabels.divergence)}${row('Jensen–Shannon divergence', softLabels.jensenShannon)}${row('Brier', softLabels.brier)}</table>`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
}

function three(value: number): string {
  return value.toFixed(3);
}
