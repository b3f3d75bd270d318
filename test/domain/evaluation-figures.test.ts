import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bootstrapIntervals, seededRandom } from '../../src/domain/bootstrap.js';
import { coverageIntervals } from '../../src/domain/coverage-intervals.js';
import type { EvaluatedItem } from '../../src/domain/evaluated-item.js';
import { slicesOf } from '../../src/domain/evaluation-slices.js';
import type { ScoredItem } from '../../src/domain/metrics.tally.js';
import { mcNemarExact, pairedComparison } from '../../src/domain/paired-comparison.js';
import { parseVotes, softLabelMetrics } from '../../src/domain/soft-labels.js';

interface Soft {
  cases: { votes: number[][]; scores: number[][]; expected: Record<'crossEntropy' | 'divergence' | 'jensenShannon' | 'brier', number> }[];
  mcNemar: { onlyA: number; onlyB: number; pValue: number }[];
}
const soft = JSON.parse(readFileSync(new URL('../fixtures/metrics/soft.json', import.meta.url), 'utf8')) as Soft;

const scored = (truth: number, predicted: number, confidence = 0.8): ScoredItem => ({ truth, predicted, confidence, scores: [0, 1, 2].map((k) => (k === predicted ? confidence : (1 - confidence) / 2)) });

describe('figures against votes', () => {
  it.each(['crossEntropy', 'divergence', 'jensenShannon', 'brier'] as const)('have the %s of scikit-learn and SciPy in 60 random cases', (name) => {
    expect(soft.cases).toHaveLength(60);
    for (const { votes, scores, expected } of soft.cases) {
      const figures = softLabelMetrics(votes.map((counts, i) => ({ votes: counts, scores: scores[i]!, predicted: 0 })), votes.map((_, i) => `${i}`), { resamples: 10 })!;
      expect(Math.abs(figures[name].value - expected[name])).toBeLessThan(1e-9);
    }
  });

  it('say what share of the votes the answer got, and what share it could get', () => {
    const figures = softLabelMetrics([{ votes: [3, 1, 0], scores: [0.5, 0.3, 0.2], predicted: 0 }, { votes: [1, 3, 0], scores: [0.5, 0.3, 0.2], predicted: 0 }], ['a', 'b'], { resamples: 200 })!;
    expect(figures.voteShare).toEqual({ value: 0.5, interval: { low: 0.25, high: 0.75 } });
    expect(figures.listenerAgreement.value).toBe(0.75);
    expect(softLabelMetrics([], [])).toBeNull();
  });

  it('read votes as they are written, and refuse what is no vote', () => {
    expect(parseVotes(' angry:3; sad: 1 |sad:2')).toEqual({ angry: 3, sad: 3 });
    expect([parseVotes(''), parseVotes('sad:0')]).toEqual([null, null]);
    for (const bad of ['angry', 'angry:', ':3', 'angry:-1', 'angry:x']) expect(() => parseVotes(bad)).toThrow('label:count');
  });
});

describe('a comparison in pairs', () => {
  it("has the p value of SciPy's exact test", () => {
    for (const { onlyA, onlyB, pValue } of soft.mcNemar) expect(Math.abs(mcNemarExact(onlyA, onlyB) - pValue)).toBeLessThan(1e-9);
  });

  it('counts who was right where, and gives the difference with an interval that is narrower than for unpaired runs', () => {
    const random = seededRandom(5);
    const truths = Array.from({ length: 300 }, (_, i) => i % 3);
    const a = truths.map((truth) => scored(truth, random() < 0.6 ? truth : (truth + 1) % 3));
    // The second is right wherever the first is, and at a tenth of the rest.
    const b = a.map((item, i) => (item.predicted === item.truth || i % 10 === 0 ? scored(item.truth, item.truth) : item));
    const clusters = truths.map((_, i) => `s${i % 30}`);
    const result = pairedComparison(a, b, clusters, ['x', 'y', 'z'], { resamples: 500 });
    expect(result.onlyARight).toBe(0);
    expect(result.bothRight + result.onlyBRight + result.bothWrong).toBe(300);
    expect(result.weightedAccuracy.difference).toBeCloseTo(result.onlyBRight / 300, 12);
    expect(result.pValue).toBeLessThan(0.01);
    expect(result.weightedAccuracy.interval.low).toBeGreaterThanOrEqual(0);
    const [own, other] = [a, b].map((items) => bootstrapIntervals(items, clusters, ['x', 'y', 'z'], { resamples: 500 }).weightedAccuracy);
    const { low, high } = result.weightedAccuracy.interval;
    expect(high - low).toBeLessThan(Math.hypot(own!.high - own!.low, other!.high - other!.low));
  });

  it('finds no difference between a run and itself', () => {
    const a = [scored(0, 0), scored(1, 2), scored(2, 2)];
    expect(pairedComparison(a, a, ['a', 'b', 'c'], ['x', 'y', 'z'], { resamples: 100 })).toMatchObject({ pValue: 1, unweightedAccuracy: { difference: 0, interval: { low: 0, high: 0 } } });
  });
});

describe('coverage with intervals', () => {
  it('follows the most confident share, and leaves out what was never judged', () => {
    const items = Array.from({ length: 10 }, (_, i) => (i === 9 ? { truth: 0, predicted: -1, confidence: 0, scores: [] } : scored(0, i < 5 ? 0 : 1, 0.95 - i / 20)));
    const points = coverageIntervals(items, items.map((_, i) => `${i}`), { resamples: 200 });
    expect(points.map(({ coverage }) => coverage)).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
    expect(points.map(({ accuracy }) => accuracy).slice(0, 6)).toEqual([1, 1, 1, 1, 1, 5 / 6]);
    expect(points[8]!.interval.low).toBeLessThan(5 / 9);
  });
});

describe('slices', () => {
  const item = (changes: Partial<EvaluatedItem['item']>, durationSeconds: number, snrDb: number | null): EvaluatedItem => ({
    item: { line: 1, path: 'p', label: 'x', speaker: null, split: null, language: null, gender: null, channel: null, quality: null, votes: null, columns: {}, ...changes },
    sha256: null, durationSeconds, answer: null, gate: null, calibrationVersion: null, problem: null, conditions: { snrDb, effectiveBandwidthHz: 3400, integratedLoudnessLufs: -40 },
  });

  it('cut by what was said and by what was measured, in the order of the bands', () => {
    const slices = slicesOf([item({ language: 'de' }, 12, 5), item({ language: 'en', gender: 'female' }, 0.5, null), item({ language: 'de' }, 1, 20)]);
    expect(slices.map(({ dimension, value, items }) => `${dimension} ${value} ${items.length}`)).toEqual([
      'language de 2', 'language en 1', 'gender female 1', 'duration under 1 s 1', 'duration 1 to 3 s 1', 'duration 10 s and more 1',
      'snr under 10 dB 1', 'snr 20 dB and more 1', 'bandwidth under 4.2 kHz (telephone) 3', 'loudness under −33 LUFS 3',
    ]);
  });
});
