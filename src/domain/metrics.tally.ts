/**
 * What is counted over items. Every figure of `metrics.ts` that gets an interval is a function of these sums, so a
 * bootstrap resample costs one addition of small arrays per speaker, not a pass over the items.
 */

/** One judged (or refused) item. Classes are indices into the run's list of labels. */
export interface ScoredItem {
  readonly truth: number;
  /** −1 when the platform did not judge the recording (gated out): an error of recall, a false alarm of nothing. */
  readonly predicted: number;
  /** Confidence in `predicted`, 0 to 1. Ignored where `predicted` is −1. */
  readonly confidence: number;
  /** Scores over all labels, in their order, summing to 1; empty where `predicted` is −1. */
  readonly scores: readonly number[];
}

export interface Tally {
  readonly classCount: number;
  readonly binCount: number;
  /** [classCount, classCount + 1], rows: truth; the last column counts what was not judged. */
  readonly confusion: Float64Array;
  /** Per bin of confidence: items, sum of confidences, correct items. */
  readonly binItems: Float64Array;
  readonly binConfidence: Float64Array;
  readonly binCorrect: Float64Array;
  /** [judged items, Σ Brier, Σ negative log likelihood] */
  readonly proper: Float64Array;
}

export const RELIABILITY_BINS = 15;
/** Smallest probability that enters a logarithm: one certain mistake must not make the whole figure infinite. */
export const MIN_PROBABILITY = 1e-15;

export function emptyTally(classCount: number, binCount: number = RELIABILITY_BINS): Tally {
  return {
    classCount,
    binCount,
    confusion: new Float64Array(classCount * (classCount + 1)),
    binItems: new Float64Array(binCount),
    binConfidence: new Float64Array(binCount),
    binCorrect: new Float64Array(binCount),
    proper: new Float64Array(3),
  };
}

export function addItem(tally: Tally, item: ScoredItem): void {
  const { classCount, binCount } = tally;
  const column = item.predicted < 0 ? classCount : item.predicted;
  tally.confusion[item.truth * (classCount + 1) + column]! += 1;
  if (item.predicted < 0) return;
  const bin = binOf(item.confidence, binCount);
  tally.binItems[bin]! += 1;
  tally.binConfidence[bin]! += item.confidence;
  if (item.predicted === item.truth) tally.binCorrect[bin]! += 1;
  tally.proper[0]! += 1;
  tally.proper[1]! += brierOf(item);
  tally.proper[2]! += -Math.log(Math.max(MIN_PROBABILITY, Math.min(1, item.scores[item.truth] ?? 0)));
}

/** into += times × from */
export function addTally(into: Tally, from: Tally, times = 1): void {
  addScaled(into.confusion, from.confusion, times);
  addScaled(into.binItems, from.binItems, times);
  addScaled(into.binConfidence, from.binConfidence, times);
  addScaled(into.binCorrect, from.binCorrect, times);
  addScaled(into.proper, from.proper, times);
}

export function clearTally(tally: Tally): void {
  for (const sums of [tally.confusion, tally.binItems, tally.binConfidence, tally.binCorrect, tally.proper]) sums.fill(0);
}

/** Bins are (lower, upper], the first includes 0: as in the literature on calibration and in scikit-learn. */
function binOf(confidence: number, binCount: number): number {
  const guess = Math.min(binCount - 1, Math.max(0, Math.ceil(confidence * binCount) - 1));
  // The product may round to the wrong side of an edge that the quotient hits exactly.
  return guess > 0 && confidence <= guess / binCount ? guess - 1 : guess;
}

/** Squared distance between the scores and the truth's one-hot vector: 0 (certain and right) to 2 (certain and wrong). */
function brierOf(item: ScoredItem): number {
  let sum = 0;
  for (let k = 0; k < item.scores.length; k++) sum += (item.scores[k]! - (k === item.truth ? 1 : 0)) ** 2;
  return sum;
}

function addScaled(into: Float64Array, from: Float64Array, times: number): void {
  for (let i = 0; i < into.length; i++) into[i]! += times * from[i]!;
}
