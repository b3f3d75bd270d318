import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { composeAsr } from '../../src/compose-asr.js';
import { readSettings } from '../../src/config.js';
import { UndertoneError } from '../../src/domain/errors.js';
import { spreadWords, type TranscriptWord } from '../../src/domain/transcript.js';
import { TextClassification } from '../../src/inference/text/text-classification.js';
import { parseVocabulary, wordPieceIds } from '../../src/inference/text/word-piece.js';
import { asrCrossCheckPlugin, type AsrCrossCheckParts } from '../../src/plugins/asr-cross-check/asr-cross-check.plugin.js';
import { memoryParts } from '../../src/plugins/plugin-testing.js';
import { registerPlugins } from '../../src/plugins/registry.js';
import { VOCABULARY, writeTextModel } from '../inference/tiny-text.js';
import { anOutcome, aPrediction, aSegment } from '../support/outcome.js';

const never = new AbortController().signal;
const root = mkdtempSync(join(tmpdir(), 'undertone-text-model-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const open = (name: string, changes: Readonly<Record<string, unknown>> = {}) => new TextClassification({ folder: writeTextModel(join(root, name), changes), timeoutMs: 30_000, threadCount: 1, idleUnloadMs: Infinity });
const happy = (index: number) => ({ index, startSeconds: index * 5, endSeconds: index * 5 + 5, speaker: null, prediction: aPrediction({ label: 'happy', confidence: 0.8, scores: { happy: 0.8, sad: 0.2 } }) });
const said = (text: string): TranscriptWord[] => spreadWords(text, 0, 5).map((word) => ({ ...word, speaker: null, segmentIndex: 0 }));

describe('pieces of words', () => {
  const vocabulary = parseVocabulary(VOCABULARY);
  const pieces = (text: string, options = { lowercase: true, maxTokens: 16 }): string[] => wordPieceIds(text, vocabulary, options).map((id) => VOCABULARY.split('\n')[id]!);
  it.each([
    ['a sentence', 'The dogs died.', ['the', 'dog', '##s', 'died', '.']],
    ['a word with an accent', 'Café', ['cafe']],
    ['Chinese', '我很难过', ['我', '[UNK]', '难', '过']],
    ['a word of which a part is unknown', 'dogged', ['[UNK]']],
    ['spaces and signs that nobody sees', '  the\tdog\u0000 ', ['the', 'dog']],
    ['a word without an end', 'x'.repeat(200), ['[UNK]']],
    ['nothing', '', []],
  ])('of %s are those of the vocabulary, the longest first', (_, text, expected) => {
    expect(pieces(text)).toEqual(['[CLS]', ...expected, '[SEP]']);
  });

  it('keep their case where the model does, and are no more than the model takes', () => {
    expect(pieces('Dog dog', { lowercase: false, maxTokens: 16 })).toEqual(['[CLS]', 'Dog', 'dog', '[SEP]']);
    expect(pieces('the '.repeat(50), { lowercase: true, maxTokens: 8 })).toHaveLength(8);
    expect(() => parseVocabulary('a\nb')).toThrow(/\[UNK\], \[CLS\], \[SEP\]/);
  });
});

describe('a text model', () => {
  it('reads what a text says of feeling in a process of its own, as its manifest maps the labels', async () => {
    const model = open('good');
    try {
      const sad = await model.read('The dog died.', never);
      expect(sad.sad).toBeGreaterThan(0.9);
      expect(sad.happy).toBeLessThan(0.05);
      expect((await model.read('great', never)).happy).toBeGreaterThan(0.9);
      const plain = await model.read('the dog', never);
      expect((plain.sad ?? 0) + (plain.happy ?? 0)).toBeLessThan(0.6);
      expect(model.name).toMatch(/^tiny-text@[0-9a-f]{12}$/);
    } finally {
      await model.stop();
    }
  }, 60_000);

  it.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    ['a label without a feeling', { labels: ['sadness', 'joy', 'rage'] }, /feelings\.rage: says nothing of this label/],
    ['a feeling that is none', { feelings: { sadness: 'gloomy', joy: 'happy', neutral: 'neutral' } }, /feelings\.sadness/],
    ['an unknown field', { vocabulary: 'x' }, /vocabulary/],
    ['a file outside of its folder', { file: '../model.onnx' }, /file/],
  ])('with %s in its manifest is refused at the start', (_, changes, message) => {
    expect(() => open('bad', changes)).toThrow(expect.objectContaining({ code: 'MODEL_INVALID', message: expect.stringMatching(message) as string }) as Error);
  });

  it('whose files are not those of its manifest, or that has other labels than its graph, reads nothing', async () => {
    for (const [name, changes, code] of [['changed', { sha256: 'a'.repeat(64) }, 'MODEL_LOAD_FAILED'], ['labels', { labels: ['sadness', 'joy'], feelings: { sadness: 'sad', joy: 'happy' } }, 'INFERENCE_CRASHED']] as const) {
      const model = open(name, changes);
      await expect(model.read('the dog', never)).rejects.toMatchObject({ code });
      await model.stop();
    }
  }, 120_000);

  it('that is set and is not there refuses the start by the name of the setting', () => {
    expect(() => composeAsr(readSettings({ UNDERTONE_DATA_DIR: root, UNDERTONE_TEXT_MODEL: join(root, 'none') }, '/nonexistent'))).toThrow(/UNDERTONE_TEXT_MODEL is not valid: it is not there/);
  });
});

describe('words that a text model and lexicons read together', () => {
  it('are compared by both, in languages of the model by it alone, and by the lexicons alone without it', async () => {
    const withModel = composeAsr(readSettings({ UNDERTONE_DATA_DIR: root, UNDERTONE_TEXT_MODEL: writeTextModel(join(root, 'platform')) }, '/nonexistent'));
    const plugins = await registerPlugins([withModel.plugin()], memoryParts());
    withModel.bind(plugins);
    try {
      const check = async (text: string, language: string) => (await withModel.comparison.compare(said(text), [happy(0)], language))!.crossCheck;
      // The lexicon knows nothing of this, the model does.
      const english = await check('the dogs died', 'en');
      expect(english).toMatchObject({ lexicon: expect.stringMatching(/\+tiny-text@[0-9a-f]{12}$/) as string, language: 'en', contradictions: [{ kind: 'sad-words-happy-voice', words: expect.arrayContaining([expect.objectContaining({ text: 'the dogs died', feeling: 'sad', startSeconds: 0 })]) as unknown }] });
      expect(await check('der hund gestorben', 'de')).toMatchObject({ lexicon: expect.stringMatching(/^tiny-text@/) as string, language: 'de', reason: null, contradictions: [{ kind: 'sad-words-happy-voice' }] });
      expect(await check('我难过', 'zh')).toMatchObject({ lexicon: expect.not.stringContaining('tiny-text') as string });
      expect(await check('mort', 'fr')).toMatchObject({ agreement: null, reason: 'There is no lexicon for the language fr, only for de, en, zh.' });
      expect(withModel.facts().languages).toEqual(['de', 'en', 'zh']);
      const both = await check('died happy', 'en');
      expect(Object.keys(both.readings[0]!.feelings).sort()).toEqual(['happy', 'sad']);
    } finally {
      await plugins.stop();
    }
  }, 60_000);

  it('that are imported while the files of the model are not those of its manifest are compared by the lexicons alone, which is said', async () => {
    const broken = composeAsr(readSettings({ UNDERTONE_DATA_DIR: root, UNDERTONE_TEXT_MODEL: writeTextModel(join(root, 'broken'), { sha256: 'a'.repeat(64) }) }, '/nonexistent'));
    const plugins = await registerPlugins([broken.plugin()], memoryParts());
    broken.bind(plugins);
    try {
      const compared = await broken.comparison.compare(said('happy'), [happy(0)], 'en');
      expect(compared).toMatchObject({ crossCheck: { lexicon: expect.not.stringContaining('tiny-text') as string, readings: [{ segmentIndex: 0 }] }, warnings: [{ code: 'PLUGIN_WORDS_MODEL_FAILED', message: expect.stringContaining('(MODEL_LOAD_FAILED)') as string }] });
      expect(compared!.warnings[0]!.code.startsWith(broken.comparison.warningPrefix)).toBe(true);
    } finally {
      await plugins.stop();
    }
  }, 60_000);

  it('are compared by the lexicons alone where the model fails, which is said, and no word is lost', async () => {
    const transcriber = { id: 'canned', transcribe: () => Promise.resolve({ language: 'en', words: [{ text: 'happy', startSeconds: 0, endSeconds: 0.5, confidence: null }] }) };
    const parts: AsrCrossCheckParts = {
      transcribers: [transcriber], all: () => [transcriber], setting: 'canned', timeoutMs: 5000,
      lexicons: new Map([['en', { name: 'l', language: 'en', byFirst: new Map([['happy', [{ tokens: ['happy'], feeling: 'happy', valence: 1, intensity: 1 }]]]) }]]),
      reader: { name: 'broken', languages: ['en'], read: () => Promise.reject(new UndertoneError('INFERENCE_CRASHED', 'The text model ended.')) },
    };
    const plugins = await registerPlugins([asrCrossCheckPlugin(parts)], memoryParts());
    const steps = plugins.beginSteps();
    const outcome = anOutcome({ segments: [aSegment(0)] });
    await steps.onSegments(outcome.segments, () => Promise.resolve(new Float32Array(16_000)), never);
    const { transcript, warnings, segments } = await steps.conclude(outcome, never);
    expect(transcript?.words.map(({ text }) => text)).toEqual(['happy']);
    expect(segments[0]).toMatchObject({ text: 'happy', agreement: expect.any(Number) as number });
    expect(warnings).toMatchObject([{ code: 'PLUGIN_WORDS_MODEL_FAILED', message: expect.stringMatching(/^The text model of the plugin asr-cross-check .* The text model ended\. \(INFERENCE_CRASHED\)$/) as string }]);
    await plugins.stop();
  });
});
