import type { Timeline } from '../types.js';

/** Columns for the chart: `rows[0]` is the outermost edge, so that each further row is painted over the one before. */
export interface Stack {
  readonly labels: readonly string[];
  readonly xs: readonly number[];
  readonly rows: readonly (readonly (number | null)[])[];
}

/**
 * Stacks the shares with the most frequent label at the bottom. Each bin becomes a step as wide as the bin; where bins
 * are missing (nothing was judged there) the areas stop instead of reaching across. With `only`, that label alone.
 */
export function stackTimeline(timeline: Timeline, only: string | null): Stack {
  const chosen = timeline.series.filter((series) => only === null || series.label === only);
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
  const ordered = [...chosen].sort((a, b) => total(b.values) - total(a.values));
  const xs: number[] = [];
  const columns: (number | null)[][] = ordered.map(() => []);
  const push = (x: number, bin: number | null): void => {
    xs.push(x);
    let sum = 0;
    ordered.forEach((series, row) => {
      sum += bin === null ? 0 : (series.values[bin] ?? 0);
      columns[row]!.push(bin === null ? null : sum);
    });
  };
  timeline.startSeconds.forEach((start, bin) => {
    push(start, bin);
    const end = start + timeline.binSeconds;
    const next = timeline.startSeconds[bin + 1];
    if (next !== undefined && next - end < timeline.binSeconds * 0.01) return;
    push(end, bin);
    push(end + timeline.binSeconds * 0.001, null);
  });
  return { labels: ordered.map((series) => series.label).reverse(), xs, rows: columns.reverse() };
}

/**
 * Bins `factor` times as wide, each the mean of those it holds, so that a step stays wide enough to see when an hour is on
 * screen. Gaps shorter than the wider bin close. For drawing only: figures are read from the fine bins.
 */
export function coarsen(timeline: Timeline, factor: number): Timeline {
  if (factor <= 1) return timeline;
  const binSeconds = timeline.binSeconds * factor;
  const groups = new Map<number, number[]>();
  timeline.startSeconds.forEach((start, bin) => {
    // Half a bin further in, or rounding puts a start that lies on an edge into the bin before.
    const group = Math.floor((start + timeline.binSeconds / 2) / binSeconds);
    const members = groups.get(group);
    if (members) members.push(bin);
    else groups.set(group, [bin]);
  });
  const mean = (values: readonly number[], bins: readonly number[]): number => bins.reduce((sum, bin) => sum + (values[bin] ?? 0), 0) / bins.length;
  return {
    binSeconds,
    labels: timeline.labels,
    startSeconds: Array.from(groups.keys(), (group) => group * binSeconds),
    series: timeline.series.map(({ label, values }) => ({ label, values: Array.from(groups.values(), (bins) => mean(values, bins)) })),
  };
}

/** The bin that holds a moment, or null where nothing was judged. */
export function binAt(timeline: Timeline, seconds: number): number | null {
  let low = 0;
  let high = timeline.startSeconds.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const start = timeline.startSeconds[middle]!;
    if (seconds < start) high = middle - 1;
    else if (seconds >= start + timeline.binSeconds) low = middle + 1;
    else return middle;
  }
  return null;
}
