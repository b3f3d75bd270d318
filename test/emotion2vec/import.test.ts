import { copyFile, mkdtemp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TensorToWrite } from '../../scripts/torch-file.mjs';
import { UndertoneError, type ErrorCode } from '../../src/domain/errors.js';
import { resultDigest } from '../../src/domain/model.js';
import { isFaithful } from '../../src/inference/emotion2vec/compare-precisions.js';
import { importCheckpoint, type ImportOptions, type ImportProgress } from '../../src/inference/emotion2vec/import-checkpoint.js';
import { assertSameManifest, verifyModel } from '../../src/inference/model-digest.js';
import { parseManifest } from '../../src/inference/model-manifest.js';
import { removeModel } from '../../src/inference/emotion2vec/model-folder.js';
import { FIXTURES, TINY } from './npy.fixture.js';
import { ODD_SIZE, writeModel } from './small-model.fixture.js';

let folder: string;
let modelsDir: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'undertone-import-'));
  modelsDir = join(folder, 'models');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const tiny = (id: string, more: Partial<ImportOptions> = {}): ImportOptions => ({ id, checkpointPath: join(TINY, 'model.pt'), modelsDir, precision: 'f32', ...more });

async function refusal(options: ImportOptions, code: ErrorCode): Promise<UndertoneError> {
  const outcome: unknown = await importCheckpoint(options).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(UndertoneError);
  expect((outcome as UndertoneError).code).toBe(code);
  return outcome as UndertoneError;
}

describe('an import', () => {
  it('writes a manifest whose digest and size are those of the files it names', async () => {
    const stages: ImportProgress[] = [];
    const { manifest, folder: installed } = await importCheckpoint(tiny('digest', { onProgress: (progress) => stages.push(progress) }));
    expect(JSON.parse(await readFile(join(installed, 'manifest.json'), 'utf8'))).toEqual(manifest);
    const files = await Promise.all([manifest.file, ...manifest.weightFiles!].map((name) => readFile(join(installed, name))));
    expect(manifest.sizeBytes).toBe(files.reduce((sum, file) => sum + file.length, 0));
    const hash = createHash('sha256');
    for (const file of files) hash.update(file);
    expect(manifest.sha256).toBe(hash.digest('hex'));
    expect(manifest).toMatchObject({ minSamples: 400, frameHopSamples: 320, frameReceptiveFieldSamples: 400, normalization: 'zscore-f64', embeddingDimension: 64, precision: 'f32', maxWindowSeconds: 8 });
    expect(manifest.labels).toEqual(['angry', 'disgusted', 'fearful', 'happy', 'neutral', 'other', 'sad', 'surprised', 'unknown']);
    expect(new Set(stages.map(({ stage }) => stage))).toEqual(new Set(['reading', 'writing weights', 'trial run', 'digest']));
    expect(stages.every(({ fraction }) => fraction >= 0 && fraction <= 1)).toBe(true);
  });

  it('uses the checkpoint in place without a second copy of it', async () => {
    const source = join(folder, 'linked.pt');
    await copyFile(join(TINY, 'model.pt'), source);
    const { folder: installed, weightsInPlace } = await importCheckpoint(tiny('linked', { checkpointPath: source }));
    expect(weightsInPlace).toBe(true);
    expect((await stat(join(installed, 'checkpoint.pt'))).ino).toBe((await stat(source)).ino);
  });

  it('survives the deletion of the checkpoint it came from', async () => {
    const source = join(folder, 'gone.pt');
    await copyFile(join(TINY, 'model.pt'), source);
    const { folder: installed } = await importCheckpoint(tiny('gone', { checkpointPath: source }));
    await rm(source);
    expect((await readFile(join(installed, 'checkpoint.pt'))).length).toBe((await stat(join(TINY, 'model.pt'))).size);
  });

  it('takes the labels from a tokens.txt beside the checkpoint and says so', async () => {
    await mkdir(join(folder, 'beside'));
    await copyFile(join(TINY, 'model.pt'), join(folder, 'beside/model.pt'));
    await copyFile(join(FIXTURES, 'tokens_modelscope_unuse.txt'), join(folder, 'beside/tokens.txt'));
    const { manifest, labelSource } = await importCheckpoint(tiny('beside', { checkpointPath: join(folder, 'beside/model.pt') }));
    expect(labelSource).toBe(join(folder, 'beside/tokens.txt'));
    expect(manifest.maskedLabels).toHaveLength(4);
  });

  it('in int8 records how far it is from float32 and keeps no float32 weights', async () => {
    const { manifest, folder: installed } = await importCheckpoint(tiny('small', { precision: 'int8' }));
    expect(manifest.precision).toBe('int8');
    expect(manifest.session).toEqual({ graphOptimization: 'disabled', maxBatchItems: 1 });
    expect(manifest.quantization!.clipCount).toBe(12);
    expect(manifest.quantization!.embeddingCosine).toBeGreaterThan(0.98);
    expect(manifest.quantization!.maxScoreDifference).toBeGreaterThan(0);
    expect(manifest.quantization!.maxScoreDifference).toBeLessThan(0.1);
    expect((await readdir(installed)).sort()).toEqual(['manifest.json', 'model.onnx', 'weights.bin']);
  }, 60_000);

  it('with precision auto keeps int8 exactly when the rule allows it', async () => {
    const { manifest } = await importCheckpoint(tiny('auto', { precision: 'auto' }));
    const compared = await importCheckpoint(tiny('auto-int8', { precision: 'int8' }));
    expect(manifest.precision).toBe(isFaithful(compared.manifest.quantization!) ? 'int8' : 'f32');
    expect(isFaithful({ argmaxAgreement: 1, maxScoreDifference: 0.05, embeddingCosine: 0.99, clipCount: 1 })).toBe(true);
    expect(isFaithful({ argmaxAgreement: 0.97, maxScoreDifference: 0, embeddingCosine: 1, clipCount: 1 })).toBe(false);
    expect(isFaithful({ argmaxAgreement: 1, maxScoreDifference: 0.06, embeddingCosine: 1, clipCount: 1 })).toBe(false);
    expect(isFaithful({ argmaxAgreement: 1, maxScoreDifference: 0, embeddingCosine: 0.98, clipCount: 1 })).toBe(false);
  }, 60_000);
});

describe('an id', () => {
  it.each(['', '.', '..', '../x', 'a/b', 'Large', '-x', 'x'.repeat(65), 'a\u0000b'])('of %j is refused', async (id) => {
    expect((await refusal(tiny(id), 'BAD_INPUT')).message).toContain('is no model id');
  });

  it('that is taken is refused, and what was there stays; with replace it is swapped', async () => {
    const first = await importCheckpoint(tiny('taken'));
    expect((await refusal(tiny('taken'), 'CONFLICT')).message).toContain('A model taken is already installed');
    expect(JSON.parse(await readFile(join(first.folder, 'manifest.json'), 'utf8'))).toEqual(first.manifest);
    const second = await importCheckpoint(tiny('taken', { replace: true, tokensPath: join(FIXTURES, 'tokens_modelscope_unuse.txt') }));
    expect(JSON.parse(await readFile(join(first.folder, 'manifest.json'), 'utf8'))).toEqual(second.manifest);
  });
});

describe('the digest of results', () => {
  it('differs between two label maps of one checkpoint and follows a replacement', async () => {
    const plain = await importCheckpoint(tiny('two-maps'));
    expect(resultDigest(plain.manifest)).toBe(plain.manifest.sha256);
    const masked = await importCheckpoint(tiny('two-maps', { replace: true, tokensPath: join(FIXTURES, 'tokens_modelscope_unuse.txt') }));
    expect(masked.manifest.sha256).toBe(plain.manifest.sha256);
    expect(resultDigest(masked.manifest)).not.toBe(resultDigest(plain.manifest));
    expect(masked.manifest.version).toBe(resultDigest(masked.manifest).slice(0, 12));
    await expect(assertSameManifest({ manifest: plain.manifest, folder: plain.folder })).rejects.toThrow('was replaced');
    await expect(verifyModel({ manifest: masked.manifest, folder: masked.folder })).resolves.toBeUndefined();
  });

  it('is that of the files for the nine published labels, whether they come from a tokens.txt or not', async () => {
    const { manifest } = await importCheckpoint(tiny('published-map', { tokensPath: join(FIXTURES, 'tokens.txt') }));
    expect(manifest.digest).toBeUndefined();
    expect(manifest.version).toBe(manifest.sha256.slice(0, 12));
  });

  it('does not pass for labels that were changed by hand', async () => {
    const { manifest } = await importCheckpoint(tiny('by-hand', { tokensPath: join(FIXTURES, 'tokens_modelscope_unuse.txt') }));
    const labels = manifest.labels.map((label) => (label === 'angry' ? 'cross' : label));
    expect(() => parseManifest(JSON.stringify({ ...manifest, labels }), 'by-hand')).toThrow('digest: does not fit the labels');
  });
});

describe('a model that is removed', () => {
  it('is gone from the folder, and its id is free again', async () => {
    const { folder: installed } = await importCheckpoint(tiny('removed'));
    await removeModel(modelsDir, 'removed');
    await expect(stat(installed)).rejects.toThrow('ENOENT');
    expect((await readdir(modelsDir)).filter((name) => name.startsWith('.'))).toEqual([]);
    expect((await importCheckpoint(tiny('removed'))).manifest.id).toBe('removed');
  });

  it.each(['never-there', '..', ''])('but is not installed (%j) is refused', async (id) => {
    await expect(removeModel(modelsDir, id)).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
  });
});

describe('what a killed import left', () => {
  it('is swept away by the next one; what a running one works on is not', async () => {
    const [dead, alive] = [join(modelsDir, '.import-x-999999999-0123abcd'), join(modelsDir, `.import-y-${process.pid}-0123abcd`)];
    await Promise.all([mkdir(dead, { recursive: true }), mkdir(alive, { recursive: true })]);
    await importCheckpoint(tiny('sweeper'));
    await expect(stat(dead)).rejects.toThrow('ENOENT');
    expect((await stat(alive)).isDirectory()).toBe(true);
    await rm(alive, { recursive: true });
  });
});

describe('a checkpoint that is not one of the family', () => {
  it('without its head is refused by the names of the head', async () => {
    const path = join(folder, 'headless.pt');
    await writeModel(path, { ...ODD_SIZE, classes: 9 }, (tensors) => tensors.filter(({ name }) => !name.startsWith('proj.')));
    const { details } = await refusal(tiny('headless', { checkpointPath: path }), 'CHECKPOINT_INVALID');
    expect(details['missing']).toEqual(['proj.weight', 'proj.bias']);
  });

  it('is refused with every missing, extra and misshapen tensor, and nothing is left behind', async () => {
    const path = join(folder, 'different.pt');
    const change = (tensors: TensorToWrite[]): TensorToWrite[] =>
      tensors
        .filter(({ name }) => name !== 'proj.bias' && !name.endsWith('blocks.1.norm1.weight'))
        .map((tensor) => (tensor.name === 'd2v_model.blocks.0.attn.proj.weight' ? { ...tensor, shape: [48, 24], make: () => tensor.make().slice(0, 48 * 24 * 4) } : tensor))
        .concat({ name: 'd2v_model.decoder.weight', type: 'f32', shape: [1], make: () => new Uint8Array(4) });
    await writeModel(path, ODD_SIZE, change);
    const before = await readdir(modelsDir);
    const { message, details } = await refusal(tiny('different', { checkpointPath: path }), 'CHECKPOINT_INVALID');
    expect(details['missing']).toEqual(expect.arrayContaining(['proj.bias', 'd2v_model.blocks.1.norm1.weight']));
    expect(details['missing']).toHaveLength(2);
    expect(details['extra']).toEqual(['d2v_model.decoder.weight']);
    expect(details['misshapen']).toEqual(['d2v_model.blocks.0.attn.proj.weight is [48,24], expected [48,48]']);
    for (const line of ['4 tensors differ', 'missing proj.bias', 'extra "d2v_model.decoder.weight"', 'misshapen d2v_model.blocks.0.attn.proj.weight is [48,24], expected [48,48]']) expect(message).toContain(line);
    expect(await readdir(modelsDir)).toEqual(before);
  });

  it('with heads that do not divide the width is refused', async () => {
    const path = join(folder, 'heads.pt');
    await writeModel(path, ODD_SIZE, (tensors) => tensors.map((tensor) => (tensor.name.endsWith('alibi_scale') ? { ...tensor, shape: [1, 1, 7, 1, 1], make: () => new Uint8Array(28) } : tensor)));
    expect((await refusal(tiny('heads', { checkpointPath: path }), 'CHECKPOINT_INVALID')).message).toContain('announces 7 heads, which do not divide the embedding dimension of 48');
  });

  it('because it holds no tensors of it at all is refused', async () => {
    const path = join(folder, 'foreign.pt');
    await writeModel(path, ODD_SIZE, (tensors) => tensors.slice(0, 1).map((tensor) => ({ ...tensor, name: 'encoder.weight' })));
    expect((await refusal(tiny('foreign', { checkpointPath: path }), 'CHECKPOINT_INVALID')).message).toContain('the tensors of Emotion2Vec+ are not there');
  });

  it('because its numbers are not finite is refused by the trial run', async () => {
    const path = join(folder, 'nan.pt');
    await writeModel(path, { ...ODD_SIZE, classes: 9 }, (tensors) => tensors.map((tensor) => (tensor.name === 'proj.weight' ? { ...tensor, make: () => new Uint8Array(new Float32Array(9 * 48).fill(NaN).buffer) } : tensor)));
    expect((await refusal(tiny('nan', { checkpointPath: path }), 'MODEL_INVALID')).message).toContain('not finite');
    await expect(stat(join(modelsDir, 'nan'))).rejects.toThrow('ENOENT');
  });
});

describe('a tokens.txt', () => {
  it.each([
    ['one label too few', 'a\nb\nc', /has 3 labels where the head has 9 rows/],
    ['one label too many', 'a\nb\nc\nd\ne\nf\ng\nh\ni\nj', /has 10 labels/],
    ['a repeated label', '生气/angry\nangry\nc\nd\ne\nf\ng\nh\ni', /line 2 repeats the label of line 1/],
    ['a name that no object can hold', '__proto__\nb\nc\nd\ne\nf\ng\nh\ni', /line 1 is no label/],
    ['a control character', 'a\nb\u001b[31m\nc\nd\ne\nf\ng\nh\ni', /line 2 is no label/],
    ['nothing in it', '\uFEFF\r\n', /it is empty/],
    ['an empty line', 'a\n\nc\nd\ne\nf\ng\nh\ni', /line 2 is empty/],
    ['nothing but unused rows', Array.from({ length: 9 }, (_, index) => `unuse_${index}`).join('\n'), /every label is marked/],
    ['a hundred kilobytes', 'x'.repeat(100_000), /more than 65536 bytes/],
  ])('with %s is refused', async (_, text, pattern) => {
    const path = join(folder, 'tokens-odd.txt');
    await writeFile(path, text);
    expect((await refusal(tiny('tokens', { tokensPath: path }), 'TOKENS_INVALID')).message).toMatch(pattern);
  });

  it('may end its lines as on Windows and start with a byte order mark', async () => {
    const path = join(folder, 'tokens-windows.txt');
    await writeFile(path, '\uFEFF生气/angry\r\n厌恶/disgusted\r\n恐惧/fearful\r\n开心/happy\r\n中立/neutral\r\n其他/other\r\n难过/sad\r\n吃惊/surprised\r\n<unk>\r\n');
    expect((await importCheckpoint(tiny('windows', { tokensPath: path }))).manifest.labels).toEqual(['angry', 'disgusted', 'fearful', 'happy', 'neutral', 'other', 'sad', 'surprised', 'unknown']);
  });

  it('may name what every object has', async () => {
    const path = join(folder, 'tokens-inherited.txt');
    await writeFile(path, 'constructor\ntoString\nvalueOf\nd\ne\nf\ng\nh\ni');
    expect((await importCheckpoint(tiny('inherited', { tokensPath: path }))).manifest.labels.slice(0, 3)).toEqual(['constructor', 'tostring', 'valueof']);
  });

  it('is needed for a head of other than nine rows', async () => {
    const path = join(folder, 'five-rows.pt');
    await writeModel(path, ODD_SIZE);
    expect((await refusal(tiny('five-rows', { checkpointPath: path }), 'TOKENS_INVALID')).message).toContain('the head has 5 rows');
  });
});
