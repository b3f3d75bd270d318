/** Half-open stretches of time, in seconds from the start of a recording. */
export interface Interval {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** Sorted, touching and overlapping ones joined, empty ones dropped. Those at most `gapSeconds` apart are joined as well. */
export function unionOf(intervals: readonly Interval[], gapSeconds = 0): Interval[] {
  const joined: Interval[] = [];
  for (const { startSeconds, endSeconds } of [...intervals].sort((a, b) => a.startSeconds - b.startSeconds)) {
    if (!(endSeconds > startSeconds)) continue;
    const last = joined.at(-1);
    if (last === undefined || startSeconds > last.endSeconds + gapSeconds) joined.push({ startSeconds, endSeconds });
    else joined[joined.length - 1] = { startSeconds: last.startSeconds, endSeconds: Math.max(last.endSeconds, endSeconds) };
  }
  return joined;
}

/** What is in both; each list is taken as its union. */
export function intersectionOf(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const [first, second] = [unionOf(a), unionOf(b)];
  const shared: Interval[] = [];
  for (let i = 0, j = 0; i < first.length && j < second.length; ) {
    const [x, y] = [first[i]!, second[j]!];
    const startSeconds = Math.max(x.startSeconds, y.startSeconds);
    const endSeconds = Math.min(x.endSeconds, y.endSeconds);
    if (endSeconds > startSeconds) shared.push({ startSeconds, endSeconds });
    if (x.endSeconds < y.endSeconds) i++;
    else j++;
  }
  return shared;
}

/** What is in `a` and not in `b`. */
export function differenceOf(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const holes = unionOf(b);
  const left: Interval[] = [];
  let first = 0;
  for (const { startSeconds, endSeconds } of unionOf(a)) {
    let from = startSeconds;
    while (first < holes.length && holes[first]!.endSeconds <= startSeconds) first++;
    for (let i = first; i < holes.length && holes[i]!.startSeconds < endSeconds; i++) {
      if (holes[i]!.startSeconds > from) left.push({ startSeconds: from, endSeconds: holes[i]!.startSeconds });
      from = Math.max(from, holes[i]!.endSeconds);
    }
    if (endSeconds > from) left.push({ startSeconds: from, endSeconds });
  }
  return left;
}

/** Seconds that are covered at least once. */
export function coveredSeconds(intervals: readonly Interval[]): number {
  return unionOf(intervals).reduce((sum, { startSeconds, endSeconds }) => sum + endSeconds - startSeconds, 0);
}
