import { describe, expect, it } from 'vitest';
import { formatBytes, formatShare, formatStretch, formatTime } from '../../web/src/format.js';
import { pxToSeconds, secondsToPx } from '../../web/src/paint/geometry.js';
import { binAt, coarsen, stackTimeline } from '../../web/src/paint/stack.js';

const TIMELINE = {
  binSeconds: 0.5,
  labels: ['sad', 'neutral'],
  startSeconds: [0, 0.5, 3],
  series: [{ label: 'sad', values: [0.2, 0.4, 0.1] }, { label: 'neutral', values: [0.8, 0.6, 0.9] }],
};

describe('the timeline', () => {
  it('puts the most frequent label at the bottom, painted last, and lets the outermost edge reach 1', () => {
    const { labels, rows } = stackTimeline(TIMELINE, null);
    expect(labels).toEqual(['sad', 'neutral']);
    expect(rows[1]!.filter((value) => value !== null)).toEqual([0.8, 0.6, 0.6, 0.9, 0.9]);
    for (const value of rows[0]!) if (value !== null) expect(value).toBeCloseTo(1, 12);
  });

  it('ends an area where the bins end instead of reaching across what was not judged', () => {
    const { xs, rows } = stackTimeline(TIMELINE, null);
    expect(xs).toEqual([0, 0.5, 1, 1.0005, 3, 3.5, 3.5005]);
    expect(rows[0]!.map((value) => value === null)).toEqual([false, false, false, true, false, false, true]);
  });

  it('shows one label by its own share when asked to', () => {
    expect(stackTimeline(TIMELINE, 'sad').rows).toEqual([[0.2, 0.4, 0.4, null, 0.1, 0.1, null]]);
  });

  it('draws wider bins as the mean of the finer ones, whose shares still add up to 1', () => {
    const coarse = coarsen(TIMELINE, 2);
    expect(coarse.binSeconds).toBe(1);
    expect(coarse.startSeconds).toEqual([0, 3]);
    expect(coarse.series[0]!.values[0]).toBeCloseTo(0.3, 12);
    for (const bin of [0, 1]) expect(coarse.series.reduce((sum, { values }) => sum + values[bin]!, 0)).toBeCloseTo(1, 12);
    expect(coarsen(TIMELINE, 1)).toBe(TIMELINE);
  });

  it('finds the bin of a moment, and none in a gap or outside', () => {
    expect([0, 0.49, 0.5, 0.99, 3.2].map((seconds) => binAt(TIMELINE, seconds))).toEqual([0, 0, 1, 1, 2]);
    expect([-0.1, 1, 2.9, 3.5, 99].map((seconds) => binAt(TIMELINE, seconds))).toEqual([null, null, null, null, null]);
  });
});

describe('the time scale', () => {
  it('maps moments to pixels and back under any zoom', () => {
    const window = { fromSeconds: 30, toSeconds: 90 };
    expect(secondsToPx(60, window, 800)).toBe(400);
    for (const px of [0, 1, 399.5, 800]) expect(secondsToPx(pxToSeconds(px, window, 800), window, 800)).toBeCloseTo(px, 9);
  });

  it('writes minutes and seconds, and carries a rounded-up second into the minute', () => {
    expect(formatTime(75.25)).toBe('1:15');
    expect(formatTime(59.97, 1)).toBe('1:00.0');
    expect(formatTime(3723)).toBe('1:02:03');
    expect(formatStretch(3.2, 67.84)).toBe('0:03.2–1:07.8');
  });
});

describe('figures in words', () => {
  it('never round a present share down to nothing', () => {
    expect([0, 0.001, 0.634, 1].map(formatShare)).toEqual(['0 %', '<1 %', '63 %', '100 %']);
  });

  it('give sizes in decimal units', () => {
    expect([0, 999, 1500, 2_000_000, 2_340_000].map(formatBytes)).toEqual(['0 bytes', '999 bytes', '2 kB', '2 MB', '2.3 MB']);
  });
});
