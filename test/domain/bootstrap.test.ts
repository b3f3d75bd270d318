import { describe, expect, it } from 'vitest';
import { bootstrapIntervals, quantile, seededRandom } from '../../src/domain/bootstrap.js';
import { metricsOfItems } from '../../src/domain/metrics.js';
import type { ScoredItem } from '../../src/domain/metrics.tally.js';

const LABELS = ['a', 'b', 'c'];

/** Speakers differ in how well they are heard, as they do in life: the reason for drawing whole speakers. */
function corpus(speakerCount: number, perSpeaker: number, seed: number): { items: ScoredItem[]; speakers: string[] } {
  const random = seededRandom(seed);
  const items: ScoredItem[] = [];
  const speakers: string[] = [];
  for (let s = 0; s < speakerCount; s++) {
    const hitRate = 0.3 + 0.6 * random();
    for (let i = 0; i < perSpeaker; i++) {
      const truth = Math.floor(random() * 3);
      const predicted = random() < hitRate ? truth : (truth + 1) % 3;
      const confidence = 0.4 + 0.6 * random();
      items.push({ truth, predicted, confidence, scores: LABELS.map((_, k) => (k === predicted ? confidence : (1 - confidence) / 2)) });
      speakers.push(`speaker ${s}`);
    }
  }
  return { items, speakers };
}

describe('bootstrap intervals', () => {
  it('contain the figure itself and are the same for the same seed', () => {
    const { items, speakers } = corpus(12, 30, 1);
    const first = bootstrapIntervals(items, speakers, LABELS, { resamples: 500, seed: 7 });
    const metrics = metricsOfItems(items, LABELS);
    expect(first.unweightedAccuracy.low).toBeLessThan(metrics.unweightedAccuracy);
    expect(first.unweightedAccuracy.high).toBeGreaterThan(metrics.unweightedAccuracy);
    expect(first.clusterCount).toBe(12);
    expect(bootstrapIntervals(items, speakers, LABELS, { resamples: 500, seed: 7 })).toEqual(first);
    expect(bootstrapIntervals(items, speakers, LABELS, { resamples: 500, seed: 8 }).unweightedAccuracy).not.toEqual(first.unweightedAccuracy);
  });

  it('are wider by speaker than by clip when speakers differ', () => {
    const { items, speakers } = corpus(10, 60, 2);
    const bySpeaker = bootstrapIntervals(items, speakers, LABELS, { resamples: 1000 }).weightedAccuracy;
    const byClip = bootstrapIntervals(items, items.map((_, i) => String(i)), LABELS, { resamples: 1000 }).weightedAccuracy;
    expect(bySpeaker.high - bySpeaker.low).toBeGreaterThan(1.5 * (byClip.high - byClip.low));
  });

  it('by clip have the width that the binomial distribution gives', () => {
    const { items } = corpus(1, 400, 3);
    const { weightedAccuracy } = metricsOfItems(items, LABELS);
    const interval = bootstrapIntervals(items, items.map((_, i) => String(i)), LABELS, { resamples: 4000 }).weightedAccuracy;
    const expectedWidth = 2 * 1.96 * Math.sqrt((weightedAccuracy * (1 - weightedAccuracy)) / items.length);
    expect(Math.abs((interval.high - interval.low) / expectedWidth - 1)).toBeLessThan(0.1);
  });

  it('of a single speaker are a point, because nothing else can be drawn', () => {
    const { items, speakers } = corpus(1, 50, 4);
    const { weightedAccuracy } = bootstrapIntervals(items, speakers, LABELS, { resamples: 100 });
    expect(weightedAccuracy.low).toBe(weightedAccuracy.high);
  });
});

describe('quantile', () => {
  it('interpolates as numpy does', () => {
    expect(quantile([1, 2, 3, 4], 0.025)).toBeCloseTo(1.075, 12);
    expect(quantile([1, 2, 3, 4], 1)).toBe(4);
    expect(quantile([], 0.5)).toBe(0);
  });
});

describe('seeded random', () => {
  it('is uniform in [0, 1)', () => {
    const random = seededRandom(1);
    const values = Array.from({ length: 20_000 }, random);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(0.5, 1);
  });
});
