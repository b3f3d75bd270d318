import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { confusionRows, coverageCurve, metricsOfItems, metricsOfTally, reliabilityBins, tallyOf } from '../../src/domain/metrics.js';
import type { ScoredItem } from '../../src/domain/metrics.tally.js';

interface Case {
  truth: number[];
  predicted: number[];
  scores: number[][];
  expected: {
    weightedAccuracy: number; unweightedAccuracy: number; macroF1: number; weightedF1: number; precision: number[]; recall: number[]; f1: number[]; support: number[];
    confusion: number[][]; brier: number; negativeLogLikelihood: number; expectedCalibrationError: number; reliabilityAccuracy: number[]; reliabilityConfidence: number[];
  };
}
const fixture = JSON.parse(readFileSync(new URL('../fixtures/metrics/metrics.json', import.meta.url), 'utf8')) as { madeWith: string; bins: number; cases: Case[] };

function itemsOf(each: Case): ScoredItem[] {
  return each.truth.map((truth, i) => ({ truth, predicted: each.predicted[i]!, confidence: Math.max(...each.scores[i]!), scores: each.scores[i]! }));
}
const labelsOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `label ${i}`);

describe('metrics against scikit-learn on 200 random cases', () => {
  it('has 200 cases, among them some with classes that never occur and some that are never answered', () => {
    expect(fixture.cases).toHaveLength(200);
    expect(fixture.cases.some((each) => each.expected.support.includes(0))).toBe(true);
    expect(fixture.cases.some((each) => each.expected.precision.some((value, k) => value === 0 && each.expected.support[k]! > 0))).toBe(true);
  });

  it.each(['weightedAccuracy', 'unweightedAccuracy', 'macroF1', 'weightedF1', 'brier', 'negativeLogLikelihood', 'expectedCalibrationError'] as const)('%s agrees to 1e-9', (name) => {
    for (const each of fixture.cases) {
      const metrics = metricsOfItems(itemsOf(each), labelsOf(each.scores[0]!.length));
      expect(Math.abs(metrics[name]! - each.expected[name])).toBeLessThan(1e-9);
    }
  });

  it('precision, recall, F1 and support of every class agree', () => {
    for (const each of fixture.cases) {
      const { perClass } = metricsOfItems(itemsOf(each), labelsOf(each.scores[0]!.length));
      perClass.forEach((found, k) => {
        expect(found.support).toBe(each.expected.support[k]);
        expect(found.precision).toBeCloseTo(each.expected.precision[k]!, 10);
        expect(found.recall).toBeCloseTo(each.expected.recall[k]!, 10);
        expect(found.f1).toBeCloseTo(each.expected.f1[k]!, 10);
      });
    }
  });

  it('confusion matrices and reliability curves agree', () => {
    for (const each of fixture.cases) {
      const tally = tallyOf(itemsOf(each), each.scores[0]!.length);
      expect(confusionRows(tally).map((row) => row.slice(0, -1))).toEqual(each.expected.confusion);
      const filled = reliabilityBins(tally).filter((bin) => bin.count > 0);
      expect(filled).toHaveLength(each.expected.reliabilityAccuracy.length);
      filled.forEach((bin, i) => {
        expect(bin.accuracy).toBeCloseTo(each.expected.reliabilityAccuracy[i]!, 9);
        expect(bin.meanConfidence).toBeCloseTo(each.expected.reliabilityConfidence[i]!, 9);
      });
    }
  });
});

describe('items that were not judged', () => {
  const judged: ScoredItem = { truth: 0, predicted: 0, confidence: 0.8, scores: [0.8, 0.2] };
  const refused: ScoredItem = { truth: 1, predicted: -1, confidence: 0, scores: [] };

  it('count as wrong in accuracy and recall, stand in a column of their own and leave calibration alone', () => {
    const tally = tallyOf([judged, refused], 2);
    const metrics = metricsOfTally(tally, ['a', 'b']);
    expect(metrics.weightedAccuracy).toBe(0.5);
    expect(metrics.unweightedAccuracy).toBe(0.5);
    expect(metrics.notJudgedCount).toBe(1);
    expect(metrics.brier).toBeCloseTo(0.08, 12);
    expect(confusionRows(tally)).toEqual([[1, 0, 0], [0, 0, 1]]);
  });

  it('alone give no calibration figures rather than zero', () => {
    const metrics = metricsOfItems([refused], ['a', 'b']);
    expect(metrics.expectedCalibrationError).toBeNull();
    expect(metrics.brier).toBeNull();
    expect(metrics.negativeLogLikelihood).toBeNull();
  });
});

describe('coverage curve', () => {
  it('takes items of equal confidence together and ends at the share that was judged', () => {
    const item = (confidence: number, isRight: boolean): ScoredItem => ({ truth: 0, predicted: isRight ? 0 : 1, confidence, scores: [0.5, 0.5] });
    const curve = coverageCurve([item(0.9, true), item(0.6, false), item(0.6, true), item(0.3, false), { truth: 0, predicted: -1, confidence: 0, scores: [] }]);
    expect(curve).toEqual([
      { coverage: 0.2, accuracy: 1, threshold: 0.9 },
      { coverage: 0.6, accuracy: 2 / 3, threshold: 0.6 },
      { coverage: 0.8, accuracy: 0.5, threshold: 0.3 },
    ]);
  });
});
