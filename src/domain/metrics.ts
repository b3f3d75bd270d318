import { addItem, emptyTally } from './metrics.tally.js';
import type { ScoredItem, Tally } from './metrics.tally.js';

/** Field terms: WA weighted accuracy (plain accuracy), UA unweighted accuracy (mean recall of the classes). */
export interface Metrics {
  readonly itemCount: number;
  /** Items without an answer (gated out): wrong in WA, UA and F1, absent from ECE, Brier and NLL. */
  readonly notJudgedCount: number;
  readonly weightedAccuracy: number;
  readonly unweightedAccuracy: number;
  /** Mean over the classes that occur in the truth or in the answers, as scikit-learn has it. */
  readonly macroF1: number;
  readonly weightedF1: number;
  readonly perClass: readonly ClassMetrics[];
  /** Expected calibration error over equal bins of confidence; null without a judged item. */
  readonly expectedCalibrationError: number | null;
  /** Mean squared distance of the scores from the truth, summed over the classes (0 to 2). */
  readonly brier: number | null;
  /** Mean negative natural logarithm of the score of the true class. */
  readonly negativeLogLikelihood: number | null;
}

export interface ClassMetrics {
  readonly label: string;
  /** Items whose truth is this class. */
  readonly support: number;
  readonly predictedCount: number;
  /** 0 where the class was never answered; recall 0 where it never occurs. */
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export interface ReliabilityBin {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
  /** Null for an empty bin. */
  readonly meanConfidence: number | null;
  readonly accuracy: number | null;
}

export interface CoveragePoint {
  /** Share of the items answered when everything under `threshold` is declined. */
  readonly coverage: number;
  readonly accuracy: number;
  readonly threshold: number;
}

export function metricsOfItems(items: readonly ScoredItem[], labels: readonly string[]): Metrics {
  return metricsOfTally(tallyOf(items, labels.length), labels);
}

export function tallyOf(items: readonly ScoredItem[], classCount: number): Tally {
  const tally = emptyTally(classCount);
  for (const item of items) addItem(tally, item);
  return tally;
}

export function metricsOfTally(tally: Tally, labels: readonly string[]): Metrics {
  const perClass = labels.map((label, k) => classMetrics(tally, label, k));
  const itemCount = perClass.reduce((sum, each) => sum + each.support, 0);
  const correct = labels.reduce((sum, _, k) => sum + countAt(tally, k, k), 0);
  const occurring = perClass.filter((each) => each.support > 0);
  const involved = perClass.filter((each) => each.support > 0 || each.predictedCount > 0);
  const judged = tally.proper[0]!;
  return {
    itemCount,
    notJudgedCount: labels.reduce((sum, _, k) => sum + countAt(tally, k, tally.classCount), 0),
    weightedAccuracy: ratio(correct, itemCount),
    unweightedAccuracy: ratio(occurring.reduce((sum, each) => sum + each.recall, 0), occurring.length),
    macroF1: ratio(involved.reduce((sum, each) => sum + each.f1, 0), involved.length),
    weightedF1: ratio(perClass.reduce((sum, each) => sum + each.f1 * each.support, 0), itemCount),
    perClass,
    expectedCalibrationError: judged === 0 ? null : calibrationError(tally, judged),
    brier: judged === 0 ? null : tally.proper[1]! / judged,
    negativeLogLikelihood: judged === 0 ? null : tally.proper[2]! / judged,
  };
}

/** Rows: truth. Columns: the labels, then what was not judged. */
export function confusionRows(tally: Tally): readonly (readonly number[])[] {
  const width = tally.classCount + 1;
  return Array.from({ length: tally.classCount }, (_, row) => [...tally.confusion.subarray(row * width, (row + 1) * width)]);
}

export function reliabilityBins(tally: Tally): readonly ReliabilityBin[] {
  return Array.from({ length: tally.binCount }, (_, bin) => {
    const count = tally.binItems[bin]!;
    return {
      lower: bin / tally.binCount,
      upper: (bin + 1) / tally.binCount,
      count,
      meanConfidence: count === 0 ? null : tally.binConfidence[bin]! / count,
      accuracy: count === 0 ? null : tally.binCorrect[bin]! / count,
    };
  });
}

/**
 * Accuracy of the answers that remain as the threshold falls: one point for each distinct confidence, highest first.
 * Items of equal confidence enter together, because no threshold can part them.
 */
export function coverageCurve(items: readonly ScoredItem[]): readonly CoveragePoint[] {
  const judged = items.filter((item) => item.predicted >= 0).sort((a, b) => b.confidence - a.confidence);
  const points: CoveragePoint[] = [];
  let correct = 0;
  judged.forEach((item, index) => {
    if (item.predicted === item.truth) correct += 1;
    if (judged[index + 1]?.confidence === item.confidence) return;
    points.push({ coverage: (index + 1) / items.length, accuracy: correct / (index + 1), threshold: item.confidence });
  });
  return points;
}

function classMetrics(tally: Tally, label: string, k: number): ClassMetrics {
  let support = 0;
  let predictedCount = 0;
  for (let column = 0; column <= tally.classCount; column++) support += countAt(tally, k, column);
  for (let row = 0; row < tally.classCount; row++) predictedCount += countAt(tally, row, k);
  const hits = countAt(tally, k, k);
  return { label, support, predictedCount, precision: ratio(hits, predictedCount), recall: ratio(hits, support), f1: ratio(2 * hits, support + predictedCount) };
}

function calibrationError(tally: Tally, judged: number): number {
  let sum = 0;
  for (let bin = 0; bin < tally.binCount; bin++) sum += Math.abs(tally.binConfidence[bin]! - tally.binCorrect[bin]!);
  return sum / judged;
}

function countAt(tally: Tally, row: number, column: number): number {
  return tally.confusion[row * (tally.classCount + 1) + column]!;
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
