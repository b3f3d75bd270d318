import { intervalOf, resampleClusters, type Interval, type ResampleOptions } from './bootstrap.js';
import { MIN_PROBABILITY } from './metrics.tally.js';

/** A judged item whose listeners voted. Both lists are over the labels of the run, in their order. */
export interface VotedItem {
  /** Votes, not all 0. */
  readonly votes: readonly number[];
  /** Scores that sum to 1. */
  readonly scores: readonly number[];
  readonly predicted: number;
}

export interface SoftLabelFigure {
  readonly value: number;
  readonly interval: Interval;
}

/** Against the shares of the listeners' votes instead of one truth. Natural logarithms. */
export interface SoftLabelMetrics {
  readonly itemCount: number;
  readonly crossEntropy: SoftLabelFigure;
  /** Kullback–Leibler divergence of the scores from the votes: the cross entropy less what no model can avoid. */
  readonly divergence: SoftLabelFigure;
  /** Jensen–Shannon divergence, 0 to ln 2. */
  readonly jensenShannon: SoftLabelFigure;
  readonly brier: SoftLabelFigure;
  /** Mean share of the votes that the answered label got; what listeners themselves reach is `listenerAgreement`. */
  readonly voteShare: SoftLabelFigure;
  /** Mean share of the votes that the most voted label got: no answer can reach more. */
  readonly listenerAgreement: SoftLabelFigure;
}

const NAMES = ['crossEntropy', 'divergence', 'jensenShannon', 'brier', 'voteShare', 'listenerAgreement'] as const;

/** Null without a voted item. */
export function softLabelMetrics(items: readonly VotedItem[], clusters: readonly string[], options: ResampleOptions = {}): SoftLabelMetrics | null {
  if (items.length === 0) return null;
  const rows = items.map(figuresOf);
  const bySums = new Map<string, number[]>();
  rows.forEach((row, i) => {
    const sums = bySums.get(clusters[i]!) ?? [0, ...NAMES.map(() => 0)];
    sums[0]! += 1;
    row.forEach((value, k) => (sums[k + 1]! += value));
    bySums.set(clusters[i]!, sums);
  });
  const groups = [...bySums.values()];
  const draws = resampleClusters(groups.length, options, (drawn) => {
    const total = [0, ...NAMES.map(() => 0)];
    for (const index of drawn) groups[index]!.forEach((value, k) => (total[k]! += value));
    return total.slice(1).map((sum) => sum / total[0]!);
  });
  const figures = NAMES.map((name, k) => [name, { value: rows.reduce((sum, row) => sum + row[k]!, 0) / rows.length, interval: intervalOf(draws.map((draw) => draw[k]!)) }] as const);
  return { itemCount: items.length, ...(Object.fromEntries(figures) as Record<(typeof NAMES)[number], SoftLabelFigure>) };
}

/** In the order of NAMES. */
function figuresOf({ votes, scores, predicted }: VotedItem): readonly number[] {
  const total = votes.reduce((sum, count) => sum + count, 0);
  const shares = votes.map((count) => count / total);
  const crossEntropy = -shares.reduce((sum, share, k) => sum + (share === 0 ? 0 : share * Math.log(Math.max(MIN_PROBABILITY, scores[k]!))), 0);
  const middle = shares.map((share, k) => (share + scores[k]!) / 2);
  return [
    crossEntropy, crossEntropy - entropy(shares), entropy(middle) - (entropy(shares) + entropy(scores)) / 2,
    shares.reduce((sum, share, k) => sum + (share - scores[k]!) ** 2, 0), shares[predicted] ?? 0, Math.max(...shares),
  ];
}

function entropy(shares: readonly number[]): number {
  return -shares.reduce((sum, share) => sum + (share <= 0 ? 0 : share * Math.log(share)), 0);
}

/** `angry:3;sad:1` → counts by label. Null for an empty text; throws SyntaxError for anything else. */
export function parseVotes(text: string): Readonly<Record<string, number>> | null {
  const parts = text.split(/[;|]/).map((part) => part.trim()).filter((part) => part !== '');
  if (parts.length === 0) return null;
  const votes: Record<string, number> = {};
  for (const part of parts) {
    const at = part.lastIndexOf(':');
    const count = Number(part.slice(at + 1));
    if (at < 1 || part.slice(at + 1).trim() === '' || !(count >= 0) || !Number.isFinite(count)) throw new SyntaxError('votes are written as label:count;label:count, such as angry:3;sad:1');
    const label = part.slice(0, at).trim();
    votes[label] = (votes[label] ?? 0) + count;
  }
  return Object.values(votes).some((count) => count > 0) ? votes : null;
}
