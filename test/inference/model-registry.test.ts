import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyModel } from '../../src/inference/model-digest.js';
import { parseManifest } from '../../src/inference/model-manifest.js';
import { scanModels } from '../../src/inference/model-registry.js';
import { createEmotionInference } from '../../src/inference/resident-inference.js';
import { clip, installTinyModel } from './tiny-model.js';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'undertone-models-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('the model registry', () => {
  it('finds the models of all folders, later folders over earlier ones, and passes over a folder that is not there', () => {
    const [bundled, own] = [join(root, 'bundled'), join(root, 'own')];
    installTinyModel(bundled, 'a');
    installTinyModel(bundled, 'b');
    installTinyModel(own, 'b', {}, { version: '2' });
    mkdirSync(join(own, 'not-a-model'));
    installTinyModel(own, '.import-c-123');
    const { models, unusable } = scanModels([bundled, own, join(root, 'nowhere')]);
    expect(models.map(({ manifest }) => `${manifest.id} ${manifest.version}`)).toEqual(['a 1', 'b 2']);
    expect(unusable).toEqual([]);
  });

  it('names what differs in bad manifests and still finds the good one', () => {
    installTinyModel(root, 'good');
    installTinyModel(root, 'wrong-rate', {}, { sampleRateHz: 8000 });
    installTinyModel(root, 'wrong-id', {}, { id: 'other' });
    installTinyModel(root, 'escapes', {}, { file: '../good/model.onnx' });
    installTinyModel(root, 'no-graph', {}, { file: 'absent.onnx' });
    mkdirSync(join(root, 'no-json'));
    writeFileSync(join(root, 'no-json', 'manifest.json'), '{"id": ');
    const { models, unusable } = scanModels([root]);
    expect(models.map(({ manifest }) => manifest.id)).toEqual(['good']);
    expect(unusable.map(({ id }) => id)).toEqual(['escapes', 'no-graph', 'no-json', 'wrong-id', 'wrong-rate']);
    expect(unusable.map(({ problem }) => problem.code)).toEqual(Array(5).fill('MODEL_INVALID'));
    const said = unusable.map(({ problem }) => problem.message).join('\n');
    for (const part of ['sampleRateHz: ', 'id is "other" but the folder is "wrong-id"', 'file: must be a plain file name', 'lacks absent.onnx', 'it is not JSON']) {
      expect(said).toContain(part);
    }
  });

  it('lists every difference of a manifest at once, unknown keys among them', () => {
    const manifest = { ...installTinyModel(root, 'tiny'), labels: ['a', 'a'], embeddingDimension: 0, surprise: 1 };
    expect(() => parseManifest(JSON.stringify(manifest), 'tiny')).toThrow(/labels: must not repeat a label.*embeddingDimension: .*surprise/);
  });

  it('refuses a masked label that the model does not have', () => {
    const manifest = { ...installTinyModel(root, 'tiny'), maskedLabels: ['bored'] };
    expect(() => parseManifest(JSON.stringify(manifest), 'tiny')).toThrow(/"bored" is not among labels/);
  });

  it('verifies the digest over the graph and its weight files, and says by how much they differ', async () => {
    const folder = join(root, 'tiny');
    installTinyModel(root, 'tiny');
    const [model] = scanModels([root]).models;
    await expect(verifyModel(model!)).resolves.toBeUndefined();
    appendFileSync(join(folder, 'model.onnx'), 'x');
    await expect(verifyModel(model!)).rejects.toMatchObject({ code: 'MODEL_INVALID', message: expect.stringMatching(/bytes instead of.*SHA-256 .* instead of/) as unknown });
    writeFileSync(join(folder, 'weights.bin'), 'weights');
    const withWeights = { ...model!, manifest: { ...model!.manifest, weightFiles: ['absent.bin'] } };
    await expect(verifyModel(withWeights)).rejects.toMatchObject({ code: 'MODEL_INVALID', message: expect.stringContaining('cannot be read') as unknown });
  });
});

describe('the installed models of the service', () => {
  it('name the installed ids when another one is asked for', () => {
    installTinyModel(root, 'tiny');
    const service = createEmotionInference({ modelDirs: [root] });
    expect(() => service.manifest('large')).toThrow(/No model "large" is installed. Installed: tiny/);
    expect(service.defaultModelId).toBe('tiny');
  });

  it('say what is wrong with a folder that cannot be used when it is asked for', () => {
    installTinyModel(root, 'tiny');
    mkdirSync(join(root, 'broken'));
    writeFileSync(join(root, 'broken', 'manifest.json'), '{"id": "broken"');
    const service = createEmotionInference({ modelDirs: [root] });
    expect(() => service.manifest('broken')).toThrow(/models\/broken\/manifest\.json is not valid: it is not JSON/);
  });

  it('include one that was added later, after a rescan', () => {
    const service = createEmotionInference({ modelDirs: [root] });
    expect(service.manifests()).toEqual([]);
    installTinyModel(root, 'starter');
    service.rescan();
    expect(service.manifests().map(({ id }) => id)).toEqual(['starter']);
  });

  it('must include the default model of the settings', () => {
    expect(() => createEmotionInference({ modelDirs: [root], defaultModelId: 'large' })).toThrow(/The default model is not installed/);
  });
});

describe('the example of a model of one\'s own', () => {
  it('is written by its script and answers clips of different lengths at once, each as alone', async () => {
    execFileSync(process.execPath, ['examples/own-model/make-model.mjs', join(root, 'my-model')], { cwd: join(import.meta.dirname, '../..') });
    const service = createEmotionInference({ modelDirs: [root], run: { provider: 'cpu' } });
    const request = { modelId: 'my-model', priority: 'bulk', deadlineMs: 20_000 } as const;
    try {
      expect(service.problems).toEqual([]);
      const clips = [clip(0.5), clip(1.25, 2)];
      const together = await Promise.all(clips.map((samples) => service.infer(samples, request)));
      expect(together.map(({ frameCount, logits, embedding }) => [frameCount, logits.length, embedding.length])).toEqual([[24, 2, 8], [62, 2, 8]]);
      for (const { frameLogits, frameCount, logits } of together) {
        const means = [0, 1].map((label) => Array.from({ length: frameCount }, (_, t) => frameLogits[t * 2 + label]!).reduce((sum, value) => sum + value) / frameCount);
        for (const [label, mean] of means.entries()) expect(logits[label]).toBeCloseTo(mean, 5);
      }
      expect((await service.infer(clips[1]!, request)).logits).toEqual(together[1]!.logits);
    } finally {
      await service.stop();
    }
  });
});
