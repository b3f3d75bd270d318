import { bootstrapIntervals } from '../domain/bootstrap.js';
import type { MetricIntervals } from '../domain/bootstrap.js';
import type { LabelCheck, Manifest } from '../domain/evaluation-manifest.js';
import { confusionRows, coverageCurve, metricsOfTally, reliabilityBins, tallyOf } from '../domain/metrics.js';
import type { CoveragePoint, Metrics, ReliabilityBin } from '../domain/metrics.js';
import type { ScoredItem } from '../domain/metrics.tally.js';
import type { EvaluatedItem } from './eval-run.js';

/** Figures of one group of items (all of them, or one value of the grouping column). */
export interface GroupFigures {
  readonly group: string;
  readonly metrics: Metrics;
  readonly intervals: MetricIntervals;
  readonly confusion: readonly (readonly number[])[];
  readonly reliability: readonly ReliabilityBin[];
  readonly coverage: readonly CoveragePoint[];
  readonly abstainedCount: number;
}

export interface EvaluationReport {
  readonly format: 'undertone-evaluation-1';
  readonly createdAt: string;
  readonly manifest: { readonly path: string; readonly sha256: string; readonly split: string | null; readonly columnOf: Manifest['columnOf'] };
  readonly model: { readonly id: string; readonly version: string; readonly digest: string; readonly labels: readonly string[] };
  readonly raw: boolean;
  readonly labelMapping: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  readonly excluded: { readonly unknownLabels: LabelCheck['unknown']; readonly failed: readonly { readonly path: string; readonly code: string; readonly message: string }[] };
  readonly groupedBy: string | null;
  readonly overall: GroupFigures;
  readonly groups: readonly GroupFigures[];
  readonly mostConfidentMistakes: readonly { readonly path: string; readonly truth: string; readonly answered: string; readonly confidence: number }[];
}

export interface ReportInput {
  readonly manifest: Manifest;
  readonly manifestPath: string;
  readonly manifestSha256: string;
  readonly split: string | null;
  readonly model: EvaluationReport['model'];
  readonly raw: boolean;
  readonly labelMapping: Readonly<Record<string, string>>;
  readonly unknownLabels: LabelCheck['unknown'];
  readonly results: readonly EvaluatedItem[];
  readonly groupBy: string | null;
  readonly resamples: number;
  readonly seed: number;
  readonly now: Date;
}

export function buildReport(input: ReportInput): EvaluationReport {
  const done = input.results.filter((result) => result.problem === null);
  const groups = new Map<string, EvaluatedItem[]>();
  if (input.groupBy !== null) {
    for (const result of done) {
      const key = result.item.columns[input.groupBy] || '(empty)';
      groups.set(key, [...(groups.get(key) ?? []), result]);
    }
  }
  const { labels } = input.model;
  return {
    format: 'undertone-evaluation-1',
    createdAt: input.now.toISOString(),
    manifest: { path: input.manifestPath, sha256: input.manifestSha256, split: input.split, columnOf: input.manifest.columnOf },
    model: input.model,
    raw: input.raw,
    labelMapping: input.labelMapping,
    warnings: [...input.manifest.warnings, ...contentWarnings(input.results)],
    excluded: { unknownLabels: input.unknownLabels, failed: input.results.flatMap(({ item, problem }) => (problem === null ? [] : [{ path: item.path, ...problem }])) },
    groupedBy: input.groupBy,
    overall: figuresOf('all', done, labels, input),
    groups: [...groups].sort(([a], [b]) => a.localeCompare(b)).map(([group, results]) => figuresOf(group, results, labels, input)),
    mostConfidentMistakes: mistakes(done),
  };
}

function figuresOf(group: string, results: readonly EvaluatedItem[], labels: readonly string[], options: { readonly resamples: number; readonly seed: number }): GroupFigures {
  const items = results.map((result) => scoredItem(result, labels));
  // An item without a speaker is a cluster of its own; its line keeps it apart from a speaker of the same name.
  const clusters = results.map(({ item }) => (item.speaker === null ? `line ${item.line}` : `speaker ${item.speaker}`));
  const tally = tallyOf(items, labels.length);
  return {
    group,
    metrics: metricsOfTally(tally, labels),
    intervals: bootstrapIntervals(items, clusters, labels, options),
    confusion: confusionRows(tally),
    reliability: reliabilityBins(tally),
    coverage: thinned(coverageCurve(items), MOST_CURVE_POINTS),
    abstainedCount: results.filter(({ answer }) => answer?.abstained === true).length,
  };
}

/** The label with the highest confidence counts also where the platform abstained: abstention is shown by the coverage curve. */
function scoredItem(result: EvaluatedItem, labels: readonly string[]): ScoredItem {
  const { answer } = result;
  const truth = labels.indexOf(result.item.label);
  if (answer === null) return { truth, predicted: -1, confidence: 0, scores: [] };
  return { truth, predicted: labels.indexOf(answer.label), confidence: answer.confidence, scores: labels.map((label) => answer.scores[label] ?? 0) };
}

function contentWarnings(results: readonly EvaluatedItem[]): readonly string[] {
  const warnings: string[] = [];
  const byContent = new Map<string, EvaluatedItem[]>();
  for (const result of results) if (result.sha256 !== null) byContent.set(result.sha256, [...(byContent.get(result.sha256) ?? []), result]);
  const doubled = [...byContent.values()].filter((same) => same.length > 1);
  if (doubled.length > 0) warnings.push(`${doubled.length} recordings occur more than once by content, e.g. ${doubled[0]!.map(({ item }) => item.path).join(' = ')}`);
  if (results.some(({ answer }) => answer?.calibrated === false)) warnings.push('the confidence of this model is not calibrated: ECE and coverage are of its plain scores');
  return warnings;
}

function mistakes(results: readonly EvaluatedItem[]): EvaluationReport['mostConfidentMistakes'] {
  return results
    .flatMap(({ item, answer }) => (answer === null || answer.label === item.label ? [] : [{ path: item.path, truth: item.label, answered: answer.label, confidence: answer.confidence }]))
    .sort((a, b) => b.confidence - a.confidence)
    .slice(0, 20);
}

const MOST_CURVE_POINTS = 200;

function thinned<T>(points: readonly T[], most: number): readonly T[] {
  if (points.length <= most) return points;
  return Array.from({ length: most }, (_, i) => points[Math.round((i * (points.length - 1)) / (most - 1))]!);
}
