import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { installedParts, readParts, verifyParts } from '../../src/inference/model-parts.js';
import { installSpeech, pullSpeech } from '../../src/inference/speech-to-text/install-speech.js';
import { PUBLISHED_SPEECH } from '../../src/inference/speech-to-text/published-speech.js';
import { digestOfSpeech, FILES_OF_ENGINE, SPEECH } from '../../src/inference/speech-to-text/speech-manifest.js';
import { SpeechRecognition } from '../../src/inference/speech-to-text/speech-recognition.js';
import { wordsOfTokens } from '../../src/inference/speech-to-text/words-of-tokens.js';
import { sherpaTranscriber } from '../../src/plugins/asr-cross-check/sherpa-transcriber.js';
import { describeTranscriber, pcmOf } from '../cross-check/transcriber.contract.js';
import { codeOf } from './inference-bench.js';
import { tones, type Tone } from './tiny-diarization.js';
import { TINY_TOKENS, tinySenseVoice } from './tiny-speech.js';

let root: string;
let paths: { readonly model: string; readonly tokens: string };
const opened: SpeechRecognition[] = [];
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'ut-speech-'));
  paths = { model: join(root, 'source.onnx'), tokens: join(root, 'source.txt') };
  writeFileSync(paths.model, tinySenseVoice());
  writeFileSync(paths.tokens, TINY_TOKENS);
  await installSpeech({ id: 'tiny', directory: join(root, 'installed'), engine: 'sense-voice', paths });
}, 60_000);
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function recognition(changes: Partial<ConstructorParameters<typeof SpeechRecognition>[0]> = {}): SpeechRecognition {
  const made = new SpeechRecognition({ directory: join(root, 'installed'), modelId: null, timeoutMs: 60_000, threadCount: 1, idleUnloadMs: 60_000, ...changes });
  opened.push(made);
  return made;
}

const never = new AbortController().signal;
const SPOKEN: readonly Tone[] = [{ voice: 'low', startSeconds: 0.5, endSeconds: 1 }, { voice: 'high', startSeconds: 1.5, endSeconds: 2 }];
const spoken = (): Float32Array => tones(3, SPOKEN);

describeTranscriber('sherpa-onnx', { make: () => sherpaTranscriber(recognition()), spoken, word: 'high' });

describe('writing speech down', () => {
  it('gives each word its time, the language that the model hears, and the digest of its files', async () => {
    const { words, language, engineDigest } = await recognition().recognize(pcmOf(spoken()), null, never);
    expect(words.map(({ text }) => text)).toEqual(['low', 'high']);
    for (const [i, { startSeconds }] of SPOKEN.entries()) expect(Math.abs(words[i]!.startSeconds - startSeconds)).toBeLessThan(0.15);
    expect(language).toBe('en');
    expect(engineDigest).toBe(digestOfSpeech(readParts(SPEECH, join(root, 'installed'), 'tiny').manifest));
  });

  it('cuts what is longer than a model hears, and counts the seconds on', async () => {
    const { words } = await recognition().recognize(pcmOf(tones(60, [{ voice: 'low', startSeconds: 5, endSeconds: 6 }, { voice: 'high', startSeconds: 40, endSeconds: 41 }])), null, never);
    expect(words.map(({ text, startSeconds }) => [text, Math.round(startSeconds)])).toEqual([['low', 5], ['high', 40]]);
  });

  it('says nothing of less than a tenth of a second', async () => {
    expect((await recognition().recognize(pcmOf(new Float32Array(800)), 'en', never)).words).toEqual([]);
  });

  it('says what to do where no model is installed, and finds one that comes later', async () => {
    const directory = join(root, 'later');
    const later = recognition({ directory });
    expect(later.unavailable()).toContain('undertone models pull sense-voice');
    expect(await codeOf(later.recognize(pcmOf(spoken()), null, never))).toBe('MODEL_UNKNOWN');
    await installSpeech({ id: 'came', directory, engine: 'sense-voice', paths });
    expect(later.unavailable()).toBeNull();
    expect(recognition({ directory, modelId: 'other' }).unavailable()).toContain('"other"');
  });

  it('does not load files that were changed', async () => {
    const directory = join(root, 'changed');
    await installSpeech({ id: 'spoilt', directory, engine: 'sense-voice', paths });
    const path = join(directory, 'spoilt', 'model.onnx');
    const bytes = readFileSync(path);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path, bytes);
    expect(await codeOf(verifyParts(SPEECH, readParts(SPEECH, directory, 'spoilt')))).toBe('MODEL_INVALID');
    expect(await codeOf(recognition({ directory }).recognize(pcmOf(spoken()), null, never))).toBe('MODEL_LOAD_FAILED');
  });
});

describe('installing a speech model', () => {
  it('refuses files that are missing, that are none, and the same name twice, and leaves nothing of them', async () => {
    const directory = join(root, 'refused');
    const notOnnx = join(root, 'not.onnx');
    writeFileSync(notOnnx, 'this is no model');
    expect(await codeOf(installSpeech({ id: 'bad', directory, engine: 'whisper', paths }))).toBe('BAD_INPUT');
    expect(await codeOf(installSpeech({ id: 'bad', directory, engine: 'sense-voice', paths: { ...paths, model: notOnnx } }))).toBe('MODEL_INVALID');
    expect(await codeOf(installSpeech({ id: 'bad', directory, engine: 'sense-voice', paths: { ...paths, tokens: join(root, 'none') } }))).toBe('BAD_INPUT');
    expect(existsSync(directory) ? readdirSync(directory) : []).toEqual([]);
    expect(await codeOf(installSpeech({ id: 'tiny', directory: join(root, 'installed'), engine: 'sense-voice', paths }))).toBe('CONFLICT');
    expect(installedParts(SPEECH, join(root, 'installed')).map(({ manifest }) => [manifest.id, manifest.engine])).toEqual([['tiny', 'sense-voice']]);
  }, 60_000);

  it('knows of what is published all the files, their sizes and their digests, at one revision', async () => {
    for (const { engine, files } of PUBLISHED_SPEECH) {
      expect(Object.keys(files).sort()).toEqual([...FILES_OF_ENGINE[engine]].sort());
      for (const part of Object.values(files)) {
        expect(part.sha256).toMatch(/^[0-9a-f]{64}$/);
        expect(part.sizeBytes).toBeGreaterThan(10_000);
        expect(part.urls.every((url) => /^https:\/\/huggingface\.co\/csukuangfj\/[\w.-]+\/resolve\/[0-9a-f]{40}\/[\w.-]+$/.test(url))).toBe(true);
      }
    }
    expect(await codeOf(pullSpeech({ id: 'none', directory: join(root, 'installed') }))).toBe('MODEL_UNKNOWN');
  });
});

describe('tokens', () => {
  const words = (tokens: readonly string[], step = 0.2) => wordsOfTokens({ text: 'x y', tokens, timestamps: tokens.map((_, i) => i * step) }, 3).map(({ text, startSeconds }) => [text, Number(startSeconds.toFixed(1))]);

  it.each([
    ['pieces that say where a word begins', ['▁hel', 'lo', ',', '▁world', '.'], [['hello,', 0], ['world.', 0.6]]],
    ['pieces that say where a word goes on', ['hel@@', 'lo', '你', '好', 'yes'], [['hello', 0], ['你', 0.4], ['好', 0.6], ['yes', 0.8]]],
    ['Chinese among marked pieces', ['▁ok', '好', '的', '▁by', 'e'], [['ok', 0], ['好', 0.2], ['的', 0.4], ['bye', 0.6]]],
    ['marks of the model', ['<|en|>', '▁yes'], [['yes', 0.2]]],
  ])('become words: %s', (_what, tokens, expected) => {
    expect(words(tokens)).toEqual(expected);
  });

  it('without times share the time of the whole, and no word lasts for ever', () => {
    expect(wordsOfTokens({ text: 'one two', tokens: [], timestamps: [] }, 1).map(({ text, endSeconds }) => [text, endSeconds])).toEqual([['one', 0.5], ['two', 1]]);
    expect(wordsOfTokens({ text: 'a', tokens: ['▁a'], timestamps: [0.5] }, 20)).toMatchObject([{ startSeconds: 0.5, endSeconds: 2 }]);
  });
});
