export const TIME_BUCKETS = ['hour', 'day', 'week', 'month'] as const;
export type TimeBucket = (typeof TIME_BUCKETS)[number];

/** Buckets of one answer at most: a year in hours is 8,784. */
export const MAX_BUCKETS = 9_000;

/** One group of analyses as the database counts it. */
export interface StatisticsRow {
  /** Start of the bucket, UTC. */
  readonly start: Date;
  readonly status: string;
  /** Label of the summary; null where nothing was judged or the analysis has not succeeded. */
  readonly label: string | null;
  readonly isAbstained: boolean;
  readonly count: number;
  readonly audioSeconds: number;
}

/** Columns over the buckets from `from` to `to`, empty ones included, so that a plot needs no filling in. */
export interface Statistics {
  readonly bucket: TimeBucket;
  readonly starts: readonly Date[];
  /** By when they were asked for, whatever became of them. */
  readonly analyses: readonly number[];
  readonly succeeded: readonly number[];
  readonly failed: readonly number[];
  /** Succeeded, but too unsure to say. */
  readonly abstained: readonly number[];
  /** Succeeded, and nothing in it was speech. */
  readonly notJudged: readonly number[];
  /** Seconds of audio of the succeeded ones. */
  readonly audioSeconds: readonly number[];
  /** Succeeded ones by the label of their summary, most frequent first. */
  readonly labels: readonly { readonly label: string; readonly counts: readonly number[] }[];
}

/** Start of the bucket that holds `date`; weeks begin on Monday. All in UTC. */
export function bucketStart(date: Date, bucket: TimeBucket): Date {
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  if (bucket === 'hour') return new Date(Date.UTC(year, month, day, date.getUTCHours()));
  if (bucket === 'day') return new Date(Date.UTC(year, month, day));
  if (bucket === 'month') return new Date(Date.UTC(year, month));
  return new Date(Date.UTC(year, month, day - ((date.getUTCDay() + 6) % 7)));
}

/** Starts of all buckets that touch [from, to); stops after `limit`. */
export function bucketStarts(from: Date, to: Date, bucket: TimeBucket, limit = MAX_BUCKETS + 1): Date[] {
  const starts: Date[] = [];
  for (let start = bucketStart(from, bucket); start < to && starts.length < limit; start = nextStart(start, bucket)) starts.push(start);
  return starts;
}

function nextStart(start: Date, bucket: TimeBucket): Date {
  if (bucket === 'month') return new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1));
  const hours = { hour: 1, day: 24, week: 7 * 24 }[bucket];
  return new Date(start.getTime() + hours * 3_600_000);
}

/** Rows to columns. Rows outside the buckets are a fault of the caller and are left out. */
export function tabulate(rows: readonly StatisticsRow[], starts: readonly Date[], bucket: TimeBucket): Statistics {
  const position = new Map(starts.map((start, index) => [start.getTime(), index]));
  const column = (of: (row: StatisticsRow) => number): number[] => {
    const values = new Array<number>(starts.length).fill(0);
    for (const row of rows) {
      const index = position.get(row.start.getTime());
      if (index !== undefined) values[index]! += of(row);
    }
    return values;
  };
  const counted = (wanted: (row: StatisticsRow) => boolean): number[] => column((row) => (wanted(row) ? row.count : 0));
  const hasSucceeded = (row: StatisticsRow): boolean => row.status === 'SUCCEEDED';
  const names = [...new Set(rows.flatMap((row) => (hasSucceeded(row) && row.label !== null ? [row.label] : [])))];
  const labels = names.map((label) => ({ label, counts: counted((row) => hasSucceeded(row) && row.label === label) }));
  const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
  return {
    bucket, starts,
    analyses: counted(() => true), succeeded: counted(hasSucceeded), failed: counted((row) => row.status === 'FAILED'),
    abstained: counted((row) => hasSucceeded(row) && row.isAbstained), notJudged: counted((row) => hasSucceeded(row) && row.label === null),
    audioSeconds: column((row) => (hasSucceeded(row) ? row.audioSeconds : 0)),
    labels: labels.sort((a, b) => total(b.counts) - total(a.counts) || (a.label < b.label ? -1 : 1)),
  };
}
