import type { PredictionResult } from './analysis.js';
import type { Calibration } from './calibration.js';
import type { ModelManifest } from './model.js';

/** Share of probability that a prediction set holds at least where the calibration has no threshold for it. */
const PREDICTION_SET_MASS = 0.9;

/** Softmax of logits / temperature; sums to 1, finite for any finite input. Shape: as given. */
export function softmax(logits: ArrayLike<number>, temperature = 1): number[] {
  let largest = -Infinity;
  for (let i = 0; i < logits.length; i++) largest = Math.max(largest, logits[i]!);
  const powers = Array.from(logits, (logit) => Math.exp((logit - largest) / temperature));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** Which columns of the head are shown: all but the masked ones (`unuse_*`). */
export function visibleColumns(manifest: Pick<ModelManifest, 'labels' | 'maskedLabels'>): readonly number[] {
  const masked = new Set(manifest.maskedLabels ?? []);
  return manifest.labels.map((_, column) => column).filter((column) => !masked.has(manifest.labels[column]!));
}

/** The labels of those columns, in order. */
export function visibleLabels(manifest: Pick<ModelManifest, 'labels' | 'maskedLabels'>): string[] {
  return visibleColumns(manifest).map((column) => manifest.labels[column]!);
}

/** Row-major [rows, from.width] → [rows, columns.length]. Returns the same array when nothing is left out. */
export function takeColumns(matrix: Float32Array, width: number, columns: readonly number[]): Float32Array {
  if (columns.length === width) return matrix;
  const rows = matrix.length / width;
  const taken = new Float32Array(rows * columns.length);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < columns.length; i++) taken[row * columns.length + i] = matrix[row * width + columns[i]!]!;
  }
  return taken;
}

export interface PredictOptions {
  /** The model's temperature, or null when it has none: the confidence then says that it is not calibrated. */
  readonly temperature: number | null;
  /** Confidence under which the platform declines to say. */
  readonly abstainBelow: number;
  /** By label, for the confidence alone. */
  readonly bias?: Calibration['bias'];
  /** Of the calibration's prediction sets. Without it, and without a temperature, the smallest set that holds 90 %. */
  readonly setThreshold?: number;
}

/**
 * What `predict` takes of a calibration; its own threshold for abstention goes before the platform's. It promises nothing
 * of speech that is not `isFamiliar`: a calibrated confidence would be the worse lie there, so the plain score is shown.
 */
export function predictOptionsOf(calibration: Calibration | null, abstainBelow: number, isFamiliar = true): PredictOptions {
  if (calibration === null) return { temperature: null, abstainBelow };
  if (!isFamiliar) return { temperature: null, abstainBelow: Infinity };
  const { temperature, bias, setThreshold } = calibration;
  return { temperature, abstainBelow: calibration.abstainBelow ?? abstainBelow, ...(bias === undefined ? {} : { bias }), ...(setThreshold === undefined ? {} : { setThreshold }) };
}

/** Softmax of logits / temperature + bias. */
export function calibratedProbabilities(logits: ArrayLike<number>, labels: readonly string[], { temperature, bias }: Pick<Calibration, 'temperature' | 'bias'>): number[] {
  return softmax(Array.from(logits, (logit, k) => logit / temperature + (bias?.[labels[k]!] ?? 0)));
}

/** From logits over the visible labels to what is shown: scores, confidence, abstention and the prediction set. */
export function predict(logits: ArrayLike<number>, labels: readonly string[], options: PredictOptions): PredictionResult {
  const scores = softmax(logits);
  const confidences = options.temperature === null ? scores : calibratedProbabilities(logits, labels, { temperature: options.temperature, bias: options.bias });
  const best = indexOfLargest(scores);
  const confidence = confidences[best]!;
  return {
    label: labels[best]!,
    confidence,
    calibrated: options.temperature !== null,
    abstained: confidence < options.abstainBelow,
    predictionSet: options.setThreshold === undefined ? smallestSet(confidences, labels) : setAbove(confidences, labels, options.setThreshold, best),
    scores: Object.fromEntries(labels.map((label, i) => [label, scores[i]!])),
    logits: Array.from(logits),
  };
}

export function indexOfLargest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** Most probable first. Never empty: an answer that is shown is in its own set. */
function setAbove(probabilities: readonly number[], labels: readonly string[], threshold: number, best: number): string[] {
  const taken = byProbability(probabilities).filter((i) => probabilities[i]! >= threshold);
  return (taken.length === 0 ? [best] : taken).map((i) => labels[i]!);
}

function byProbability(probabilities: readonly number[]): number[] {
  return probabilities.map((_, i) => i).sort((a, b) => probabilities[b]! - probabilities[a]!);
}

function smallestSet(probabilities: readonly number[], labels: readonly string[]): string[] {
  const order = byProbability(probabilities);
  const taken: string[] = [];
  let mass = 0;
  for (const i of order) {
    taken.push(labels[i]!);
    mass += probabilities[i]!;
    if (mass >= PREDICTION_SET_MASS) break;
  }
  return taken;
}

/** Mean of rows weighted by `weights`, each row of the same length; null when the weights add up to nothing. */
export function weightedMean(rows: readonly ArrayLike<number>[], weights: readonly number[]): Float32Array | null {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const first = rows[0];
  if (first === undefined || total <= 0) return null;
  const sums = new Float64Array(first.length);
  rows.forEach((row, r) => {
    const weight = weights[r]! / total;
    for (let i = 0; i < sums.length; i++) sums[i]! += weight * row[i]!;
  });
  return Float32Array.from(sums);
}
