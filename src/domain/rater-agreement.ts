import { intervalOf, resampleClusters, type Interval, type ResampleOptions } from './bootstrap.js';

/** How far people who labelled the same things agree beyond chance. Nominal: labels are the same, or they are not. */

/** What was said of one thing: a label for each person, by person. Things of one cluster (a recording) resemble each other. */
export interface RatedUnit {
  readonly cluster: string;
  readonly labels: ReadonlyMap<string, string>;
}

export interface AgreementFigure {
  /** Null where it is not defined: nothing was labelled twice, or everything has the same label. */
  readonly value: number | null;
  /** 95 %, by drawing whole recordings; null where the value is, and for a single recording. */
  readonly interval: Interval | null;
}

/** Share of units on which two people agree. Null without any. */
export function observedAgreement(pairs: readonly (readonly [string, string])[]): number | null {
  return pairs.length === 0 ? null : pairs.filter(([a, b]) => a === b).length / pairs.length;
}

/**
 * Cohen's κ = (p_o − p_e) / (1 − p_e), with p_e from each person's own frequencies (Cohen 1960). Null without pairs, and
 * where both say one and the same label throughout: chance alone would agree as well.
 */
export function cohenKappa(pairs: readonly (readonly [string, string])[]): number | null {
  const observed = observedAgreement(pairs);
  if (observed === null) return null;
  const [left, right] = [counts(pairs.map(([a]) => a)), counts(pairs.map(([, b]) => b))];
  let expected = 0;
  for (const [label, count] of left) expected += (count / pairs.length) * ((right.get(label) ?? 0) / pairs.length);
  return 1 - expected < 1e-12 ? null : (observed - expected) / (1 - expected);
}

/** Counts that add up over units: α of any set of them costs one addition a unit. */
interface Coincidences {
  /** Pairable values. */
  total: number;
  /** Σ over units of disagreeing ordered pairs / (m − 1). */
  disagreeing: number;
  readonly byLabel: Map<string, number>;
}

/**
 * Krippendorff's α for nominal data = 1 − D_o / D_e (Krippendorff 2011): any number of people, with gaps. Units that
 * fewer than two people labelled do not count. Null where nothing is pairable or there is only one label.
 */
export function krippendorffAlpha(units: readonly (readonly string[])[]): number | null {
  return alphaOf(units.map(coincidencesOf));
}

function coincidencesOf(labels: readonly string[]): Coincidences {
  if (labels.length < 2) return { total: 0, disagreeing: 0, byLabel: new Map() };
  const byLabel = counts(labels);
  let agreeing = 0;
  for (const count of byLabel.values()) agreeing += count * (count - 1);
  return { total: labels.length, disagreeing: (labels.length * (labels.length - 1) - agreeing) / (labels.length - 1), byLabel };
}

function alphaOf(parts: Iterable<Coincidences>): number | null {
  let total = 0;
  let disagreeing = 0;
  const byLabel = new Map<string, number>();
  for (const part of parts) {
    total += part.total;
    disagreeing += part.disagreeing;
    for (const [label, count] of part.byLabel) byLabel.set(label, (byLabel.get(label) ?? 0) + count);
  }
  let expected = total * total;
  for (const count of byLabel.values()) expected -= count * count;
  return total < 2 || expected === 0 ? null : 1 - ((total - 1) * disagreeing) / expected;
}

export function alphaWithInterval(units: readonly RatedUnit[], options: ResampleOptions = {}): AgreementFigure {
  const clusters = clustersOf(units).map((cluster) => cluster.map(({ labels }) => coincidencesOf([...labels.values()])));
  return withInterval(alphaOf(clusters.flat()), clusters.length, options, (indices) => alphaOf(function* () { for (const index of indices) yield* clusters[index]!; }()));
}

export function kappaWithInterval(units: readonly RatedUnit[], a: string, b: string, options: ResampleOptions = {}): AgreementFigure {
  const clusters = clustersOf(units).map((cluster) => pairsOf(cluster, a, b)).filter((pairs) => pairs.length > 0);
  return withInterval(cohenKappa(clusters.flat()), clusters.length, options, (indices) => {
    const drawn: (readonly [string, string])[] = [];
    for (const index of indices) drawn.push(...clusters[index]!);
    return cohenKappa(drawn);
  });
}

/** What two people said of the units that both labelled. */
export function pairsOf(units: readonly RatedUnit[], a: string, b: string): readonly (readonly [string, string])[] {
  return units.flatMap(({ labels }) => {
    const [left, right] = [labels.get(a), labels.get(b)];
    return left === undefined || right === undefined ? [] : [[left, right] as const];
  });
}

/** Draws for which the figure is not defined say nothing of it and are left out. */
function withInterval(value: number | null, clusterCount: number, options: ResampleOptions, figure: (indices: Int32Array) => number | null): AgreementFigure {
  if (value === null || clusterCount < 2) return { value, interval: null };
  const drawn = resampleClusters(clusterCount, options, figure).filter((each) => each !== null);
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

function counts(labels: readonly string[]): Map<string, number> {
  const byLabel = new Map<string, number>();
  for (const label of labels) byLabel.set(label, (byLabel.get(label) ?? 0) + 1);
  return byLabel;
}
