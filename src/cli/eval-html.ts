import type { Interval } from '../domain/bootstrap.js';
import { confusionSvg, coverageSvg, reliabilitySvg } from '../domain/svg-evaluation.js';
import { escapeXml } from '../domain/svg-plot.js';
import type { EvaluationReport, GroupFigures } from './eval-report.js';

const STYLE = `body{font:15px/1.5 system-ui,'Noto Sans','Noto Sans CJK SC',sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1f2328}
table{border-collapse:collapse;margin:.5rem 0 1.5rem}th,td{border:1px solid #d0d7de;padding:.25rem .6rem;text-align:right}th:first-child,td:first-child{text-align:left}
.plots{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0}figcaption{font-weight:600}.plots svg{max-width:100%;height:auto}.warning{border-left:4px solid #bf8700;padding:.3rem .8rem;background:#fff8c5}code{background:#f6f8fa;padding:0 .2em}`;

/** One page that stands alone: no script, no font, no picture from elsewhere. */
export function evaluationHtml(report: EvaluationReport): string {
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
${mistakesTable(report)}
<p>Intervals: 95 %, percentile bootstrap over whole speakers, ${overall.intervals.resamples} resamples of ${overall.intervals.clusterCount} speakers. WA: accuracy. UA: mean recall of the classes that occur. Items that the gate did not judge count as wrong in WA, UA and F1, and are absent from ECE, Brier and NLL. ECE, reliability and coverage are of the confidence; Brier and NLL of the plain scores.</p>
</body></html>
`;
}

function section(title: string, figures: GroupFigures, labels: readonly string[]): string {
  const { metrics, intervals } = figures;
  const cell = (value: number | null, interval: Interval | null): string => (value === null || interval === null ? '<td>–</td>' : `<td>${three(value)} <small>[${three(interval.low)}, ${three(interval.high)}]</small></td>`);
  const classRows = metrics.perClass.map((each, k) => `<tr><td>${escapeXml(each.label)}</td><td>${each.support}</td><td>${three(each.precision)}</td>${each.support === 0 ? '<td>–</td>' : cell(each.recall, intervals.perClassRecall[k] ?? null)}${cell(each.f1, intervals.perClassF1[k] ?? null)}</tr>`);
  return `<h2>${escapeXml(title)} <small>(${metrics.itemCount} items, ${metrics.notJudgedCount} not judged, ${figures.abstainedCount} abstained)</small></h2>
<table><tr><th>WA</th><th>UA</th><th>macro F1</th><th>weighted F1</th><th>ECE</th><th>Brier</th><th>NLL</th></tr>
<tr>${cell(metrics.weightedAccuracy, intervals.weightedAccuracy)}${cell(metrics.unweightedAccuracy, intervals.unweightedAccuracy)}${cell(metrics.macroF1, intervals.macroF1)}${cell(metrics.weightedF1, intervals.weightedF1)}${cell(metrics.expectedCalibrationError, intervals.expectedCalibrationError)}${cell(metrics.brier, intervals.brier)}${cell(metrics.negativeLogLikelihood, intervals.negativeLogLikelihood)}</tr></table>
<table><tr><th>class</th><th>items</th><th>precision</th><th>recall</th><th>F1</th></tr>${classRows.join('')}</table>
<div class="plots">
${figure('Confusion: what was answered for each true label', confusionSvg(labels, figures.confusion, { hasNotJudged: metrics.notJudgedCount > 0 }))}
${figure('Reliability: on the dashed line, confidence equals accuracy', reliabilitySvg(figures.reliability))}
${figure('Coverage: accuracy when the least confident answers are declined', coverageSvg(figures.coverage))}
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

function mistakesTable(report: EvaluationReport): string {
  if (report.mostConfidentMistakes.length === 0) return '';
  const rows = report.mostConfidentMistakes.map((mistake) => `<tr><td><code>${escapeXml(mistake.path)}</code></td><td>${escapeXml(mistake.truth)}</td><td>${escapeXml(mistake.answered)}</td><td>${three(mistake.confidence)}</td></tr>`);
  return `<h2>Most confident mistakes</h2><table><tr><th>recording</th><th>true</th><th>answered</th><th>confidence</th></tr>${rows.join('')}</table>`;
}

function three(value: number): string {
  return value.toFixed(3);
}
