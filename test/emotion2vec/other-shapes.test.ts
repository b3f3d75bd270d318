import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelSize } from '../../scripts/model-shapes.mjs';
import { normalizeClip } from '../../src/inference/host/normalization.js';
import { GraphSession } from '../../src/inference/emotion2vec/graph-session.js';
import { importCheckpoint, type ImportedModel } from '../../src/inference/emotion2vec/import-checkpoint.js';
import { speechLikeClips } from '../../src/inference/emotion2vec/speech-like-clip.js';
import { largestDifference } from './npy.fixture.js';
import { plainForward, weightsOf } from './plain-model.fixture.js';
import { LEAST_SIZE, ODD_SIZE, storedAs, writeModel } from './small-model.fixture.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'undertone-shapes-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const EIGHT_HEADS: ModelSize = { ...LEAST_SIZE, channels: ODD_SIZE.channels, width: 32, heads: 8, prenet: 2, main: 1, extraTokens: 1, classes: 4, positional: [{ kernel: 19, groups: 16 }, { kernel: 1, groups: 1 }] };
const tokens = (count: number): string => Array.from({ length: count }, (_, index) => `label${index}`).join('\n');

async function imported(id: string, size: ModelSize, precision: 'f32' | 'int8'): Promise<ImportedModel> {
  await writeModel(join(folder, `${id}.pt`), size);
  await writeFile(join(folder, `${id}.txt`), tokens(size.classes));
  return importCheckpoint({ id, checkpointPath: join(folder, `${id}.pt`), tokensPath: join(folder, `${id}.txt`), modelsDir: join(folder, 'models'), precision });
}

describe.each([['odd', ODD_SIZE], ['least', LEAST_SIZE], ['eight', EIGHT_HEADS]] as const)('a model of the %s shape', (name, size) => {
  const clips = [0.9, 0.4, 0.07].map((seconds, seed) => speechLikeClips({ count: 1, seconds, seed })[0]!);

  it('gives in float32 what a plain float64 forward pass gives, alone and in a batch', async () => {
    const model = await imported(`${name}-f32`, size, 'f32');
    const weights = weightsOf(size);
    const session = await GraphSession.open(join(model.folder, model.manifest.file), 1);
    const batch = await session.infer(clips);
    for (const [index, clip] of clips.entries()) {
      const expected = plainForward(size, weights, normalizeClip(clip));
      const [alone] = await session.infer([clip]);
      for (const actual of [alone!, batch[index]!]) {
        expect(largestDifference(actual.frameFeatures, expected.features.flat())).toBeLessThan(1e-5);
        expect(largestDifference(actual.logits, expected.logits)).toBeLessThan(1e-5);
      }
    }
    await session.close();
  });

  it('is described by its manifest', async () => {
    const { manifest, config } = await imported(`${name}-manifest`, size, 'f32');
    expect(manifest.embeddingDimension).toBe(size.width);
    expect(manifest.labels).toHaveLength(size.classes);
    expect(config).toMatchObject({ headCount: size.heads, prenetBlockCount: size.prenet, mainBlockCount: size.main, hiddenDimension: size.hidden, extraTokenCount: size.extraTokens, positional: size.positional });
    expect(config.convolutions.map(({ kernel }) => kernel)).toEqual(size.kernels);
    expect(manifest.frameHopSamples).toBe(320);
    const session = await GraphSession.open(join(folder, 'models', manifest.id, manifest.file), 1);
    const samples = (count: number): Float32Array => speechLikeClips({ count: 1, seconds: 1 })[0]!.slice(0, count);
    const counts = await session.infer([samples(manifest.minSamples), samples(manifest.minSamples + 319), samples(manifest.minSamples + 320)]);
    expect(counts.map(({ frameCount }) => frameCount)).toEqual([1, 1, 2]);
    await session.close();
  });

  it('keeps the direction of its features in int8', async () => {
    const model = await imported(`${name}-int8`, size, 'int8');
    const session = await GraphSession.open(join(model.folder, model.manifest.file), 1);
    const weights = weightsOf(size);
    for (const clip of clips) {
      const [actual] = await session.infer([clip]);
      const expected = plainForward(size, weights, normalizeClip(clip)).features.flat();
      const dot = expected.reduce((sum, value, index) => sum + value * actual!.frameFeatures[index]!, 0);
      const length = (values: ArrayLike<number>): number => Math.hypot(...Array.from(values));
      expect(dot / length(expected) / length(actual!.frameFeatures)).toBeGreaterThan(0.985);
    }
    expect(model.manifest.quantization!.embeddingCosine).toBeGreaterThan(0.98);
    await session.close();
  });
});

describe('weights in other number formats', () => {
  it.each([['f64', 1e-6], ['bf16', 0.3], ['f16', 0.05]] as const)('import from %s and give what float32 gives to that precision', async (type, tolerance) => {
    await writeModel(join(folder, `${type}.pt`), LEAST_SIZE, (tensors) => tensors.map((tensor) => storedAs(tensor, type)));
    await writeFile(join(folder, 'five.txt'), tokens(5));
    const model = await importCheckpoint({ id: type, checkpointPath: join(folder, `${type}.pt`), tokensPath: join(folder, 'five.txt'), modelsDir: join(folder, 'models'), precision: 'f32' });
    expect(model.weightsInPlace).toBe(false);
    const [clip] = speechLikeClips({ count: 1, seconds: 0.5 });
    const session = await GraphSession.open(join(model.folder, model.manifest.file), 1);
    const [actual] = await session.infer([clip!]);
    const expected = plainForward(LEAST_SIZE, weightsOf(LEAST_SIZE), normalizeClip(clip!));
    expect(largestDifference(actual!.logits, expected.logits)).toBeLessThan(tolerance);
    await session.close();
  });
});
