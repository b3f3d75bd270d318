import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphSession } from '../../src/inference/emotion2vec/graph-session.js';
import { importCheckpoint, type ImportedModel } from '../../src/inference/emotion2vec/import-checkpoint.js';
import { CLIPS, FIXTURES, golden, largestDifference, readWave, TINY } from './npy.fixture.js';

const TOLERANCE = 5e-6;

let modelsDir: string;
beforeAll(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), 'undertone-golden-'));
});
afterAll(() => rm(modelsDir, { recursive: true, force: true }));

function softmax(logits: ArrayLike<number>, isKept: (index: number) => boolean = () => true): number[] {
  const kept = Array.from(logits).filter((_, index) => isKept(index));
  const powers = kept.map((logit) => Math.exp(logit - Math.max(...kept)));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

async function sessionOf(model: ImportedModel): Promise<GraphSession> {
  return GraphSession.open(join(model.folder, model.manifest.file), 1);
}

describe.each([
  { file: 'model.pt', weights: 'in-place' },
  { file: 'model.pt', weights: 'copy' },
  { file: 'model_no_optim.pt', weights: 'in-place' },
  { file: 'model_legacy_format.pt', weights: 'copy' },
] as const)('the tiny model from $file with weights $weights', ({ file, weights }) => {
  let model: ImportedModel;
  let session: GraphSession;
  beforeAll(async () => {
    model = await importCheckpoint({ id: `${file.replace(/\W/g, '-')}-${weights}`, checkpointPath: join(TINY, file), modelsDir, precision: 'f32', weights });
    session = await sessionOf(model);
  });
  afterAll(() => session.close());

  it.each(CLIPS)('gives the reference numbers for %s alone', async (name) => {
    const [result] = await session.infer([readWave(name)]);
    expect(largestDifference(result!.frameFeatures, golden(name, 'frames'))).toBeLessThan(TOLERANCE);
    expect(largestDifference(result!.embedding, golden(name, 'utterance'))).toBeLessThan(TOLERANCE);
    expect(largestDifference(result!.logits, golden(name, 'logits'))).toBeLessThan(TOLERANCE);
    expect(largestDifference(softmax(result!.logits), golden(name, 'scores'))).toBeLessThan(TOLERANCE);
  });

  it('gives the reference numbers for all clips in one padded batch', async () => {
    const results = await session.infer(CLIPS.map(readWave));
    for (const [index, name] of CLIPS.entries()) {
      expect(largestDifference(results[index]!.frameFeatures, golden(name, 'frames')), name).toBeLessThan(TOLERANCE);
      expect(largestDifference(results[index]!.embedding, golden(name, 'utterance')), name).toBeLessThan(TOLERANCE);
      expect(largestDifference(results[index]!.logits, golden(name, 'logits')), name).toBeLessThan(TOLERANCE);
      expect(largestDifference(softmax(results[index]!.logits), golden(name, 'scores')), name).toBeLessThan(TOLERANCE);
    }
  });

  it('gives frame logits whose mean is the logits of the clip', async () => {
    const [result] = await session.infer([readWave('s3_3')]);
    const { frameLogits, frameCount, logits } = result!;
    const mean = Array.from(logits, (_, label) => Array.from({ length: frameCount }, (__, frame) => frameLogits[frame * logits.length + label]!).reduce((sum, value) => sum + value, 0) / frameCount);
    expect(largestDifference(mean, logits)).toBeLessThan(TOLERANCE);
  });
});

describe('the five-label tokens.txt', () => {
  it('masks the unused rows, and the rest renormalise to the reference scores', async () => {
    const model = await importCheckpoint({ id: 'five', checkpointPath: join(TINY, 'model.pt'), tokensPath: join(FIXTURES, 'tokens_modelscope_unuse.txt'), modelsDir, precision: 'f32' });
    const { labels, maskedLabels } = model.manifest;
    expect(labels).toEqual(['angry', 'unuse_0', 'unuse_1', 'happy', 'neutral', 'unuse_2', 'sad', 'unuse_3', 'unknown']);
    expect(maskedLabels).toEqual(['unuse_0', 'unuse_1', 'unuse_2', 'unuse_3']);
    const session = await sessionOf(model);
    for (const name of CLIPS) {
      const [result] = await session.infer([readWave(name)]);
      const scores = softmax(result!.logits, (index) => !maskedLabels!.includes(labels[index]!));
      expect(largestDifference(scores, golden(name, 'scores_ms')), name).toBeLessThan(TOLERANCE);
    }
    await session.close();
  });
});
