import { describe, expect, it } from 'vitest';
import { bucketStart, bucketStarts, MAX_BUCKETS, tabulate, type StatisticsRow } from '../../src/domain/statistics.js';

const at = (text: string): Date => new Date(`${text}Z`);
const row = (start: string, changes: Partial<StatisticsRow> = {}): StatisticsRow => ({ start: at(start), status: 'SUCCEEDED', label: 'happy', isAbstained: false, count: 1, audioSeconds: 10, ...changes });

describe('buckets of time', () => {
  it('begin on the hour, the day, the Monday and the first of the month, in UTC', () => {
    const date = at('2026-03-01T23:59:59.999');
    expect([bucketStart(date, 'hour'), bucketStart(date, 'day'), bucketStart(date, 'week'), bucketStart(date, 'month')]).toEqual(
      [at('2026-03-01T23:00:00'), at('2026-03-01T00:00:00'), at('2026-02-23T00:00:00'), at('2026-03-01T00:00:00')],
    );
  });

  it('cover a range from the bucket of its beginning to the one before its end, over months of any length', () => {
    expect(bucketStarts(at('2026-01-31T12:00:00'), at('2026-04-01T00:00:00'), 'month')).toEqual([at('2026-01-01T00:00:00'), at('2026-02-01T00:00:00'), at('2026-03-01T00:00:00')]);
    expect(bucketStarts(at('2026-01-01T00:30:00'), at('2026-01-01T02:00:01'), 'hour')).toHaveLength(3);
    expect(bucketStarts(at('0001-01-01T00:00:00'), at('9999-01-01T00:00:00'), 'hour')).toHaveLength(MAX_BUCKETS + 1);
  });
});

describe('statistics', () => {
  it('are columns with zeros where nothing was, labels most frequent first', () => {
    const starts = bucketStarts(at('2026-01-01T00:00:00'), at('2026-01-04T00:00:00'), 'day');
    const table = tabulate([
      row('2026-01-01T00:00:00', { count: 2, audioSeconds: 20 }), row('2026-01-03T00:00:00', { label: 'sad', count: 3, isAbstained: true, audioSeconds: 9 }),
      row('2026-01-03T00:00:00', { label: null, count: 4, audioSeconds: 1 }), row('2026-01-01T00:00:00', { status: 'FAILED', label: null, count: 5, audioSeconds: 99 }), row('2026-01-01T00:00:00', { status: 'QUEUED', label: null, audioSeconds: 99 }),
    ], starts, 'day');
    expect(table).toMatchObject({
      analyses: [8, 0, 7], succeeded: [2, 0, 7], failed: [5, 0, 0], abstained: [0, 0, 3], notJudged: [0, 0, 4], audioSeconds: [20, 0, 10],
      labels: [{ label: 'sad', counts: [0, 0, 3] }, { label: 'happy', counts: [2, 0, 0] }],
    });
  });
});
