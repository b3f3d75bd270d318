import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeOutputsFolder } from '../../src/cli/outputs-folder.js';
import { findOutputsFolders, readOutputsFolder } from '../../src/cli/outputs-reader.js';
import { composePlatform, type Platform } from '../../src/compose.js';
import { readSettings } from '../../src/config.js';
import { decodeNpy, encodeNpy } from '../../src/domain/npy.js';
import { DEFAULT_WORKSPACE_ID } from '../../src/services/key.service.js';
import { anOutcome } from '../support/outcome.js';
import { speechLikeWav } from '../support/speech-like.js';
import { fakeRuntime, runCommand } from './fake-runtime.js';

const operator = { keyId: 'op', keyName: 'operator', workspaceId: DEFAULT_WORKSPACE_ID, role: 'admin' } as const;
const NINE = { '生气/angry': 0.05, '厌恶/disgusted': 0, '恐惧/fearful': 0, '开心/happy': 0.8, '中立/neutral': 0.1, '其他/other': 0, '难过/sad': 0.05, '吃惊/surprised': 0, '<unk>': 0 };
const RESULT = { emotion: '开心/happy', confidence: 0.8, scores: NINE, granularity: 'utterance', timestamp: '20230405_060708' };

let root: string;
let platform: Platform;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ut-import-'));
  platform = await composePlatform(readSettings({ UNDERTONE_DATA_DIR: join(root, 'data'), UNDERTONE_LOG_LEVEL: 'error' }, '/nonexistent'), pino({ level: 'error' }));
});
afterAll(async () => {
  await platform.stop();
  await rm(root, { recursive: true, force: true });
});

async function folder(parent: string, name: string, files: Readonly<Record<string, string | Buffer | object>>): Promise<string> {
  const path = join(root, parent, name);
  await mkdir(path, { recursive: true });
  for (const [file, content] of Object.entries(files)) await writeFile(join(path, file), typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content));
  return path;
}

interface Line { readonly folder: string; readonly status: string; readonly recordingId: string; readonly analysisId: string; readonly problem?: { readonly code: string; readonly message: string } }

async function importFrom(parent: string): Promise<{ readonly code: number; readonly err: string; readonly lines: readonly Line[] }> {
  const runtime = fakeRuntime({ openServices: () => Promise.resolve({ services: platform.services, encryption: platform.encryption, imports: platform.imports, workspaces: platform.workspaces, database: platform.database, operator, close: () => Promise.resolve() }) });
  const { code, out, err } = await runCommand(['import', join(root, parent), '--json'], { runtime });
  return { code, err, lines: out.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Line) };
}

describe('import', () => {
  it('makes recording, analysis, segment and embedding with the date of the folder, and skips them the second time', async () => {
    const vector = Float32Array.of(3, 4, 0);
    await folder('good', 'outputs_20230405_060708', { 'processed_audio.wav': speechLikeWav(2, 1), 'result.json': RESULT, 'embedding.npy': encodeNpy(vector, 1, 3) });
    const first = await importFrom('good');
    expect(first.code).toBe(0);
    expect(first.lines).toMatchObject([{ status: 'imported' }]);
    const { recordingId, analysisId } = first.lines[0]!;
    const at = new Date(2023, 3, 5, 6, 7, 8);
    expect(await platform.services.recordings.find(operator, recordingId)).toMatchObject({ createdAt: at, recordedAt: at, title: 'outputs_20230405_060708', tags: ['imported'], durationSeconds: 2 });
    const analysis = await platform.services.analyses.find(operator, analysisId);
    expect(analysis).toMatchObject({ status: 'SUCCEEDED', createdAt: at, finishedAt: at, modelId: 'emotion2vec-plus-large', summary: { label: 'happy', calibrated: false }, warnings: [{ code: 'IMPORTED' }, { code: 'UNCALIBRATED' }] });
    expect(analysis!.modelLabels).toEqual(['angry', 'disgusted', 'fearful', 'happy', 'neutral', 'other', 'sad', 'surprised', 'unknown']);
    const { items } = await platform.services.analyses.segments(operator, analysisId, { first: 10, after: null }, {});
    expect(items).toMatchObject([{ startSeconds: 0, endSeconds: 2, gate: 'bypassed', prediction: { label: 'happy', confidence: 0.8, scores: { happy: 0.8 } } }]);
    expect([...(await platform.services.embeddings.forAnalysis(operator, analysisId))!.values]).toEqual([3, 4, 0]);
    expect(await platform.services.recordings.waveform(operator, recordingId)).not.toBeNull();
    expect((await importFrom('good')).lines).toMatchObject([{ status: 'skipped', recordingId, analysisId }]);
  });

  it('reports each folder that it cannot read and why, and takes the others over', async () => {
    const audio = { 'processed_audio.wav': speechLikeWav(1, 2) };
    await folder('mixed', 'outputs_20230101_000000', { ...audio, 'result.json': '{"emotion": ' });
    await folder('mixed', 'outputs_20230102_000000', { 'result.json': RESULT });
    await folder('mixed', 'outputs_20230103_000000', { ...audio, 'result.json': { ...RESULT, emotion: 'sad' } });
    await folder('mixed', 'outputs_20230104_000000', { ...audio, 'result.json': { ...RESULT, scores: { happy: 0.2, sad: 0.1 } } });
    await folder('mixed', 'outputs_20230105_000000', { ...audio, 'result.json': RESULT, 'embedding.npy': 'not numbers' });
    await folder('mixed', 'outputs_20231345_000000', { ...audio, 'result.json': RESULT });
    await folder('mixed', 'outputs_20990101_000000', { ...audio, 'result.json': RESULT });
    await folder('mixed', 'outputs_20230107_000000', { 'processed_audio.wav': 'a letter, not a sound', 'result.json': RESULT });
    await folder('mixed', 'outputs_20230108_000000', { ...audio });
    await folder('mixed/below', 'outputs_20230109_000000_2', { ...audio, 'result.json': { ...RESULT, confidence: 80, scores: { happy: 80, sad: 20 } } });
    const before = (await platform.services.recordings.list(operator, { first: 50, after: null }, {}, { field: 'createdAt', direction: 'desc' })).totalCount;
    const { code, err, lines } = await importFrom('mixed');
    expect(code).toBe(1);
    expect(err).toContain('1 imported, 0 already there, 9 failed');
    const why = Object.fromEntries(lines.map(({ folder: path, problem }) => [path.split('outputs_')[1]!, problem?.message ?? 'imported']));
    expect(why['20230101_000000']).toMatch(/^result\.json: this is not JSON/);
    expect(why['20230102_000000']).toMatch(/^processed_audio\.wav cannot be read \(ENOENT\)/);
    expect(why['20230103_000000']).toContain('names "sad" (0.05), but the highest score is 0.8');
    expect(why['20230104_000000']).toContain('add up to 0.300');
    expect(why['20230105_000000']).toMatch(/^embedding\.npy: .*does not begin as one/);
    expect(why['20231345_000000']).toContain('Rename it');
    expect(why['20990101_000000']).toContain('lies in the future');
    expect(lines.find(({ folder: path }) => path.endsWith('20230107_000000'))!.problem!.code).toBe('NOT_AUDIO');
    expect(why['20230108_000000']).toContain('neither result.json nor result_frame.json');
    expect(why['20230109_000000_2']).toBe('imported');
    const after = (await platform.services.recordings.list(operator, { first: 50, after: null }, {}, { field: 'createdAt', direction: 'desc' })).totalCount;
    expect(after).toBe(before + 1);
  });

  it('says of a folder that nobody may read just that, and takes the others over', async () => {
    await folder('closed', 'outputs_20230301_000000', { 'processed_audio.wav': speechLikeWav(1, 5), 'result.json': RESULT });
    const closed = await folder('closed', 'outputs_20230302_000000', { 'result.json': RESULT });
    await chmod(closed, 0);
    await chmod(root, 0o755);
    const isRoot = process.getuid?.() === 0;
    // Root may read everything.
    if (isRoot) process.seteuid!(65_534);
    try {
      const found = await findOutputsFolders(join(root, 'closed'));
      expect(found.map((path) => path.slice(-6 - 9))).toEqual(['20230301_000000', '20230302_000000']);
      await expect(readOutputsFolder(closed, 'any')).rejects.toThrow('The folder cannot be read (EACCES)');
      await expect(findOutputsFolders(closed)).rejects.toThrow('cannot be read (EACCES)');
    } finally {
      if (isRoot) process.seteuid!(0);
      await chmod(closed, 0o700);
    }
  });

  it('says of a sound that this user may not read that it is the file, and of a folder in its place', async () => {
    const closed = await folder('unreadable', 'outputs_20230303_000000', { 'processed_audio.wav': speechLikeWav(1, 6), 'result.json': RESULT });
    await mkdir(join(await folder('unreadable', 'outputs_20230304_000000', { 'result.json': RESULT }), 'processed_audio.wav'));
    await chmod(join(closed, 'processed_audio.wav'), 0);
    await chmod(root, 0o755);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid!(65_534);
    try {
      await expect(readOutputsFolder(closed, 'any')).rejects.toMatchObject({ code: 'BAD_INPUT', message: expect.stringMatching(/^processed_audio\.wav cannot be read \(EACCES\)\. .*chmod/) as string });
    } finally {
      if (isRoot) process.seteuid!(0);
    }
    await rm(closed, { recursive: true });
    expect((await importFrom('unreadable')).lines).toMatchObject([{ status: 'failed', problem: { code: 'BAD_INPUT', message: expect.stringContaining('processed_audio.wav is a folder') as string } }]);
  });

  it('reads what analyze --out writes, frames included', async () => {
    const outcome = anOutcome();
    const frames = { hopSeconds: 0.02, rowCount: 2, features: Float32Array.of(1, 2, 3, 4), logits: new Float32Array(2 * outcome.model.labels.length) };
    await writeOutputsFolder(join(root, 'own'), {
      sha256: '', outcome, frames, pcm: { sampleCount: 0, read: () => Promise.resolve(new Float32Array()), dispose: () => Promise.resolve() }, dispose: () => Promise.resolve(),
      writeWav: (path) => writeFile(path, speechLikeWav(1, 3)),
    }, new Date(2024, 0, 2, 3, 4, 5));
    const { code, lines } = await importFrom('own');
    expect(code).toBe(0);
    expect(lines[0]!.folder).toMatch(/outputs_20240102_030405$/);
    expect((await platform.services.analyses.find(operator, lines[0]!.analysisId))!.summary!.label).toBe(outcome.summary!.label);
    // The mean of the two frames.
    expect([...(await platform.services.embeddings.forAnalysis(operator, lines[0]!.analysisId))!.values]).toEqual([2, 3]);
  });

  it('says so when there is nothing to import, or no such folder', async () => {
    await mkdir(join(root, 'empty'));
    expect(await importFrom('empty')).toMatchObject({ code: 1, lines: [] });
    expect((await importFrom('nowhere')).err).toContain('ENOENT');
  });
});

describe('a .npy file', () => {
  const npy = encodeNpy(Float32Array.of(1, 2, 3, 4, 5, 6), 2, 3);
  const changed = (from: string, to: string): Buffer => Buffer.from(npy.toString('latin1').replace(from, to.padEnd(from.length)), 'latin1');

  it('is read back as it was written, one dimension as one row, float64 as float32', () => {
    expect(decodeNpy(npy)).toEqual({ rows: 2, columns: 3, values: Float32Array.of(1, 2, 3, 4, 5, 6) });
    expect(decodeNpy(changed('(2, 3)', '(6,)'))).toMatchObject({ rows: 1, columns: 6 });
    const doubles = Buffer.concat([npy.subarray(0, npy.length - 24), Buffer.from(Float64Array.of(1, 2, 3).buffer)]);
    expect(decodeNpy(Buffer.from(doubles.toString('latin1').replace('<f4', '<f8').replace('(2, 3)', '(1, 3)'), 'latin1'))).toMatchObject({ rows: 1, columns: 3, values: Float32Array.of(1, 2, 3) });
  });

  it('is refused with a shape that its bytes do not fill, other numbers, another order or no numbers', () => {
    const cases: readonly (readonly [Buffer, RegExp])[] = [
      [changed('(2, 3)', '(9, 9)'), /needs 324 bytes/], [changed('<f4', '<i4'), /<i4/], [changed('False', 'True'), /row-major/], [npy.subarray(0, 20), /no named type/], [changed('(2, 3)', '(1,1,1)'), /shape/], [Buffer.from('x'), /begin/],
      [encodeNpy(Float32Array.of(NaN), 1, 1), /finite/],
    ];
    for (const [bytes, message] of cases) expect(() => decodeNpy(bytes)).toThrow(message);
  });

  it('that analyze --out wrote is the same on disk', async () => {
    await writeFile(join(root, 'x.npy'), npy);
    expect(decodeNpy(await readFile(join(root, 'x.npy'))).rows).toBe(2);
  });
});
