import { describe, expect, it } from 'vitest';
import { compareScores, compareTimelines } from '../../src/domain/analysis-comparison.js';
import type { Timeline } from '../../src/domain/timeline.js';

function timeline(labels: readonly string[], bins: Readonly<Record<number, readonly number[]>>): Timeline {
  const startSeconds = Object.keys(bins).map(Number);
  return { binSeconds: 0.5, labels, startSeconds, values: labels.map((_, i) => startSeconds.map((start) => bins[start]![i]!)) };
}

describe('two timelines', () => {
  it('agree on the share of common bins with the same highest label, whatever the order of their labels', () => {
    const a = timeline(['angry', 'sad'], { 0: [0.9, 0.1], 1: [0.2, 0.8], 2: [0.6, 0.4] });
    const b = timeline(['sad', 'angry', 'other'], { 0: [0.1, 0.8, 0.1], 1: [0.1, 0.2, 0.7], 3: [1, 0, 0] });
    expect(compareTimelines(a, b)).toEqual({ agreement: 0.5, startSeconds: [0, 1], labelsA: ['angry', 'sad'], labelsB: ['angry', 'other'] });
  });

  it('without a common bin agree on nothing, which is not zero', () => {
    expect(compareTimelines(timeline(['a'], { 0: [1] }), timeline(['a'], { 1: [1] }))).toMatchObject({ agreement: null, startSeconds: [] });
  });
});

describe('two summaries', () => {
  it('show every label of either, and a difference only where both have it', () => {
    expect(compareScores({ angry: 0.25, sad: 0.75 }, { sad: 0.5, other: 0.5 })).toEqual([
      { label: 'angry', scoreA: 0.25, scoreB: null, difference: null },
      { label: 'sad', scoreA: 0.75, scoreB: 0.5, difference: -0.25 },
      { label: 'other', scoreA: null, scoreB: 0.5, difference: null },
    ]);
  });
});
