import { addItem, addTally, clearTally, emptyTally } from './metrics.tally.js';
import type { ScoredItem, Tally } from './metrics.tally.js';
import { metricsOfTally } from './metrics.js';
import type { Metrics } from './metrics.js';

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
  readonly perClassRecall: readonly Interval[];
  readonly perClassF1: readonly Interval[];
  readonly resamples: number;
  readonly clusterCount: number;
}

/**
 * Clips of one speaker resemble each other, so whole speakers are drawn with replacement: drawing clips would give
 * intervals that are far too narrow. The same seed gives the same intervals everywhere.
 */
export function bootstrapIntervals(
  items: readonly ScoredItem[], clusters: readonly string[], labels: readonly string[], options: { readonly resamples?: number; readonly seed?: number } = {},
): MetricIntervals {
  const resamples = options.resamples ?? 2000;
  const random = seededRandom(options.seed ?? 20_240_601);
  const tallies = clusterTallies(items, clusters, labels.length);
  const total = emptyTally(labels.length);
  const drawn: Metrics[] = [];
  for (let round = 0; round < resamples; round++) {
    clearTally(total);
    for (let i = 0; i < tallies.length; i++) addTally(total, tallies[Math.floor(random() * tallies.length)]!);
    drawn.push(metricsOfTally(total, labels));
  }
  return {
    weightedAccuracy: intervalOf(drawn.map((each) => each.weightedAccuracy)),
    unweightedAccuracy: intervalOf(drawn.map((each) => each.unweightedAccuracy)),
    macroF1: intervalOf(drawn.map((each) => each.macroF1)),
    weightedF1: intervalOf(drawn.map((each) => each.weightedF1)),
    expectedCalibrationError: optionalInterval(drawn.map((each) => each.expectedCalibrationError)),
    brier: optionalInterval(drawn.map((each) => each.brier)),
    negativeLogLikelihood: optionalInterval(drawn.map((each) => each.negativeLogLikelihood)),
    // A resample in which the class does not occur says nothing of its recall.
    perClassRecall: labels.map((_, k) => intervalOf(drawn.filter((each) => each.perClass[k]!.support > 0).map((each) => each.perClass[k]!.recall))),
    perClassF1: labels.map((_, k) => intervalOf(drawn.map((each) => each.perClass[k]!.f1))),
    resamples,
    clusterCount: tallies.length,
  };
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

function clusterTallies(items: readonly ScoredItem[], clusters: readonly string[], classCount: number): readonly Tally[] {
  const byCluster = new Map<string, Tally>();
  items.forEach((item, index) => {
    const key = clusters[index]!;
    let tally = byCluster.get(key);
    if (tally === undefined) byCluster.set(key, (tally = emptyTally(classCount)));
    addItem(tally, item);
  });
  return [...byCluster.values()];
}

function intervalOf(values: readonly number[]): Interval {
  const sorted = Float64Array.from(values).sort();
  return { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
}

function optionalInterval(values: readonly (number | null)[]): Interval | null {
  const present = values.filter((value) => value !== null);
  return present.length === 0 ? null : intervalOf(present);
}
