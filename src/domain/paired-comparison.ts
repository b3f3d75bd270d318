import { clusterTallies, intervalOf, resampleClusters, type Interval, type ResampleOptions } from './bootstrap.js';
import { binomialAtMost } from './conformal.js';
import { metricsOfTally, type Metrics } from './metrics.js';
import { addTally, emptyTally, type ScoredItem, type Tally } from './metrics.tally.js';

export interface FigureDifference {
  readonly a: number;
  readonly b: number;
  /** b − a. */
  readonly difference: number;
  /** 95 %, whole speakers drawn for both at once. */
  readonly interval: Interval;
}

/** Two models, or two versions of one, on the same items. */
export interface PairedComparison {
  readonly itemCount: number;
  readonly bothRight: number;
  readonly onlyARight: number;
  readonly onlyBRight: number;
  readonly bothWrong: number;
  /** McNemar's exact test, two-sided: the chance of so uneven a split of the items that only one got right, were both equally good. */
  readonly pValue: number;
  readonly weightedAccuracy: FigureDifference;
  readonly unweightedAccuracy: FigureDifference;
  readonly macroF1: FigureDifference;
}

/** `a[i]` and `b[i]` are of the same item, whose speaker is `clusters[i]`; classes are indices into one list of labels. */
export function pairedComparison(a: readonly ScoredItem[], b: readonly ScoredItem[], clusters: readonly string[], labels: readonly string[], options: ResampleOptions = {}): PairedComparison {
  const isRight = (item: ScoredItem): boolean => item.predicted === item.truth;
  const count = (wantA: boolean, wantB: boolean): number => a.filter((item, i) => isRight(item) === wantA && isRight(b[i]!) === wantB).length;
  const tallies = [clusterTallies(a, clusters, labels.length), clusterTallies(b, clusters, labels.length)] as const;
  const whole = tallies.map((own) => sumOf(own, own.map((_, i) => i), labels)) as unknown as readonly [Metrics, Metrics];
  const draws = resampleClusters(tallies[0].length, options, (drawn) => [sumOf(tallies[0], drawn, labels), sumOf(tallies[1], drawn, labels)] as const);
  const differenceOf = (name: 'weightedAccuracy' | 'unweightedAccuracy' | 'macroF1'): FigureDifference => ({
    a: whole[0][name], b: whole[1][name], difference: whole[1][name] - whole[0][name], interval: intervalOf(draws.map(([x, y]) => y[name] - x[name])),
  });
  const onlyARight = count(true, false);
  const onlyBRight = count(false, true);
  return {
    itemCount: a.length, bothRight: count(true, true), onlyARight, onlyBRight, bothWrong: count(false, false), pValue: mcNemarExact(onlyARight, onlyBRight),
    weightedAccuracy: differenceOf('weightedAccuracy'), unweightedAccuracy: differenceOf('unweightedAccuracy'), macroF1: differenceOf('macroF1'),
  };
}

export function mcNemarExact(onlyA: number, onlyB: number): number {
  return Math.min(1, 2 * binomialAtMost(Math.min(onlyA, onlyB), onlyA + onlyB, 0.5));
}

function sumOf(tallies: readonly Tally[], drawn: readonly number[] | Int32Array, labels: readonly string[]): Metrics {
  const total = emptyTally(labels.length);
  for (const index of drawn) addTally(total, tallies[index]!);
  return metricsOfTally(total, labels);
}
