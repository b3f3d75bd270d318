import { bootstrapIntervals } from './bootstrap.js';
import type { MetricIntervals } from './bootstrap.js';
import { coverageIntervals, type CoverageInterval } from './coverage-intervals.js';
import { clusterOf, scoredItem, type EvaluatedItem } from './evaluated-item.js';
import type { LabelCheck, Manifest } from './evaluation-manifest.js';
import { isSmallSlice, slicesOf } from './evaluation-slices.js';
import { confusionRows, coverageCurve, metricsOfTally, reliabilityBins, tallyOf } from './metrics.js';
import type { CoveragePoint, Metrics, ReliabilityBin } from './metrics.js';
import { pairedComparison, type PairedComparison } from './paired-comparison.js';
import { softLabelMetrics, type SoftLabelMetrics } from './soft-labels.js';

/** Figures of one group of items (all of them, or one value of the grouping column). */
export interface GroupFigures {
  readonly group: string;
  readonly metrics: Metrics;
  readonly intervals: MetricIntervals;
  readonly confusion: readonly (readonly number[])[];
  readonly reliability: readonly ReliabilityBin[];
  readonly coverage: readonly CoveragePoint[];
  /** At tenths of the items. */
  readonly coverageIntervals: readonly CoverageInterval[];
  readonly abstainedCount: number;
  /** Of the judged items, how many have the truth in their prediction set; null without one. */
  readonly setCoverage: number | null;
  readonly meanSetSize: number | null;
}

/** Figures of the items that share a condition. */
export interface SliceFigures {
  readonly dimension: string;
  readonly value: string;
  /** So few items or speakers that the figures say little. */
  readonly isSmall: boolean;
  readonly metrics: Metrics;
  readonly intervals: Pick<MetricIntervals, 'weightedAccuracy' | 'unweightedAccuracy' | 'macroF1' | 'expectedCalibrationError' | 'clusterCount'>;
}

export interface ModelFacts {
  readonly id: string;
  readonly version: string;
  readonly digest: string;
  readonly labels: readonly string[];
}

export interface ComparedModel {
  readonly model: ModelFacts;
  readonly result: PairedComparison;
}

export interface Mistake {
  readonly path: string;
  readonly truth: string;
  readonly answered: string;
  readonly confidence: number;
}

export interface EvaluationReport {
  readonly format: 'undertone-evaluation-1';
  readonly createdAt: string;
  readonly manifest: { readonly path: string; readonly sha256: string; readonly split: string | null; readonly columnOf: Manifest['columnOf'] };
  readonly model: ModelFacts;
  readonly calibrationVersions: readonly string[];
  readonly raw: boolean;
  readonly labelMapping: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  readonly excluded: { readonly unknownLabels: LabelCheck['unknown']; readonly failed: readonly { readonly path: string; readonly code: string; readonly message: string }[] };
  readonly groupedBy: string | null;
  readonly overall: GroupFigures;
  readonly groups: readonly GroupFigures[];
  readonly slices: readonly SliceFigures[];
  readonly softLabels: SoftLabelMetrics | null;
  /** The other model (b) against this one (a), where one was asked for. */
  readonly comparison: ComparedModel | null;
  readonly mostConfidentMistakes: readonly Mistake[];
}

export interface ReportInput {
  readonly manifest: Pick<Manifest, 'columnOf' | 'warnings'>;
  readonly manifestPath: string;
  readonly manifestSha256: string;
  readonly split: string | null;
  readonly model: ModelFacts;
  readonly raw: boolean;
  readonly labelMapping: Readonly<Record<string, string>>;
  readonly unknownLabels: LabelCheck['unknown'];
  readonly results: readonly EvaluatedItem[];
  /** Of the same items by another model. */
  readonly compared?: { readonly model: ModelFacts; readonly results: readonly EvaluatedItem[] } | null;
  readonly groupBy: string | null;
  readonly resamples: number;
  readonly seed: number;
  readonly now: Date;
}

/** Slices get fewer resamples: there are many, and their intervals are wide anyway. */
const MOST_SLICE_RESAMPLES = 500;
const MOST_CURVE_POINTS = 200;

/** `breathe` is awaited between groups, so that a server answers others meanwhile. */
export async function buildReport(input: ReportInput, breathe: () => Promise<unknown> = () => Promise.resolve()): Promise<EvaluationReport> {
  const done = input.results.filter((result) => result.problem === null);
  const { labels } = input.model;
  const overall = figuresOf('all', done, labels, input);
  const groups: GroupFigures[] = [];
  for (const [group, results] of groupsOf(done, input.groupBy)) {
    await breathe();
    groups.push(figuresOf(group, results, labels, input));
  }
  const slices: SliceFigures[] = [];
  for (const slice of slicesOf(done)) {
    await breathe();
    slices.push(sliceFigures(slice.dimension, slice.value, slice.items, labels, { seed: input.seed, resamples: Math.min(input.resamples, MOST_SLICE_RESAMPLES) }));
  }
  await breathe();
  return {
    format: 'undertone-evaluation-1',
    createdAt: input.now.toISOString(),
    manifest: { path: input.manifestPath, sha256: input.manifestSha256, split: input.split, columnOf: input.manifest.columnOf },
    model: input.model,
    calibrationVersions: [...new Set(done.flatMap(({ calibrationVersion }) => calibrationVersion ?? []))].sort(),
    raw: input.raw,
    labelMapping: input.labelMapping,
    warnings: [...input.manifest.warnings, ...contentWarnings(input.results)],
    excluded: { unknownLabels: input.unknownLabels, failed: input.results.flatMap(({ item, problem }) => (problem === null ? [] : [{ path: item.path, ...problem }])) },
    groupedBy: input.groupBy,
    overall, groups, slices,
    softLabels: softLabelsOf(done, labels, input),
    comparison: input.compared == null ? null : { model: input.compared.model, result: compareResults(done, input.compared.results, [labels, input.compared.model.labels], input) },
    mostConfidentMistakes: mistakes(done),
  };
}

/**
 * Of the items that both runs have judged without failing and whose label both models know. Items are matched by where
 * they lie (`path`).
 */
export function compareResults(a: readonly EvaluatedItem[], b: readonly EvaluatedItem[], [labelsA, labelsB]: readonly [readonly string[], readonly string[]], options: { readonly resamples: number; readonly seed: number }): PairedComparison {
  const labels = [...new Set([...labelsA, ...labelsB])];
  const other = new Map(b.map((result) => [result.item.path, result]));
  const pairs = a.flatMap((result) => {
    const match = other.get(result.item.path);
    const isUsable = match !== undefined && result.problem === null && match.problem === null && match.item.label === result.item.label && labelsA.includes(result.item.label) && labelsB.includes(result.item.label);
    return isUsable ? [[result, match] as const] : [];
  });
  return pairedComparison(pairs.map(([x]) => scoredItem(x, labels)), pairs.map(([, y]) => scoredItem(y, labels)), pairs.map(([x]) => clusterOf(x)), labels, options);
}

function groupsOf(results: readonly EvaluatedItem[], column: string | null): readonly (readonly [string, readonly EvaluatedItem[]])[] {
  if (column === null) return [];
  const groups = new Map<string, EvaluatedItem[]>();
  for (const result of results) {
    const key = result.item.columns[column] || '(empty)';
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups].sort(([a], [b]) => a.localeCompare(b));
}

function figuresOf(group: string, results: readonly EvaluatedItem[], labels: readonly string[], { resamples, seed }: { readonly resamples: number; readonly seed: number }): GroupFigures {
  const items = results.map((result) => scoredItem(result, labels));
  const clusters = results.map(clusterOf);
  const tally = tallyOf(items, labels.length);
  const sets = results.flatMap(({ item, answer }) => (answer === null ? [] : [{ size: answer.predictionSet.length, holds: answer.predictionSet.includes(item.label) }]));
  return {
    group,
    metrics: metricsOfTally(tally, labels),
    intervals: bootstrapIntervals(items, clusters, labels, { resamples, seed }),
    confusion: confusionRows(tally),
    reliability: reliabilityBins(tally),
    coverage: thinned(coverageCurve(items), MOST_CURVE_POINTS),
    coverageIntervals: coverageIntervals(items, clusters, { resamples: Math.min(resamples, MOST_SLICE_RESAMPLES), seed }),
    abstainedCount: results.filter(({ answer }) => answer?.abstained === true).length,
    setCoverage: sets.length === 0 ? null : sets.filter(({ holds }) => holds).length / sets.length,
    meanSetSize: sets.length === 0 ? null : sets.reduce((sum, { size }) => sum + size, 0) / sets.length,
  };
}

function sliceFigures(dimension: string, value: string, results: readonly EvaluatedItem[], labels: readonly string[], options: { readonly resamples: number; readonly seed: number }): SliceFigures {
  const items = results.map((result) => scoredItem(result, labels));
  const { weightedAccuracy, unweightedAccuracy, macroF1, expectedCalibrationError, clusterCount } = bootstrapIntervals(items, results.map(clusterOf), labels, options);
  return { dimension, value, isSmall: isSmallSlice(items.length, clusterCount), metrics: metricsOfTally(tallyOf(items, labels.length), labels), intervals: { weightedAccuracy, unweightedAccuracy, macroF1, expectedCalibrationError, clusterCount } };
}

function softLabelsOf(results: readonly EvaluatedItem[], labels: readonly string[], options: { readonly resamples: number; readonly seed: number }): SoftLabelMetrics | null {
  const voted = results.flatMap((result) => {
    const votes = labels.map((label) => result.item.votes?.[label] ?? 0);
    return result.answer === null || votes.every((count) => count === 0) ? [] : [{ result, votes, ...scoredItem(result, labels) }];
  });
  return softLabelMetrics(voted, voted.map(({ result }) => clusterOf(result)), { resamples: options.resamples, seed: options.seed });
}

function contentWarnings(results: readonly EvaluatedItem[]): readonly string[] {
  const warnings: string[] = [];
  const byContent = new Map<string, EvaluatedItem[]>();
  for (const result of results) if (result.sha256 !== null) byContent.set(result.sha256, [...(byContent.get(result.sha256) ?? []), result]);
  const doubled = [...byContent.values()].filter((same) => same.length > 1);
  if (doubled.length > 0) warnings.push(`${doubled.length} recordings occur more than once by content, e.g. ${doubled[0]!.map(({ item }) => item.path).join(' = ')}`);
  const plainCount = results.filter(({ answer }) => answer?.calibrated === false).length;
  if (plainCount > 0) warnings.push(`${plainCount} confidences are plain scores and not calibrated (the model has no calibration, or the speech is unlike what it was calibrated on): ECE and coverage take them as they are`);
  return warnings;
}

function mistakes(results: readonly EvaluatedItem[]): readonly Mistake[] {
  return results
    .flatMap(({ item, answer }) => (answer === null || answer.label === item.label ? [] : [{ path: item.path, truth: item.label, answered: answer.label, confidence: answer.confidence }]))
    .sort((a, b) => b.confidence - a.confidence)
    .slice(0, 20);
}

function thinned<T>(points: readonly T[], most: number): readonly T[] {
  if (points.length <= most) return points;
  return Array.from({ length: most }, (_, i) => points[Math.round((i * (points.length - 1)) / (most - 1))]!);
}
