import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { normalizeClip } from '../../src/inference/host/normalization.js';
import { quantizeColumns } from '../../src/inference/emotion2vec/column-quantization.js';
import { alibiSlopes, frameCountOf, frameHopSamples, receptiveFieldSamples, type ModelConfig } from '../../src/inference/emotion2vec/model-config.js';
import { seededRandom, speechLikeClips } from '../../src/inference/emotion2vec/speech-like-clip.js';
import { fileUrl, PUBLISHED_MODELS } from '../../src/inference/published-models.js';
import { LARGE, modelShapes } from '../../scripts/model-shapes.mjs';
import { inferConfig } from '../../src/inference/emotion2vec/config-inference.js';
import { CLIPS, golden, largestDifference, readNpy, readWave, TINY } from './npy.fixture.js';

describe('ALiBi slopes', () => {
  it('of a power of two are one geometric series', () => {
    expect(alibiSlopes(4)).toEqual([2 ** -2, 2 ** -4, 2 ** -6, 2 ** -8]);
    expect(largestDifference(alibiSlopes(4), readNpy(join(TINY, 'acts_s0_5/00_alibi_slopes.npy')).values)).toBe(0);
  });
  it('of twelve heads are those of eight and every second of sixteen', () => {
    expect(alibiSlopes(12)).toEqual([...[1, 2, 3, 4, 5, 6, 7, 8], ...[0.5, 1.5, 2.5, 3.5]].map((power) => 2 ** -power));
  });
});

describe('the large configuration', () => {
  const config: ModelConfig = inferConfig(new Map(modelShapes(LARGE)));
  it('is inferred from its 185 shapes of 162,140,185 parameters', () => {
    const shapes = modelShapes(LARGE);
    expect(shapes).toHaveLength(185);
    expect(shapes.reduce((sum, [, shape]) => sum + shape.reduce((product, size) => product * size, 1), 0)).toBe(162_140_185);
    expect(config).toMatchObject({ embeddingDimension: 1024, headCount: 16, prenetBlockCount: 4, mainBlockCount: 8, hiddenDimension: 4096, extraTokenCount: 10, classCount: 9 });
    expect(config.positional).toEqual(new Array(5).fill({ kernel: 19, groups: 16 }));
  });
  it('has a hop of 320 samples, a receptive field of 400 and the frames of the fixtures', () => {
    expect([frameHopSamples(config), receptiveFieldSamples(config)]).toEqual([320, 400]);
    for (const name of CLIPS) expect(frameCountOf(config, readWave(name).length), name).toBe(golden(name, 'frames').length / 64);
    expect([0, 399, 400, 719, 720].map((count) => frameCountOf(config, count))).toEqual([0, 0, 1, 1, 2]);
  });
});

describe('normalisation', () => {
  it('gives the reference samples, and zeros for silence', () => {
    expect(largestDifference(normalizeClip(readWave('s0_5')), readNpy(join(TINY, 'acts_s0_5/00_norm_wave.npy')).values)).toBeLessThan(1e-6);
    expect(new Set(normalizeClip(new Float32Array(500)))).toEqual(new Set([0]));
  });
});

describe('int8 columns', () => {
  it('are within half a step of the weights, each with its own step', () => {
    const random = seededRandom(3);
    const weights = Array.from({ length: 70 }, () => Array.from({ length: 130 }, (_, column) => (random() - 0.5) * 10 ** (column % 5)));
    const { values, scales } = quantizeColumns(70, 130, (row, column) => weights[row]![column]!);
    for (const [row, line] of weights.entries()) for (const [column, weight] of line.entries()) expect(Math.abs(values[row * 130 + column]! * scales[column]! - weight)).toBeLessThanOrEqual(scales[column]! * 0.5001);
    expect(Math.max(...values)).toBe(127);
  });
  it('of zeros stay zero', () => {
    expect(quantizeColumns(2, 1, () => 0)).toMatchObject({ values: new Int8Array(2), scales: Float32Array.of(1) });
  });
});

describe('made-up speech', () => {
  it('is the same for the same seed, differs for another, and stays within [−1, 1]', () => {
    const [first] = speechLikeClips({ count: 1, seconds: 1, seed: 5 });
    expect(speechLikeClips({ count: 1, seconds: 1, seed: 5 })[0]).toEqual(first);
    expect(speechLikeClips({ count: 1, seconds: 1, seed: 6 })[0]).not.toEqual(first);
    expect(first!.every((sample) => Math.abs(sample) <= 1)).toBe(true);
    expect(Math.hypot(...first!) / Math.sqrt(16_000)).toBeGreaterThan(0.005);
  });
});

describe('published models', () => {
  it('have addresses at both sources and at mirrors', () => {
    const large = PUBLISHED_MODELS.find(({ id }) => id === 'emotion2vec-plus-large')!;
    expect(fileUrl(large, 'huggingface', 'model.pt')).toBe('https://huggingface.co/emotion2vec/emotion2vec_plus_large/resolve/6c303ba987b86b93193de93e34bb2b077a6bedc4/model.pt');
    expect(fileUrl(large, 'modelscope', 'model.pt')).toBe('https://www.modelscope.cn/models/iic/emotion2vec_plus_large/resolve/master/model.pt');
    expect(fileUrl(large, 'huggingface', 'tokens.txt', 'https://mirror.example/')).toMatch(/^https:\/\/mirror\.example\/emotion2vec\//);
    expect(PUBLISHED_MODELS.map(({ id }) => id)).toEqual(['emotion2vec-plus-large', 'emotion2vec-plus-base', 'emotion2vec-plus-seed']);
  });
});
