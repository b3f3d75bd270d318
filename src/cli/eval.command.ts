import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UndertoneError } from '../domain/errors.js';
import { checkLabels, ManifestError, readManifest } from '../domain/evaluation-manifest.js';
import type { Manifest } from '../domain/evaluation-manifest.js';
import { nearestName } from '../domain/nearest-name.js';
import type { CliRuntime } from './cli-runtime.js';
import { writeEvaluation } from './eval-files.js';
import { buildReport } from './eval-report.js';
import type { EvaluationReport, GroupFigures } from './eval-report.js';
import { locateFiles, runItems } from './eval-run.js';
import { ProgressLine } from './progress-line.js';
import { painter, print, printable, table } from './terminal.js';
import type { Terminal } from './terminal.js';

export interface EvalArguments {
  readonly manifest: string;
  readonly model: string | null;
  readonly report: string | null;
  readonly json: boolean;
  readonly raw: boolean;
  readonly split: string | null;
  readonly groupBy: string | null;
  readonly dataRoot: string | null;
  readonly columns: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly resamples: number;
  readonly seed: number;
  readonly verbose: boolean;
}

/** Runs a manifest through the platform's own pipeline and says how good the answers are. 1 when a file failed. */
export async function evalCommand(runtime: CliRuntime, terminal: Terminal, args: EvalArguments): Promise<number> {
  const bytes = await readFile(args.manifest).catch((error: unknown) => {
    throw new UndertoneError('BAD_INPUT', `The manifest ${args.manifest} cannot be read: ${(error as Error).message}`, {}, { cause: error });
  });
  const manifest = parseManifest(bytes.toString('utf8'), args);
  const analyzer = await runtime.openAnalyzer();
  try {
    const model = analyzer.describeModel(args.model);
    const { known, unknown } = checkLabels(manifest.items, model.labels);
    await sayExclusions(terminal, manifest, unknown, model.labels);
    if (known.length === 0) throw new UndertoneError('BAD_INPUT', `None of the manifest's labels is one of the model's: ${model.labels.join(', ')}. Map them with --map FROM=TO.`);
    const paths = await asBadInput(args.manifest, () => locateFiles(known, resolve(args.dataRoot ?? dirname(args.manifest))));
    const progress = new ProgressLine(terminal.err, { verbose: args.verbose });
    progress.begin(`${known.length} recordings`);
    const results = await runItems(analyzer, paths, { model: args.model, raw: args.raw, signal: terminal.signal, onDone: (count) => progress.update(`${count}/${known.length} recordings`, count / known.length) });
    progress.end(`${known.length} recordings`, 'done');
    const report = buildReport({
      manifest, manifestPath: args.manifest, manifestSha256: createHash('sha256').update(bytes).digest('hex'), split: args.split, model, raw: args.raw,
      labelMapping: args.labels, unknownLabels: unknown, results, groupBy: args.groupBy, resamples: args.resamples, seed: args.seed, now: new Date(),
    });
    if (args.report !== null) {
      await writeEvaluation(args.report, report, results);
      await print(terminal.err, `Report: ${resolve(args.report, 'report.html')} (also report.json and items.csv)\n`);
    }
    await print(terminal.out, args.json ? `${JSON.stringify(report)}\n` : evaluationText(report, painter(terminal.out)));
    return report.excluded.failed.length === 0 ? 0 : 1;
  } finally {
    await analyzer.close();
  }
}

function parseManifest(text: string, args: EvalArguments): Manifest {
  try {
    const manifest = readManifest(text, { columns: args.columns, labels: args.labels, split: args.split });
    if (args.groupBy !== null && !manifest.header.includes(args.groupBy)) {
      const near = nearestName(args.groupBy, manifest.header);
      throw new ManifestError([`--group-by ${args.groupBy}: no such column${near === null ? '' : `; did you mean \`${near}\`?`} (columns: ${manifest.header.join(', ')})`]);
    }
    return manifest;
  } catch (error) {
    throw badInput(args.manifest, error);
  }
}

async function asBadInput<T>(manifestPath: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw badInput(manifestPath, error);
  }
}

function badInput(manifestPath: string, error: unknown): unknown {
  if (!(error instanceof ManifestError)) return error;
  return new UndertoneError('BAD_INPUT', `The manifest ${manifestPath} cannot be used:\n${error.problems.map((problem) => `  • ${problem}`).join('\n')}`, {}, { cause: error });
}

async function sayExclusions(terminal: Terminal, manifest: Manifest, unknown: EvaluationReport['excluded']['unknownLabels'], labels: readonly string[]): Promise<void> {
  const paint = painter(terminal.err);
  for (const warning of manifest.warnings) await print(terminal.err, `${paint('yellow', '⚠')} ${printable(warning)}\n`);
  for (const { label, count, suggestion } of unknown) {
    const hint = suggestion === null ? `the model knows ${labels.join(', ')}` : `did you mean \`${suggestion}\`? Then --map ${printable(label)}=${suggestion}`;
    await print(terminal.err, `${paint('yellow', '⚠')} ${count} items labelled \`${printable(label)}\` are left out: ${hint}\n`);
  }
}

type Paint = ReturnType<typeof painter>;

export function evaluationText(report: EvaluationReport, paint: Paint): string {
  const parts = [`${paint('bold', `${report.model.id} ${report.model.version}`)} on ${printable(report.manifest.path)}${report.manifest.split === null ? '' : ` (split ${printable(report.manifest.split)})`}\n`];
  for (const figures of [report.overall, ...report.groups]) parts.push('\n', groupText(figures, report, paint));
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

function three(value: number | null): string {
  return value === null ? '–' : value.toFixed(3);
}

function range(interval: { readonly low: number; readonly high: number } | null): string {
  return interval === null ? '–' : `${interval.low.toFixed(3)} – ${interval.high.toFixed(3)}`;
}
