import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/domain/bootstrap.js';
import { calibrationVersion, fitScaling, type CalibrationItem } from '../../src/domain/calibration.js';
import { abstentionThreshold, binomialAtMost, binomialUpperBound, conformalThreshold } from '../../src/domain/conformal.js';
import { crossValidate, fitCalibration } from '../../src/domain/fit-calibration.js';
import { calibratedProbabilities, predict, predictOptionsOf, softmax } from '../../src/domain/scores.js';

const LABELS = ['angry', 'happy', 'neutral', 'sad'] as const;

/** Truths drawn from softmax(true logits), shown to the fit with those logits times `sharpness` less `bias`: what the fit must undo is known. */
function drawn(count: number, seed: number, sharpness: number, bias: readonly number[] = [0, 0, 0, 0]): CalibrationItem[] {
  const random = seededRandom(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: count }, (_, i) => {
    const real = LABELS.map(() => 1.5 * normal());
    let rest = random();
    const truth = softmax(real).findIndex((p) => (rest -= p) < 0);
    return { logits: real.map((value, k) => (value - bias[k]!) * sharpness), truth: truth < 0 ? 3 : truth, cluster: `s${i % 200}` };
  });
}

describe('fitScaling', () => {
  it('finds the temperature that the logits were sharpened by', () => {
    expect(fitScaling(drawn(8000, 1, 2.5), 4, false).temperature).toBeCloseTo(2.5, 0);
    expect(fitScaling(drawn(8000, 2, 0.5), 4, false).temperature).toBeCloseTo(0.5, 1);
  });

  it('finds the biases that the logits were given, up to their mean', () => {
    const wanted = [1, -0.5, 0, -0.5];
    const { temperature, bias } = fitScaling(drawn(12_000, 3, 2, wanted), 4, true);
    expect(temperature).toBeCloseTo(2, 0);
    bias.forEach((found, k) => expect(Math.abs(found - wanted[k]!)).toBeLessThan(0.12));
  });

  it('stays finite where the model is never wrong', () => {
    const items = LABELS.map((_, truth) => ({ logits: LABELS.map((__, k) => (k === truth ? 5 : 0)), truth, cluster: 'a' }));
    const { temperature } = fitScaling(items, 4, true);
    expect(temperature).toBeGreaterThan(0);
    expect(Number.isFinite(temperature)).toBe(true);
  });
});

describe('conformal prediction', () => {
  it('takes the rank that the finite sample asks for, and every label where it asks for more than there is', () => {
    const nine = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1];
    expect(conformalThreshold(nine, 0.9)).toBe(0.1);
    expect(conformalThreshold(nine, 0.5)).toBe(0.5);
    expect(conformalThreshold(nine, 0.95)).toBe(0);
  });

  it.each([[0.8, 11], [0.9, 12], [0.95, 13]])('holds the truth on fresh recordings within 2 points of %d', (coverage, seed) => {
    const calibration = fitCalibration(drawn(6000, seed, 2.2), LABELS, { coverage, risk: 0.3, withBias: false });
    const fresh = drawn(8000, seed + 100, 2.2);
    const options = predictOptionsOf(calibration, 0);
    const held = fresh.filter((item) => predict(item.logits, LABELS, options).predictionSet.includes(LABELS[item.truth]!)).length / fresh.length;
    expect(Math.abs(held - coverage)).toBeLessThan(0.02);
  });
});

describe('the abstention threshold', () => {
  it('keeps the share of wrong answers under the wanted risk on fresh recordings', () => {
    const calibration = fitCalibration(drawn(6000, 21, 2), LABELS, { coverage: 0.9, risk: 0.2, withBias: false });
    const options = predictOptionsOf(calibration, 0);
    const answers = drawn(8000, 22, 2).map((item) => ({ item, answer: predict(item.logits, LABELS, options) })).filter(({ answer }) => !answer.abstained);
    expect(answers.length).toBeGreaterThan(1500);
    expect(answers.filter(({ item, answer }) => answer.label !== LABELS[item.truth]).length / answers.length).toBeLessThan(0.2);
  });

  it('is not there where no threshold can promise the risk', () => {
    const coin = Array.from({ length: 400 }, (_, i) => ({ confidence: 0.5 + (i % 50) / 100, isRight: i % 2 === 0 }));
    expect(abstentionThreshold(coin, 0.1)).toBeNull();
    expect(fitCalibration(drawn(60, 23, 1), LABELS, { coverage: 0.9, risk: 0.001, withBias: false }).abstainBelow).toBeUndefined();
  });

  it('rests on a binomial bound that agrees with the exact distribution', () => {
    expect(binomialAtMost(2, 10, 0.5)).toBeCloseTo(56 / 1024, 12);
    expect(binomialAtMost(3000, 6000, 0.5)).toBeCloseTo(0.50515, 4);
    // The rule of three: nothing wrong in 100 bounds the rate at 1 − 0.05^(1/100).
    expect(binomialUpperBound(0, 100, 0.05)).toBeCloseTo(1 - 0.05 ** 0.01, 9);
    expect(binomialUpperBound(10, 10, 0.05)).toBe(1);
  });
});

describe('a calibration', () => {
  it('never changes the label, whatever its biases', () => {
    const options = predictOptionsOf({ temperature: 1, bias: { happy: 9 }, setThreshold: 0.4 }, 0.3);
    const prediction = predict([2, 1, 0, 0], LABELS, options);
    expect(prediction.label).toBe('angry');
    expect(prediction.predictionSet).toEqual(['happy']);
    expect(prediction.abstained).toBe(true);
    expect(prediction.confidence).toBeCloseTo(calibratedProbabilities([2, 1, 0, 0], LABELS, { temperature: 1, bias: { happy: 9 } })[0]!, 12);
  });

  it('has sets that are never empty', () => {
    expect(predict([0, 0.1, 0, 0], LABELS, predictOptionsOf({ temperature: 1, setThreshold: 0.9 }, 0)).predictionSet).toEqual(['happy']);
  });

  it('has a version that follows what decides a result and nothing else', () => {
    const version = calibrationVersion({ temperature: 2, bias: { a: 1, b: 2 } });
    expect(calibrationVersion({ temperature: 2, bias: { b: 2, a: 1 }, itemCount: 7 })).toBe(version);
    expect(calibrationVersion({ temperature: 2.1, bias: { a: 1, b: 2 } })).not.toBe(version);
    expect(calibrationVersion({ temperature: 2, bias: { a: 1, b: 2 }, setThreshold: 0.2 })).not.toBe(version);
    expect(calibrationVersion({ temperature: 2, bias: { a: 1, b: 2 }, unfamiliarBelow: 0.2 })).not.toBe(version);
  });

  it('promises nothing of speech unlike what it was fitted on: the plain score, and no answer', () => {
    const calibration = { temperature: 0.2, setThreshold: 0.9, abstainBelow: 0.1 };
    expect(predict([3, 1, 0, 0], LABELS, predictOptionsOf(calibration, 0.4))).toMatchObject({ calibrated: true, abstained: false });
    const far = predict([3, 1, 0, 0], LABELS, predictOptionsOf(calibration, 0.4, false));
    expect(far).toMatchObject({ label: 'angry', calibrated: false, abstained: true });
    expect(far.confidence).toBe(softmax([3, 1, 0, 0])[0]);
    expect(far.predictionSet).toEqual(['angry', 'happy']);
  });

  it('is looked at with speakers that it was not fitted on: sharp logits come out calibrated, covered and within the risk', () => {
    const figures = crossValidate(drawn(3000, 31, 3), LABELS, { coverage: 0.9, risk: 0.25, withBias: false });
    expect(figures).toMatchObject({ itemCount: 3000, speakerCount: 200 });
    expect(figures.expectedCalibrationError).toBeLessThan(0.04);
    expect(figures.plainExpectedCalibrationError).toBeGreaterThan(0.15);
    expect(Math.abs(figures.coverage - 0.9)).toBeLessThan(0.02);
    expect(figures.selectiveRisk!).toBeLessThan(0.25);
  });
});
