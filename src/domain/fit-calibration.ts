import { seededRandom } from './bootstrap.js';
import { fitScaling, type Calibration, type CalibrationItem } from './calibration.js';
import { abstentionThreshold, conformalThreshold } from './conformal.js';
import { metricsOfItems } from './metrics.js';
import { calibratedProbabilities, indexOfLargest } from './scores.js';

export interface CalibrationOptions {
  /** Wanted share of prediction sets that hold the truth. */
  readonly coverage: number;
  /** Wanted share of answers that are wrong at most. */
  readonly risk: number;
  /** Also a bias for each class: for the confidence alone. */
  readonly withBias: boolean;
  readonly seed?: number;
}

/** What held-out speakers say of a calibration that was fitted without them. */
export interface CalibrationFigures {
  readonly itemCount: number;
  readonly speakerCount: number;
  /** Negative log likelihood and calibration error of the plain scores, and calibrated. */
  readonly plainNegativeLogLikelihood: number;
  readonly negativeLogLikelihood: number;
  readonly plainExpectedCalibrationError: number;
  readonly expectedCalibrationError: number;
  /** Share of the prediction sets that hold the truth, and how many labels they have. */
  readonly coverage: number;
  readonly meanSetSize: number;
  /** Share of the recordings that are answered, and how many of those answers are wrong; null when none is answered. */
  readonly answeredShare: number;
  readonly selectiveRisk: number | null;
}

const DEFAULT_SEED = 20_240_601;
const FOLDS = 5;
/** Fewer say nothing of thresholds; for one language or channel alone more are asked. */
export const MIN_CALIBRATION_ITEMS = 50;
export const MIN_SCOPED_ITEMS = 200;

/** Speakers are parted in two halves: scaling is fitted on one, thresholds are chosen on the other, which it has not seen. */
export function fitCalibration(items: readonly CalibrationItem[], labels: readonly string[], options: CalibrationOptions): Calibration {
  const groups = partSpeakers(items, 2, options.seed ?? DEFAULT_SEED);
  const [fit, hold] = [groups[0] ?? [], groups[1] ?? []];
  const { temperature, bias } = fitScaling(fit, labels.length, options.withBias);
  const scaling = { temperature: rounded(temperature), ...(options.withBias ? { bias: Object.fromEntries(labels.map((label, k) => [label, rounded(bias[k]!)])) } : {}) };
  const seen = hold.map((item) => look(item, labels, scaling));
  const abstainBelow = abstentionThreshold(seen, options.risk);
  return {
    ...scaling,
    coverage: options.coverage,
    setThreshold: rounded(conformalThreshold(seen.map(({ trueProbability }) => trueProbability), options.coverage), Math.floor),
    ...(abstainBelow === null ? {} : { abstainBelow: rounded(abstainBelow, Math.floor), risk: options.risk }),
    itemCount: items.length,
    speakerCount: new Set(items.map(({ cluster }) => cluster)).size,
  };
}

/** Five times: fitted on the speakers of four fifths, looked at on those of the fifth. */
export function crossValidate(items: readonly CalibrationItem[], labels: readonly string[], options: CalibrationOptions, abstainOtherwise = 0): CalibrationFigures {
  const folds = partSpeakers(items, FOLDS, options.seed ?? DEFAULT_SEED).filter((fold) => fold.length > 0);
  const rows = folds.flatMap((fold) => {
    const calibration = fitCalibration(items.filter((item) => !fold.includes(item)), labels, options);
    return fold.map((item) => ({ item, ...look(item, labels, calibration), threshold: calibration.setThreshold ?? 0, abstainBelow: calibration.abstainBelow ?? abstainOtherwise }));
  });
  const figures = (scoresOf: (row: (typeof rows)[number]) => readonly number[]) =>
    metricsOfItems(rows.map((row) => ({ truth: row.item.truth, predicted: row.best, confidence: scoresOf(row)[row.best]!, scores: scoresOf(row) })), labels);
  const plain = figures(({ item }) => calibratedProbabilities(item.logits, labels, { temperature: 1 }));
  const calibrated = figures(({ probabilities }) => probabilities);
  const answered = rows.filter((row) => row.confidence >= row.abstainBelow);
  const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  return {
    itemCount: rows.length,
    speakerCount: new Set(items.map(({ cluster }) => cluster)).size,
    plainNegativeLogLikelihood: plain.negativeLogLikelihood ?? 0,
    negativeLogLikelihood: calibrated.negativeLogLikelihood ?? 0,
    plainExpectedCalibrationError: plain.expectedCalibrationError ?? 0,
    expectedCalibrationError: calibrated.expectedCalibrationError ?? 0,
    coverage: share(rows.filter(({ trueProbability, threshold }) => trueProbability >= threshold).length, rows.length),
    meanSetSize: share(rows.reduce((sum, { probabilities, threshold }) => sum + Math.max(1, probabilities.filter((p) => p >= threshold).length), 0), rows.length),
    answeredShare: share(answered.length, rows.length),
    selectiveRisk: answered.length === 0 ? null : share(answered.filter(({ isRight }) => !isRight).length, answered.length),
  };
}

interface Look {
  readonly probabilities: readonly number[];
  readonly trueProbability: number;
  readonly confidence: number;
  readonly best: number;
  readonly isRight: boolean;
}

/** The answer is that of the plain logits; only the confidence in it is calibrated. */
function look(item: CalibrationItem, labels: readonly string[], calibration: Calibration): Look {
  const probabilities = calibratedProbabilities(item.logits, labels, calibration);
  const best = indexOfLargest(item.logits);
  return { probabilities, best, trueProbability: probabilities[item.truth]!, confidence: probabilities[best]!, isRight: best === item.truth };
}

/** Whole speakers, shuffled by the seed, each into the group that has the fewest items so far. */
function partSpeakers(items: readonly CalibrationItem[], count: number, seed: number): readonly (readonly CalibrationItem[])[] {
  const bySpeaker = new Map<string, CalibrationItem[]>();
  for (const item of items) bySpeaker.set(item.cluster, [...(bySpeaker.get(item.cluster) ?? []), item]);
  const random = seededRandom(seed);
  const speakers = [...bySpeaker].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, own]) => ({ own, place: random() })).sort((a, b) => a.place - b.place);
  const groups = Array.from({ length: count }, (): CalibrationItem[] => []);
  for (const { own } of speakers) groups.reduce((smallest, group) => (group.length < smallest.length ? group : smallest)).push(...own);
  return groups;
}

/** Six decimals; a threshold is rounded down, so that what it was chosen by stays at or above it. */
function rounded(value: number, how: (value: number) => number = Math.round): number {
  return how(value * 1e6) / 1e6;
}
