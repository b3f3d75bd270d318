import { resolve } from 'node:path';
import { ManifestError } from '../domain/evaluation-manifest.js';
import { buildReport } from '../domain/evaluation-report.js';
import type { EvaluationReport, GroupFigures } from '../domain/evaluation-report.js';
import { nearestName } from '../domain/nearest-name.js';
import type { CliRuntime } from './cli-runtime.js';
import { writeEvaluation } from './eval-files.js';
import { locate, readSource, type ManifestArguments } from './eval-manifest.js';
import { runItems } from './eval-run.js';
import { ProgressLine } from './progress-line.js';
import { painter, print, printable, table } from './terminal.js';
import type { Terminal } from './terminal.js';

export interface EvalArguments extends ManifestArguments {
  readonly model: string | null;
  /** Another model that is given the same items. */
  readonly compare: string | null;
  readonly report: string | null;
  readonly json: boolean;
  readonly raw: boolean;
  readonly groupBy: string | null;
  readonly resamples: number;
  readonly seed: number;
  readonly verbose: boolean;
}

/** Runs a manifest through the platform's own pipeline and says how good the answers are. 1 when a file failed. */
export async function evalCommand(runtime: CliRuntime, terminal: Terminal, args: EvalArguments): Promise<number> {
  const source = await readSource(args, ({ header }) => {
    if (args.groupBy === null || header.includes(args.groupBy)) return;
    const near = nearestName(args.groupBy, header);
    throw new ManifestError([`--group-by ${args.groupBy}: no such column${near === null ? '' : `; did you mean \`${near}\`?`} (columns: ${header.join(', ')})`]);
  });
  const analyzer = await runtime.openAnalyzer();
  try {
    const model = analyzer.describeModel(args.model);
    const other = args.compare === null ? null : analyzer.describeModel(args.compare);
    const { manifest, sha256, unknown, paths } = await locate(terminal, source, args, model.labels);
    const progress = new ProgressLine(terminal.err, { verbose: args.verbose });
    const measure = async (id: string | null, name: string) => {
      const title = `${paths.size} recordings${name}`;
      progress.begin(title);
      const results = await runItems(analyzer, paths, { model: id, raw: args.raw, signal: terminal.signal, onDone: (count) => progress.update(`${count}/${title}`, count / paths.size) });
      progress.end(title, 'done');
      return results;
    };
    const results = await measure(args.model, other === null ? '' : ` by ${model.id}`);
    const compared = other === null ? null : { model: other, results: await measure(args.compare, ` by ${other.id}`) };
    const report = await buildReport({
      manifest, manifestPath: args.manifest, manifestSha256: sha256, split: args.split, model, raw: args.raw,
      labelMapping: args.labels, unknownLabels: unknown, results, compared, groupBy: args.groupBy, resamples: args.resamples, seed: args.seed, now: new Date(),
    });
    if (args.report !== null) {
      const located = new Map([...paths].map(([item, path]) => [item.path, path]));
      await writeEvaluation(args.report, report, results, (path) => located.get(path) ?? null);
      await print(terminal.err, `Report: ${resolve(args.report, 'report.html')} (also report.json and items.csv)\n`);
    }
    await print(terminal.out, args.json ? `${JSON.stringify(report)}\n` : evaluationText(report, painter(terminal.out)));
    return report.excluded.failed.length === 0 ? 0 : 1;
  } finally {
    await analyzer.close();
  }
}

type Paint = ReturnType<typeof painter>;

export function evaluationText(report: EvaluationReport, paint: Paint): string {
  const parts = [`${paint('bold', `${report.model.id} ${report.model.version}`)} on ${printable(report.manifest.path)}${report.manifest.split === null ? '' : ` (split ${printable(report.manifest.split)})`}\n`];
  for (const figures of [report.overall, ...report.groups]) parts.push('\n', groupText(figures, report, paint));
  if (report.slices.length > 0) parts.push('\n', slicesText(report, paint));
  if (report.comparison !== null) parts.push('\n', comparisonText(report, report.comparison, paint));
  for (const { path, code } of report.excluded.failed) parts.push(`${paint('red', '✗')} ${printable(path)} failed (${code}) and is left out\n`);
  return parts.join('');
}

function groupText(figures: GroupFigures, report: EvaluationReport, paint: Paint): string {
  const { metrics, intervals } = figures;
  const title = figures === report.overall ? 'all' : `${report.groupedBy ?? ''} ${printable(figures.group)}`;
  const unsaid = `${metrics.notJudgedCount} not judged, ${figures.abstainedCount} abstained`;
  const headline = [
    ['', 'value', '95 % interval'],
    ['WA', three(metrics.weightedAccuracy), range(intervals.weightedAccuracy)],
    ['UA', three(metrics.unweightedAccuracy), range(intervals.unweightedAccuracy)],
    ['macro F1', three(metrics.macroF1), range(intervals.macroF1)],
    ['weighted F1', three(metrics.weightedF1), range(intervals.weightedF1)],
    ['ECE', three(metrics.expectedCalibrationError), range(intervals.expectedCalibrationError)],
    ['Brier', three(metrics.brier), range(intervals.brier)],
    ['NLL', three(metrics.negativeLogLikelihood), range(intervals.negativeLogLikelihood)],
  ];
  const classes = metrics.perClass.map((each, k) => [printable(each.label), String(each.support), three(each.precision), each.support === 0 ? '–' : three(each.recall), three(each.f1), ...figures.confusion[k]!.map(String)]);
  const header = ['class', 'items', 'precision', 'recall', 'F1', ...report.model.labels.map((label) => `→${printable(label).slice(0, 5)}`), '→none'];
  return `${paint('bold', title)}  ${metrics.itemCount} items of ${intervals.clusterCount} speakers, ${unsaid}\n${table(headline, [1, 2])}\n${table([header, ...classes], header.map((_, i) => i).slice(1))}`;
}

function slicesText({ slices }: EvaluationReport, paint: Paint): string {
  const rows = slices.map(({ dimension, value, isSmall, metrics, intervals }) => [`${dimension}: ${printable(value)}${isSmall ? ' (small)' : ''}`, String(metrics.itemCount), String(intervals.clusterCount), three(metrics.unweightedAccuracy), range(intervals.unweightedAccuracy)]);
  return `${paint('bold', 'by condition')}\n${table([['slice', 'items', 'speakers', 'UA', '95 % interval'], ...rows], [1, 2, 3, 4])}\n`;
}

function comparisonText(report: EvaluationReport, { model, result }: NonNullable<EvaluationReport['comparison']>, paint: Paint): string {
  const row = (name: string, { a, b, difference, interval }: (typeof result)['weightedAccuracy']): string[] => [name, three(a), three(b), three(difference), range(interval)];
  const rows = [['', report.model.id, model.id, 'difference', '95 % interval'], row('WA', result.weightedAccuracy), row('UA', result.unweightedAccuracy), row('macro F1', result.macroF1)];
  return `${paint('bold', `against ${model.id} ${model.version}`)}  ${result.itemCount} items; only ${report.model.id} right: ${result.onlyARight}, only ${model.id} right: ${result.onlyBRight}; McNemar exact p = ${result.pValue.toPrecision(3)}\n${table(rows, [1, 2, 3, 4])}\n`;
}

function three(value: number | null): string {
  return value === null ? '–' : value.toFixed(3);
}

function range(interval: { readonly low: number; readonly high: number } | null): string {
  return interval === null ? '–' : `${interval.low.toFixed(3)} – ${interval.high.toFixed(3)}`;
}
