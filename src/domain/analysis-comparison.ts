import { indexOfLargest } from './scores.js';
import type { Timeline } from './timeline.js';

/** Where two analyses of one recording say the same and where not, bin by bin. Only bins that both have judged count. */
export interface TimelineComparison {
  /** Share of common bins whose highest label is the same, 0 to 1; null without common bins. */
  readonly agreement: number | null;
  readonly startSeconds: readonly number[];
  /** Highest label of each common bin in either analysis. */
  readonly labelsA: readonly string[];
  readonly labelsB: readonly string[];
}

/** Both with the same bins. */
export function compareTimelines(a: Timeline, b: Timeline): TimelineComparison {
  const binOfB = new Map(b.startSeconds.map((start, bin) => [start, bin]));
  const common = a.startSeconds.flatMap((start, binA) => {
    const binB = binOfB.get(start);
    return binB === undefined ? [] : [{ start, labelA: highest(a, binA), labelB: highest(b, binB) }];
  });
  const same = common.filter(({ labelA, labelB }) => labelA === labelB).length;
  return {
    agreement: common.length === 0 ? null : same / common.length,
    startSeconds: common.map(({ start }) => start),
    labelsA: common.map(({ labelA }) => labelA),
    labelsB: common.map(({ labelB }) => labelB),
  };
}

function highest(timeline: Timeline, bin: number): string {
  return timeline.labels[indexOfLargest(timeline.values.map((values) => values[bin]!))]!;
}

export interface ScoreDifference {
  readonly label: string;
  /** Null where that model does not have the label. */
  readonly scoreA: number | null;
  readonly scoreB: number | null;
  /** b − a; null where one of them does not have the label. */
  readonly difference: number | null;
}

/** Every label of either, in the order of the first. */
export function compareScores(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): ScoreDifference[] {
  const labels = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return labels.map((label) => {
    const scoreA = a[label] ?? null;
    const scoreB = b[label] ?? null;
    return { label, scoreA, scoreB, difference: scoreA === null || scoreB === null ? null : scoreB - scoreA };
  });
}
