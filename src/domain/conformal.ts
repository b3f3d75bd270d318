/** Thresholds with a guarantee, from recordings that were not used to fit anything. */

/**
 * Split conformal prediction with the score 1 − p(true label) (LAC): the threshold that the probability of a label must
 * reach to be in the set. A new recording of the same kind has its true label in the set with at least `coverage`. 0, and
 * with it every label, where there are too few recordings to promise more.
 */
export function conformalThreshold(trueProbabilities: readonly number[], coverage: number): number {
  const rank = Math.ceil((trueProbabilities.length + 1) * coverage);
  if (rank > trueProbabilities.length) return 0;
  const falling = [...trueProbabilities].sort((a, b) => b - a);
  return falling[rank - 1]!;
}

export interface Answer {
  readonly confidence: number;
  readonly isRight: boolean;
}

/** Shares of the answers that are tried as coverage, so that the guarantee pays for twenty looks and not for hundreds. */
const COVERAGE_STEPS = 20;
/** Chance that the promise of `abstentionThreshold` does not hold. */
export const ABSTENTION_DOUBT = 0.1;

/**
 * The smallest confidence such that, of what is answered at or above it, at most `risk` is wrong: by an exact binomial
 * bound with all looks paid for, so that it holds with 90 % certainty on recordings of the same kind. Null where no
 * threshold can promise it.
 */
export function abstentionThreshold(answers: readonly Answer[], risk: number): number | null {
  const sorted = [...answers].sort((a, b) => b.confidence - a.confidence);
  let found: number | null = null;
  for (let step = 1; step <= COVERAGE_STEPS; step++) {
    const wanted = Math.round((step / COVERAGE_STEPS) * sorted.length);
    if (wanted === 0) continue;
    const threshold = sorted[wanted - 1]!.confidence;
    // Answers of equal confidence are given or declined together.
    const kept = sorted.filter(({ confidence }) => confidence >= threshold);
    const wrong = kept.filter(({ isRight }) => !isRight).length;
    if (binomialUpperBound(wrong, kept.length, ABSTENTION_DOUBT / COVERAGE_STEPS) <= risk) found = threshold;
  }
  return found;
}

/** Clopper–Pearson: the largest rate under which `count` or fewer of `total` have at least the chance `doubt`. */
export function binomialUpperBound(count: number, total: number, doubt: number): number {
  if (count >= total) return 1;
  let low = count / total;
  let high = 1;
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2;
    if (binomialAtMost(count, total, middle) > doubt) low = middle;
    else high = middle;
  }
  return high;
}

/** P(X ≤ count) for X ~ Binomial(total, rate); summed from logarithms, so that thousands of trials do not underflow. */
export function binomialAtMost(count: number, total: number, rate: number): number {
  if (rate <= 0) return 1;
  if (rate >= 1) return count >= total ? 1 : 0;
  let logChoose = 0;
  let sum = 0;
  for (let k = 0; k <= count; k++) {
    if (k > 0) logChoose += Math.log((total - k + 1) / k);
    sum += Math.exp(logChoose + k * Math.log(rate) + (total - k) * Math.log1p(-rate));
  }
  return Math.min(1, sum);
}
