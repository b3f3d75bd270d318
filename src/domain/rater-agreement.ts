import { intervalOf, resampleClusters, type Interval, type ResampleOptions } from './bootstrap.js';

/** How far people who labelled the same things agree beyond chance. Nominal: labels are the same, or they are not. */

/** What was said of one thing, by person. Things of one cluster (a recording) resemble each other. */
export interface RatedUnit {
  readonly cluster: string;
  readonly labels: ReadonlyMap<string, string>;
}

export interface AgreementFigure {
  /** Null where it is not defined: nothing was labelled twice, or everything has the same label. */
  readonly value: number | null;
  /** 95 %, by drawing whole clusters; null where the value is, and for a single cluster. */
  readonly interval: Interval | null;
}

type Pair = readonly [string, string];

/** Share of pairs that agree. Null without any. */
export function observedAgreement(pairs: readonly Pair[]): number | null {
  return pairs.length === 0 ? null : pairs.filter(([a, b]) => a === b).length / pairs.length;
}

/**
 * Cohen's κ = (p_o − p_e) / (1 − p_e), with p_e from each person's own frequencies (Cohen 1960). Null without pairs, and
 * where both say one and the same label throughout: chance alone would agree as well.
 */
export function cohenKappa(pairs: readonly Pair[]): number | null {
  return kappaOf(kappaTally(pairs, indexOf(pairs.flat())));
}

/**
 * Krippendorff's α for nominal data = 1 − D_o / D_e (Krippendorff 2011): any number of people, with gaps. What fewer than
 * two people labelled does not count. Null where nothing is left, or there is only one label.
 */
export function krippendorffAlpha(units: readonly (readonly string[])[]): number | null {
  return alphaOf(alphaTally(units, indexOf(units.flat())));
}

export function alphaWithInterval(units: readonly RatedUnit[], options: ResampleOptions = {}): AgreementFigure {
  const index = indexOf(units.flatMap(({ labels }) => [...labels.values()]));
  return withInterval(clustersOf(units).map((cluster) => alphaTally(cluster.map(({ labels }) => [...labels.values()]), index)), alphaOf, options);
}

export function kappaWithInterval(units: readonly RatedUnit[], a: string, b: string, options: ResampleOptions = {}): AgreementFigure {
  const index = indexOf(pairsOf(units, a, b).flat());
  const clusters = clustersOf(units).map((cluster) => pairsOf(cluster, a, b)).filter((pairs) => pairs.length > 0);
  return withInterval(clusters.map((pairs) => kappaTally(pairs, index)), kappaOf, options);
}

/** What two people said of the units that both labelled. */
export function pairsOf(units: readonly RatedUnit[], a: string, b: string): readonly Pair[] {
  return units.flatMap(({ labels }) => {
    const [left, right] = [labels.get(a), labels.get(b)];
    return left === undefined || right === undefined ? [] : [[left, right] as const];
  });
}

/** Counts that add up over clusters, so that a draw costs one addition of small arrays each: [pairs, agreeing, a's labels…, b's labels…]. */
function kappaTally(pairs: readonly Pair[], index: ReadonlyMap<string, number>): Float64Array {
  const tally = new Float64Array(2 + 2 * index.size);
  for (const [a, b] of pairs) {
    tally[0]! += 1;
    if (a === b) tally[1]! += 1;
    tally[2 + index.get(a)!]! += 1;
    tally[2 + index.size + index.get(b)!]! += 1;
  }
  return tally;
}

function kappaOf(tally: Float64Array): number | null {
  const count = tally[0]!;
  if (count === 0) return null;
  const labelCount = (tally.length - 2) / 2;
  let together = 0;
  for (let label = 0; label < labelCount; label++) together += tally[2 + label]! * tally[2 + labelCount + label]!;
  // In whole numbers until the last step: 1 − p_e would not be exactly 0 where it is.
  const beyondChance = count * count - together;
  return beyondChance === 0 ? null : (count * tally[1]! - together) / beyondChance;
}

/** [values that can be paired, disagreeing ordered pairs / (m − 1), labels…]. */
function alphaTally(units: readonly (readonly string[])[], index: ReadonlyMap<string, number>): Float64Array {
  const tally = new Float64Array(2 + index.size);
  for (const labels of units) {
    if (labels.length < 2) continue;
    let agreeing = 0;
    for (const label of labels) {
      agreeing += labels.reduce((count, other) => count + Number(other === label), -1);
      tally[2 + index.get(label)!]! += 1;
    }
    tally[0]! += labels.length;
    tally[1]! += (labels.length * (labels.length - 1) - agreeing) / (labels.length - 1);
  }
  return tally;
}

function alphaOf(tally: Float64Array): number | null {
  const total = tally[0]!;
  let different = total * total;
  for (let label = 2; label < tally.length; label++) different -= tally[label]! ** 2;
  return different === 0 ? null : 1 - ((total - 1) * tally[1]!) / different;
}

/**
 * Draws for which the figure is not defined say nothing of it and are left out. Clusters with the same counts are
 * counted together: a recording with one item has one of few kinds, and a draw then costs one increment a cluster.
 */
function withInterval(clusters: readonly Float64Array[], figure: (tally: Float64Array) => number | null, options: ResampleOptions): AgreementFigure {
  const kinds: Float64Array[] = [];
  const known = new Map<string, number>();
  const kindOf = Int32Array.from(clusters, (tally) => {
    const key = tally.join();
    const kind = known.get(key) ?? kinds.push(tally) - 1;
    known.set(key, kind);
    return kind;
  });
  const times = new Float64Array(kinds.length);
  const sum = new Float64Array(clusters[0]?.length ?? 2);
  const figureOf = (indices: Iterable<number>): number | null => {
    times.fill(0);
    for (const index of indices) times[kindOf[index]!]! += 1;
    sum.fill(0);
    kinds.forEach((tally, kind) => {
      for (let i = 0; i < sum.length; i++) sum[i]! += times[kind]! * tally[i]!;
    });
    return figure(sum);
  };
  const value = figureOf(clusters.keys());
  if (value === null || clusters.length < 2) return { value, interval: null };
  const drawn = resampleClusters(clusters.length, options, figureOf).filter((each) => each !== null);
  return { value, interval: drawn.length === 0 ? null : intervalOf(drawn) };
}

function clustersOf(units: readonly RatedUnit[]): readonly (readonly RatedUnit[])[] {
  const byCluster = new Map<string, RatedUnit[]>();
  for (const unit of units) {
    const cluster = byCluster.get(unit.cluster);
    if (cluster === undefined) byCluster.set(unit.cluster, [unit]);
    else cluster.push(unit);
  }
  return [...byCluster.values()];
}

function indexOf(labels: readonly string[]): ReadonlyMap<string, number> {
  return new Map([...new Set(labels)].map((label, index) => [label, index]));
}
