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
