import { describe, expect, it } from 'vitest';
import { predict, softmax, takeColumns, visibleColumns, weightedMean } from '../../src/domain/scores.js';

const LABELS = ['angry', 'happy', 'sad'];

describe('softmax', () => {
  it('sums to one and stays finite for logits of any size', () => {
    for (const logits of [[0, 0, 0], [1e30, -1e30, 5], [-800, -801, -802], [700, 710, 0]]) {
      const scores = softmax(logits);
      expect(scores.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
      expect(scores.every((score) => Number.isFinite(score) && score >= 0)).toBe(true);
    }
  });

  it('agrees with exponentials computed by hand', () => {
    const [a, b] = softmax([Math.log(3), 0]);
    expect(a).toBeCloseTo(0.75, 12);
    expect(b).toBeCloseTo(0.25, 12);
  });
});

describe('predict', () => {
  it('names the largest logit and says that an uncalibrated confidence is its plain score', () => {
    const prediction = predict([0, Math.log(3), 0], LABELS, { temperature: null, abstainBelow: 0.4 });
    expect(prediction).toMatchObject({ label: 'happy', calibrated: false, abstained: false });
    expect(prediction.confidence).toBeCloseTo(0.6, 12);
    expect(prediction.scores['angry']).toBeCloseTo(0.2, 12);
  });

  it('softens confidence by the temperature and leaves label and scores as they are', () => {
    const plain = predict([0, 2, 1], LABELS, { temperature: null, abstainBelow: 0 });
    const calibrated = predict([0, 2, 1], LABELS, { temperature: 2, abstainBelow: 0 });
    expect(calibrated.label).toBe(plain.label);
    expect(calibrated.scores).toEqual(plain.scores);
    expect(calibrated.confidence).toBeLessThan(plain.confidence);
    expect(calibrated.calibrated).toBe(true);
  });

  it('abstains just under the threshold and not on it', () => {
    expect(predict([0, 0], ['a', 'b'], { temperature: null, abstainBelow: 0.5 }).abstained).toBe(false);
    expect(predict([0, 0], ['a', 'b'], { temperature: null, abstainBelow: 0.51 }).abstained).toBe(true);
  });

  it('gives the smallest set of labels that holds nine tenths', () => {
    expect(predict([10, 0, 0], LABELS, { temperature: null, abstainBelow: 0 }).predictionSet).toEqual(['angry']);
    expect(predict([1, 1, -9], LABELS, { temperature: null, abstainBelow: 0 }).predictionSet).toEqual(['angry', 'happy']);
  });
});

describe('columns of the head', () => {
  it('leaves out masked labels and keeps the order of the rest', () => {
    const columns = visibleColumns({ labels: ['a', 'unuse_0', 'b'], maskedLabels: ['unuse_0'] });
    expect(columns).toEqual([0, 2]);
    expect([...takeColumns(Float32Array.of(1, 9, 2, 3, 9, 4), 3, columns)]).toEqual([1, 2, 3, 4]);
  });
});

describe('weightedMean', () => {
  it('weighs rows and says null when nothing weighs', () => {
    expect([...weightedMean([[1, 0], [0, 1]], [3, 1])!]).toEqual([0.75, 0.25]);
    expect(weightedMean([[1, 0]], [0])).toBeNull();
    expect(weightedMean([], [])).toBeNull();
  });
});
