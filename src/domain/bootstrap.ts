import { addItem, addTally, clearTally, emptyTally } from './metrics.tally.js';
import type { ScoredItem, Tally } from './metrics.tally.js';
import { metricsOfTally } from './metrics.js';

/** A 95 % percentile interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface MetricIntervals {
  readonly weightedAccuracy: Interval;
  readonly unweightedAccuracy: Interval;
  readonly macroF1: Interval;
  readonly weightedF1: Interval;
  readonly expectedCalibrationError: Interval | null;
  readonly brier: Interval | null;
  readonly negativeLogLikelihood: Interval | null;
  /** In the order of the labels. */
  readonly perClassPrecision: readonly Interval[];
  readonly perClassRecall: readonly Interval[];
  readonly perClassF1: readonly Interval[];
  /** Of the share of its row in each cell of the confusion matrix, rows and columns as there. */
  readonly confusionShare: readonly (readonly Interval[])[];
  /** Of the accuracy in each bin of confidence; null for an empty bin. */
  readonly reliabilityAccuracy: readonly (Interval | null)[];
  readonly resamples: number;
  readonly clusterCount: number;
}

/**
 * Clips of one speaker resemble each other, so whole speakers are drawn with replacement: drawing clips would give
 * intervals that are far too narrow. The same seed gives the same intervals everywhere.
 */
export function bootstrapIntervals(
  items: readonly ScoredItem[], clusters: readonly string[], labels: readonly string[], options: ResampleOptions = {},
): MetricIntervals {
  const tallies = clusterTallies(items, clusters, labels.length);
  const total = emptyTally(labels.length);
  const draws = resampleClusters(tallies.length, options, (indices) => {
    clearTally(total);
    for (const index of indices) addTally(total, tallies[index]!);
    return { metrics: metricsOfTally(total, labels), confusion: total.confusion.slice(), accuracies: Array.from(total.binItems, (count, bin) => (count === 0 ? null : total.binCorrect[bin]! / count)) };
  });
  const drawn = draws.map(({ metrics }) => metrics);
  const width = labels.length + 1;
  return {
    weightedAccuracy: intervalOf(drawn.map((each) => each.weightedAccuracy)),
    unweightedAccuracy: intervalOf(drawn.map((each) => each.unweightedAccuracy)),
    macroF1: intervalOf(drawn.map((each) => each.macroF1)),
    weightedF1: intervalOf(drawn.map((each) => each.weightedF1)),
    expectedCalibrationError: optionalInterval(drawn.map((each) => each.expectedCalibrationError)),
    brier: optionalInterval(drawn.map((each) => each.brier)),
    negativeLogLikelihood: optionalInterval(drawn.map((each) => each.negativeLogLikelihood)),
    perClassPrecision: labels.map((_, k) => intervalOf(drawn.filter((each) => each.perClass[k]!.predictedCount > 0).map((each) => each.perClass[k]!.precision))),
    // A resample in which the class does not occur says nothing of its recall.
    perClassRecall: labels.map((_, k) => intervalOf(drawn.filter((each) => each.perClass[k]!.support > 0).map((each) => each.perClass[k]!.recall))),
    perClassF1: labels.map((_, k) => intervalOf(drawn.map((each) => each.perClass[k]!.f1))),
    confusionShare: labels.map((_, row) => Array.from({ length: width }, (__, column) =>
      intervalOf(draws.filter(({ metrics }) => metrics.perClass[row]!.support > 0).map(({ metrics, confusion }) => confusion[row * width + column]! / metrics.perClass[row]!.support)))),
    reliabilityAccuracy: Array.from({ length: total.binCount }, (_, bin) => optionalInterval(draws.map(({ accuracies }) => accuracies[bin] ?? null))),
    resamples: draws.length,
    clusterCount: tallies.length,
  };
}

export interface ResampleOptions {
  readonly resamples?: number;
  readonly seed?: number;
}

const DEFAULT_RESAMPLES = 2000;
const DEFAULT_SEED = 20_240_601;

/** Draws as many clusters as there are, with replacement, and gives `figure` their indices; the array is used again each time. */
export function resampleClusters<T>(clusterCount: number, { resamples = DEFAULT_RESAMPLES, seed = DEFAULT_SEED }: ResampleOptions, figure: (indices: Int32Array) => T): readonly T[] {
  const random = seededRandom(seed);
  const indices = new Int32Array(clusterCount);
  return Array.from({ length: resamples }, () => {
    for (let i = 0; i < clusterCount; i++) indices[i] = Math.floor(random() * clusterCount);
    return figure(indices);
  });
}

/** Uniform in [0, 1), 32 bits (mulberry32): small, fast, and the same on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Quantile by linear interpolation between order statistics (numpy's default). 0 for an empty list. */
export function quantile(sorted: readonly number[] | Float64Array, q: number): number {
  if (sorted.length === 0) return 0;
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}

/** One tally a cluster, in the order in which clusters first occur. */
export function clusterTallies(items: readonly ScoredItem[], clusters: readonly string[], classCount: number): readonly Tally[] {
  const byCluster = new Map<string, Tally>();
  items.forEach((item, index) => {
    const key = clusters[index]!;
    let tally = byCluster.get(key);
    if (tally === undefined) byCluster.set(key, (tally = emptyTally(classCount)));
    addItem(tally, item);
  });
  return [...byCluster.values()];
}

export function intervalOf(values: readonly number[]): Interval {
  const sorted = Float64Array.from(values).sort();
  return { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
}

function optionalInterval(values: readonly (number | null)[]): Interval | null {
  const present = values.filter((value) => value !== null);
  return present.length === 0 ? null : intervalOf(present);
}
