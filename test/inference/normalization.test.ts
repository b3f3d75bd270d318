import { describe, expect, it } from 'vitest';
import { writeNormalized } from '../../src/inference/host/normalization.js';

describe('normalisation of a clip', () => {
  it('gives zero mean and unit deviation with the biased variance and 1e-5', () => {
    const samples = Float32Array.of(1, 2, 3, 4);
    const target = new Float32Array(4);
    expect(writeNormalized(samples, 'zscore-f64', target, 0)).toBe(true);
    const deviation = Math.sqrt(1.25 + 1e-5);
    for (const [i, value] of [-1.5, -0.5, 0.5, 1.5].entries()) expect(target[i]).toBeCloseTo(value / deviation, 6);
  });

  it('keeps a quiet clip on a large offset exact, about the mean rounded to float32 as the reference has it', () => {
    const samples = Float32Array.from({ length: 160_000 }, (_, i) => 0.7 + 1e-3 * Math.sin(i * 0.1));
    const target = new Float32Array(samples.length);
    writeNormalized(samples, 'zscore-f64', target, 0);
    let sum = 0;
    for (const sample of samples) sum += sample;
    const mean = Math.fround(sum / samples.length);
    let variance = 0;
    for (const sample of samples) variance += (sample - mean) ** 2 / samples.length;
    const worst = samples.reduce((most, sample, i) => Math.max(most, Math.abs((sample - mean) / Math.sqrt(variance + 1e-5) - target[i]!)), 0);
    expect(worst).toBeLessThan(1e-7);
  });

  it('turns silence into zeros', () => {
    const target = new Float32Array(400).fill(9);
    expect(writeNormalized(new Float32Array(400), 'zscore-f64', target, 0)).toBe(true);
    expect(target.every((value) => value === 0)).toBe(true);
  });

  it('writes at the offset and leaves the padding alone', () => {
    const target = new Float32Array(6);
    writeNormalized(Float32Array.of(0.5, -0.5), 'none', target, 3);
    expect([...target]).toEqual([0, 0, 0, 0.5, -0.5, 0]);
  });

  it.each([NaN, Infinity])('refuses a clip that holds %s', (bad) => {
    expect(writeNormalized(Float32Array.of(0.1, bad, 0.2), 'zscore-f64', new Float32Array(3), 0)).toBe(false);
  });
});
