import { createHash } from 'node:crypto';
import { softmax } from './scores.js';

/** How a model's logits become a confidence, a prediction set and an abstention. Never changes the label. */
export interface Calibration {
  readonly temperature: number;
  /** By label, added to logits / temperature. Left out: none. */
  readonly bias?: Readonly<Record<string, number>>;
  /** Share of recordings whose true label lies in the prediction set, as wanted (0 to 1). With `setThreshold`. */
  readonly coverage?: number;
  /** A label is in the prediction set when its calibrated probability reaches this: 1 − q̂ of split conformal prediction. */
  readonly setThreshold?: number;
  /** Confidence under which the platform declines to say, chosen so that at most `risk` of what it says is wrong. */
  readonly abstainBelow?: number;
  readonly risk?: number;
  /** Familiarity under which a window is unlike what this was fitted on: the platform declines to say, and the confidence is the plain score. */
  readonly unfamiliarBelow?: number;
  readonly itemCount?: number;
  readonly speakerCount?: number;
}

/** A calibration as an analysis used it: enough to compute the result again from its logits. */
export interface AppliedCalibration extends Calibration {
  readonly version: string;
  /** `model` (its manifest), `workspace`, `language:de`, `channel:phone`. */
  readonly scope: string;
}

/** One judged recording whose truth is known. */
export interface CalibrationItem {
  readonly logits: readonly number[];
  /** Index of the true label. */
  readonly truth: number;
  /** The speaker: halves and folds part speakers, never their clips. */
  readonly cluster: string;
}

/** Content hash of all that decides a result: two calibrations of one version say the same of every recording. */
export function calibrationVersion({ temperature, bias, coverage, setThreshold, abstainBelow, unfamiliarBelow }: Calibration): string {
  const biases = Object.entries(bias ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify([temperature, biases, coverage ?? null, setThreshold ?? null, abstainBelow ?? null, ...(unfamiliarBelow === undefined ? [] : [unfamiliarBelow])])).digest('hex').slice(0, 16);
}

/** Weight of the prior that biases are 0, in items: a class of few items must not get a bias from chance. */
const BIAS_PRIOR = 5;
const MIN_SCALE = 0.02;
const MAX_SCALE = 50;

/**
 * Temperature, and with `withBias` one bias a class, that minimise the negative log likelihood. The problem is convex in
 * 1/temperature and the biases, so Newton's method with halved steps finds the one minimum.
 */
export function fitScaling(items: readonly CalibrationItem[], classCount: number, withBias: boolean): { readonly temperature: number; readonly bias: readonly number[] } {
  const size = withBias ? classCount + 1 : 1;
  let theta: number[] = [1, ...Array.from({ length: size - 1 }, () => 0)];
  let loss = lossAt(items, theta, classCount);
  for (let round = 0; round < 100; round++) {
    const { gradient, hessian } = derivatives(items, theta, classCount, size);
    const step = solve(hessian, gradient);
    let shrink = 1;
    let next = theta;
    let nextLoss = Infinity;
    for (; shrink > 1e-6; shrink /= 2) {
      next = theta.map((value, i) => value - shrink * step[i]!);
      next[0] = Math.min(MAX_SCALE, Math.max(MIN_SCALE, next[0]!));
      nextLoss = lossAt(items, next, classCount);
      if (nextLoss <= loss) break;
    }
    if (!(nextLoss < loss - 1e-10 * items.length)) break;
    theta = next;
    loss = nextLoss;
  }
  return { temperature: 1 / theta[0]!, bias: Array.from({ length: classCount }, (_, k) => theta[k + 1] ?? 0) };
}

function probabilitiesAt(item: CalibrationItem, theta: readonly number[], classCount: number): number[] {
  return softmax(Array.from({ length: classCount }, (_, k) => theta[0]! * item.logits[k]! + (theta[k + 1] ?? 0)));
}

function lossAt(items: readonly CalibrationItem[], theta: readonly number[], classCount: number): number {
  const prior = theta.slice(1).reduce((sum, bias) => sum + (BIAS_PRIOR / 2) * bias * bias, 0);
  return items.reduce((sum, item) => sum - Math.log(Math.max(1e-300, probabilitiesAt(item, theta, classCount)[item.truth]!)), prior);
}

function derivatives(items: readonly CalibrationItem[], theta: readonly number[], classCount: number, size: number): { readonly gradient: number[]; readonly hessian: number[][] } {
  const gradient = Array.from({ length: size }, (_, i) => (i === 0 ? 0 : BIAS_PRIOR * theta[i]!));
  const hessian = Array.from({ length: size }, (_, i) => Array.from({ length: size }, (__, j) => (i === j ? (i === 0 ? 1e-9 : BIAS_PRIOR) : 0)));
  for (const item of items) {
    const p = probabilitiesAt(item, theta, classCount);
    const mean = p.reduce((sum, each, k) => sum + each * item.logits[k]!, 0);
    gradient[0]! += mean - item.logits[item.truth]!;
    hessian[0]![0]! += p.reduce((sum, each, k) => sum + each * item.logits[k]! ** 2, 0) - mean * mean;
    for (let k = 0; k + 1 < size; k++) {
      gradient[k + 1]! += p[k]! - (k === item.truth ? 1 : 0);
      const cross = p[k]! * (item.logits[k]! - mean);
      hessian[0]![k + 1]! += cross;
      hessian[k + 1]![0]! += cross;
      for (let j = 0; j + 1 < size; j++) hessian[k + 1]![j + 1]! += (k === j ? p[k]! : 0) - p[k]! * p[j]!;
    }
  }
  return { gradient, hessian };
}

/** Gaussian elimination with pivots; the matrix is small and positive definite. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  const size = rows.length;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++) if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row;
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const lead = rows[column]![column]!;
    for (let row = 0; row < size; row++) {
      if (row === column) continue;
      const factor = rows[row]![column]! / lead;
      for (let k = column; k <= size; k++) rows[row]![k]! -= factor * rows[column]![k]!;
    }
  }
  return rows.map((row, i) => row[size]! / row[i]!);
}
