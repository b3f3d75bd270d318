import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelState } from '../../src/domain/model.js';
import { codeOf, InferenceBench, REQUEST, until, worstDifference } from './inference-bench.js';
import { clip, DIMENSION, expectedAnswer, installTinyModel, LABELS } from './tiny-model.js';

let bench: InferenceBench;
beforeEach(() => {
  bench = new InferenceBench();
  installTinyModel(bench.dir, 'tiny');
});
afterEach(() => bench.close());

const BATCHES = { cpuBatch: { maxItems: 8, maxSamples: 10_000_000, maxPadding: 0.5 } };

describe('resident inference', () => {
  it('answers what the model says of the normalised clip', async () => {
    const samples = clip(1.7);
    const answer = await bench.service().infer(samples, { ...REQUEST, wantFrameFeatures: true });
    const expected = expectedAnswer(samples);
    expect(answer.frameCount).toBe(expected.frameCount);
    expect(worstDifference(answer.embedding, expected.embedding)).toBeLessThan(1e-5);
    expect(worstDifference(answer.logits, expected.logits)).toBeLessThan(1e-5);
    expect(answer.frameLogits).toHaveLength(expected.frameCount * LABELS.length);
    expect(answer.frameFeatures).toHaveLength(expected.frameCount * DIMENSION);
  });

  it('gives logits that are the mean of the frame logits', async () => {
    const { frameLogits, frameCount, logits } = await bench.service().infer(clip(2.3), REQUEST);
    const mean = LABELS.map((_, label) => Array.from({ length: frameCount }, (__, t) => frameLogits[t * LABELS.length + label]!).reduce((a, b) => a + b) / frameCount);
    expect(worstDifference(logits, mean)).toBeLessThan(1e-6);
  });

  it('passes on how familiar a clip is, from models that know it', async () => {
    installTinyModel(bench.dir, 'knowing', { familiar: true });
    const service = bench.service(BATCHES);
    const clips = [clip(1.1, 1), clip(0.6, 2), clip(1, 3)];
    const answers = await Promise.all(clips.map((samples) => service.infer(samples, { ...REQUEST, modelId: 'knowing' })));
    for (const { familiarity, embedding } of answers) expect(familiarity).toBe(embedding[0]);
    expect((await service.infer(clips[0]!, REQUEST)).familiarity).toBeUndefined();
  });

  it('leaves frame features out unless they are asked for, also beside one who asks', async () => {
    const service = bench.service(BATCHES);
    await service.load('tiny');
    const [, without, withThem] = await Promise.all([1, 2, 3].map((seed) => service.infer(clip(1, seed), { ...REQUEST, wantFrameFeatures: seed === 3 })));
    expect(without!.frameFeatures).toBeUndefined();
    expect(withThem!.frameFeatures).toHaveLength(withThem!.frameCount * DIMENSION);
  });

  it('answers clips of different lengths in one batch exactly as each alone', async () => {
    const service = bench.service(BATCHES);
    const clips = [1, 0.97, 1.31, 0.7, 1.13, 0.025, 0.9].map((seconds, i) => clip(seconds, i + 1));
    const alone = [];
    for (const samples of clips) alone.push(await service.infer(samples, { ...REQUEST, wantFrameFeatures: true }));
    const largestBatch = { size: 0 };
    service.onStateChanged((_, state) => {
      if (state.kind === 'busy') largestBatch.size = Math.max(largestBatch.size, state.runningCount);
    });
    const together = await Promise.all(clips.map((samples) => service.infer(samples, { ...REQUEST, wantFrameFeatures: true })));
    expect(largestBatch.size).toBeGreaterThanOrEqual(5);
    for (const [i, answer] of together.entries()) {
      expect(answer.frameCount).toBe(alone[i]!.frameCount);
      for (const part of ['logits', 'embedding', 'frameLogits', 'frameFeatures'] as const) {
        expect(worstDifference(answer[part]!, alone[i]![part]!)).toBeLessThanOrEqual(1e-6);
      }
    }
  });

  it('answers 200 concurrent short requests, each with its own result', async () => {
    const service = bench.service();
    const clips = Array.from({ length: 200 }, (_, i) => clip(0.05 + (i % 17) * 0.03, 1 + i * 0.1));
    const answers = await Promise.all(clips.map((samples, i) => service.infer(samples, { ...REQUEST, priority: i % 2 === 0 ? 'bulk' : 'interactive' })));
    const worst = Math.max(...answers.map((answer, i) => worstDifference(answer.logits, expectedAnswer(clips[i]!).logits)));
    expect(worst).toBeLessThan(1e-5);
    expect(service.status('tiny').queueLength).toBe(0);
  });

  it('answers on two hosts at once', async () => {
    const service = bench.service({ hostCount: 2, cpuBatch: { maxItems: 1, maxSamples: Infinity, maxPadding: 0 } });
    await service.load('tiny');
    const running: number[] = [];
    service.onStateChanged((_, state) => {
      if (state.kind === 'busy') running.push(state.runningCount);
    });
    const clips = Array.from({ length: 12 }, (_, i) => clip(1 + i, i + 1));
    const answers = await Promise.all(clips.map((samples) => service.infer(samples, REQUEST)));
    expect(Math.max(...running)).toBe(2);
    for (const [i, answer] of answers.entries()) expect(worstDifference(answer.logits, expectedAnswer(clips[i]!).logits)).toBeLessThan(1e-5);
  });

  it('runs a graph whose batch is fixed one clip at a time', async () => {
    installTinyModel(bench.dir, 'single', { fixedBatch: true });
    const service = bench.service(BATCHES);
    const clips = [1, 2, 3].map((seed) => clip(1, seed));
    const answers = await Promise.all(clips.map((samples) => service.infer(samples, { ...REQUEST, modelId: 'single' })));
    for (const [i, answer] of answers.entries()) expect(worstDifference(answer.logits, expectedAnswer(clips[i]!).logits)).toBeLessThan(1e-5);
  });

  it('refuses a clip shorter than the model takes, an unknown model, and values that are not finite beside good clips', async () => {
    const service = bench.service(BATCHES);
    expect(await codeOf(service.infer(new Float32Array(399), REQUEST))).toBe('AUDIO_TOO_SHORT');
    expect(await codeOf(service.infer(clip(1), { ...REQUEST, modelId: 'large' }))).toBe('MODEL_UNKNOWN');
    await service.load('tiny');
    const bad = clip(1);
    bad[7] = NaN;
    const [first, refused, beside] = await Promise.all([1, 2, 3].map((seed) => codeOf(service.infer(seed === 2 ? bad : clip(1, seed), REQUEST))));
    expect([first, refused, beside]).toEqual(['it succeeded', 'BAD_INPUT', 'it succeeded']);
  });

  it('answers the clips beside one on which the model throws, and keeps the host', async () => {
    installTinyModel(bench.dir, 'brittle', { brittle: true });
    const service = bench.service({ cpuBatch: { maxItems: 8, maxSamples: 10_000_000, maxPadding: 1 } });
    const before = (await service.load('brittle')).state;
    const codes = await Promise.all([1, 21, 2, 3].map((seconds) => codeOf(service.infer(clip(seconds), { ...REQUEST, modelId: 'brittle' }))));
    expect(codes).toEqual(['it succeeded', 'INFERENCE_CRASHED', 'it succeeded', 'it succeeded']);
    await until('the host is ready again', () => service.status('brittle').state.kind === 'ready');
    expect(service.status('brittle').state).toEqual(before);
  });

  it('is not disturbed by a listener that throws', async () => {
    const service = bench.service();
    service.onStateChanged(() => {
      throw new Error('a broken listener');
    });
    expect((await service.infer(clip(0.5), REQUEST)).frameCount).toBe(24);
  });

  it('says where it stands: state, memory, provider, default', async () => {
    const service = bench.service();
    const states: ModelState['kind'][] = [];
    service.onStateChanged((modelId, state) => states.push(`${modelId === 'tiny' ? '' : '?'}${state.kind}` as ModelState['kind']));
    expect(service.status('tiny')).toMatchObject({ state: { kind: 'unloaded', reason: 'never-loaded' }, memoryBytes: null, isDefault: true });
    const loaded = await service.load('tiny');
    expect(loaded.provider).toBe('cpu');
    expect(loaded.providerFallback).toBeNull();
    expect(loaded.memoryBytes).toBeGreaterThan(20 * 2 ** 20);
    expect(loaded.state.kind).toBe('ready');
    await service.infer(clip(1), REQUEST);
    expect(states).toEqual(['loading', 'ready', 'busy', 'ready']);
  });

  it('falls back to the CPU, visibly, when the wanted provider is not there', async () => {
    const service = bench.service({ provider: 'cuda' });
    const status = await service.load('tiny');
    const answer = await service.infer(clip(1), REQUEST);
    expect(worstDifference(answer.logits, expectedAnswer(clip(1)).logits)).toBeLessThan(1e-2);
    if (status.provider === 'cpu') expect(status.providerFallback).toMatch(/^cuda: .+/);
    else expect(status.providerFallback).toBeNull();
  });
});
