import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { composeModels } from '../../src/compose-models.js';
import { readSettings } from '../../src/config.js';
import { UndertoneError } from '../../src/domain/errors.js';
import { installTinyModel } from '../inference/tiny-model.js';
import { fakeRuntime, runCommand } from './fake-runtime.js';

const TINY = join(import.meta.dirname, '../fixtures/emotion2vec');

let dataDir: string;
let modelsDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'undertone-models-'));
  modelsDir = join(dataDir, 'models');
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const run = (...argv: string[]) => runCommand(['models', ...argv], { runtime: { ...fakeRuntime(), openModels: () => Promise.resolve(composeModels(readSettings({ UNDERTONE_DATA_DIR: dataDir }, join(dataDir, 'no.env')))) } });
const listed = async (): Promise<Map<string, { state: string; problem?: string; sizeBytes: number }>> =>
  new Map((await run('list', '--json')).out.trim().split('\n').map((line) => JSON.parse(line) as { id: string; state: string; problem?: string; sizeBytes: number }).map((model) => [model.id, model]));

describe('the models folder, by the command', () => {
  it('is listed with the state of each, and with what is wrong', async () => {
    installTinyModel(modelsDir, 'good');
    installTinyModel(modelsDir, 'cut');
    appendFileSync(join(modelsDir, 'cut', 'model.onnx'), 'x');
    installTinyModel(modelsDir, 'wrong', {}, { sampleRateHz: 8000 });
    mkdirSync(join(modelsDir, '.downloads', 'emotion2vec-plus-base'), { recursive: true });
    writeFileSync(join(modelsDir, '.downloads', 'emotion2vec-plus-base', 'model.pt.part'), 'x'.repeat(1000));
    const models = await listed();
    expect([...models].map(([id, { state }]) => `${id} ${state}`)).toEqual(['starter installed', 'cut damaged', 'good installed', 'wrong invalid', 'emotion2vec-plus-base partial']);
    expect(models.get('wrong')?.problem).toContain('sampleRateHz');
    expect(models.get('emotion2vec-plus-base')).toMatchObject({ sizeBytes: 1000, problem: expect.stringContaining('goes on where it stopped') as unknown });
    const { out } = await run('list');
    expect(out).toMatch(/^id .* size +state /);
    expect(out).toMatch(/\nwrong +- +- +[\d.]+ MB +invalid/);
    expect(out).toMatch(/\nmodels\/wrong\/manifest\.json is not valid: sampleRateHz/);
  });

  it('is verified model by model, also where a manifest cannot be used', async () => {
    installTinyModel(modelsDir, 'good');
    installTinyModel(modelsDir, 'wrong', {}, { sampleRateHz: 8000 });
    installTinyModel(modelsDir, 'changed');
    const graph = readFileSync(join(modelsDir, 'changed', 'model.onnx'));
    graph[graph.length - 1]! ^= 1;
    writeFileSync(join(modelsDir, 'changed', 'model.onnx'), graph);
    const [good, wrong, changed, absent] = [await run('verify', 'good'), await run('verify', 'wrong'), await run('verify', 'changed'), await run('verify', 'absent')];
    expect([good.code, wrong.code, changed.code, absent.code]).toEqual([0, 1, 1, 2]);
    expect(wrong.out).toContain('sampleRateHz');
    expect(changed.out).toMatch(/SHA-256 [0-9a-f]{64} instead of/);
    expect(absent.err).toContain('MODEL_UNKNOWN');
  });

  it('names everything that can be pulled where an id is unknown', async () => {
    const { code, err } = await run('pull', 'nosuch');
    expect(code).toBe(2);
    expect(err).toMatch(/MODEL_UNKNOWN: .*emotion2vec-plus-large, .*diarization-en, .*whisper-small/);
  });

  it('gives up good, unusable and half downloaded models alike, and never the bundled one', async () => {
    installTinyModel(modelsDir, 'good');
    mkdirSync(join(modelsDir, 'empty'));
    mkdirSync(join(modelsDir, '.downloads', 'half'), { recursive: true });
    for (const id of ['good', 'empty', 'half']) expect((await run('remove', id)).code).toBe(0);
    expect(['good', 'empty', '.downloads/half'].filter((name) => existsSync(join(modelsDir, name)))).toEqual([]);
    const [again, bundled, escape] = [await run('remove', 'good'), await run('remove', 'starter'), await run('remove', '..')];
    expect([again.code, bundled.code, escape.code]).toEqual([2, 1, 2]);
    expect(bundled.err).toContain('CONFLICT');
  });

  it('takes a user\'s own recordings for the comparison of int8 with float32', async () => {
    const clips = join(dataDir, 'clips');
    mkdirSync(clips);
    for (const seconds of [1, 2, 20]) execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', `sine=${200 + 40 * seconds}:duration=${seconds}`, join(clips, `${seconds}.flac`)]);
    writeFileSync(join(clips, 'notes.txt'), 'no audio');
    cpSync(join(TINY, 'tinyA'), join(dataDir, 'tinyA'), { recursive: true });
    const made = await run('import', '--id', 'mine', '--checkpoint', join(dataDir, 'tinyA', 'model.pt'), '--precision', 'int8', '--clips', clips);
    expect(made.err).not.toContain('INTERNAL');
    expect(made.out).toMatch(/^Imported mine .*int8; int8 against float32 on 3 clips: label the same in \d+ %/);
    const nothing = await run('import', '--id', 'other', '--checkpoint', join(dataDir, 'tinyA', 'model.pt'), '--precision', 'int8', '--clips', join(dataDir, 'nowhere'));
    expect([nothing.code, nothing.err.includes('BAD_INPUT')]).toEqual([2, true]);
  });
});

describe('the licence of a published model', () => {
  const asking = (accepted: boolean[]) => fakeRuntime({ models: { pull: ({ acceptLicense, id }) => {
    accepted.push(acceptLicense);
    return Promise.reject(acceptLicense ? new UndertoneError('MODEL_UNKNOWN', `${id} is past the licence`) : new UndertoneError('LICENSE_NOT_ACCEPTED', 'Published under the licence L.'));
  } } });
  const typing = (text: string): PassThrough & { isTTY: boolean } => {
    const keyboard = Object.assign(new PassThrough(), { isTTY: true });
    keyboard.write(text);
    return keyboard;
  };

  it('is asked of a person at a terminal, who may accept it there', async () => {
    const accepted: boolean[] = [];
    const { err } = await runCommand(['models', 'pull', 'emotion2vec-plus-base'], { runtime: asking(accepted), in: typing('yes\n') });
    expect(accepted).toEqual([false, true]);
    expect(err).toMatch(/Published under the licence L\.\nAccept it now\? \[y\/N\]/);
    expect(err).toContain('past the licence');
  });

  it('is not accepted by another answer, nor by a script without the option', async () => {
    const accepted: boolean[] = [];
    const refused = await runCommand(['models', 'pull', 'emotion2vec-plus-base'], { runtime: asking(accepted), in: typing('\n') });
    const script = await runCommand(['models', 'pull', 'emotion2vec-plus-base'], { runtime: asking(accepted), in: new PassThrough() });
    expect([refused.code, script.code]).toEqual([2, 2]);
    expect([refused.err, script.err].every((text) => text.includes('LICENSE_NOT_ACCEPTED'))).toBe(true);
    expect(accepted).toEqual([false, false]);
  });
});
