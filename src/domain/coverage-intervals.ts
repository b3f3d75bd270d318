import { intervalOf, resampleClusters, type Interval, type ResampleOptions } from './bootstrap.js';
import type { ScoredItem } from './metrics.tally.js';

/** Accuracy of the most confident share of the items, with its interval. */
export interface CoverageInterval {
  readonly coverage: number;
  readonly accuracy: number;
  readonly interval: Interval;
}

const SHARES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1] as const;

/** At tenths of the items; tenths that were not judged are left out. Items are sorted once: a resample is one pass. */
export function coverageIntervals(items: readonly ScoredItem[], clusters: readonly string[], options: ResampleOptions = {}): readonly CoverageInterval[] {
  const names = [...new Set(clusters)];
  const indexOf = new Map(names.map((name, i) => [name, i]));
  const clusterIndex = clusters.map((name) => indexOf.get(name)!);
  const falling = items.map((_, i) => i).filter((i) => items[i]!.predicted >= 0).sort((a, b) => items[b]!.confidence - items[a]!.confidence);
  const sizes = names.map(() => 0);
  for (const index of clusterIndex) sizes[index]! += 1;

  function accuracies(times: ArrayLike<number>): (number | null)[] {
    const total = sizes.reduce((sum, size, i) => sum + size * times[i]!, 0);
    const found: (number | null)[] = SHARES.map(() => null);
    let seen = 0;
    let correct = 0;
    let next = 0;
    for (const i of falling) {
      const weight = times[clusterIndex[i]!]!;
      if (weight === 0) continue;
      seen += weight;
      if (items[i]!.predicted === items[i]!.truth) correct += weight;
      while (next < SHARES.length && seen >= SHARES[next]! * total - 1e-9) found[next++] = correct / seen;
    }
    return found;
  }

  const whole = accuracies(names.map(() => 1));
  const times = new Float64Array(names.length);
  const draws = resampleClusters(names.length, options, (indices) => {
    times.fill(0);
    for (const index of indices) times[index]! += 1;
    return accuracies(times);
  });
  return SHARES.flatMap((coverage, k) => {
    const accuracy = whole[k] ?? null;
    return accuracy === null ? [] : [{ coverage, accuracy, interval: intervalOf(draws.map((draw) => draw[k] ?? null).filter((value) => value !== null)) }];
  });
}
