import { describe, expect, it } from 'vitest';
import type { Transcriber } from '../../src/plugins/contract.js';
import { chooseTranscriber } from '../../src/plugins/asr-cross-check/choose-transcriber.js';

const one = (id: string, problem: string | null = null): Transcriber => ({ id, unavailable: () => problem, transcribe: () => Promise.resolve({ language: null, words: [] }) });
const chosen = (all: readonly Transcriber[], setting: string) => {
  const { transcriber, reason } = chooseTranscriber(all, setting);
  return transcriber?.id ?? reason;
};

describe('choosing a transcriber', () => {
  const builtIn = [one('pocketsphinx'), one('sherpa-onnx', 'no model.'), one('openai', 'no address.')];
  it.each<[string, readonly Transcriber[], string, string]>([
    ['a plugin\'s own before the built-in ones', [one('sherpa-onnx'), one('own')], 'auto', 'own'],
    ['the service before a model, where somebody named one', [one('sherpa-onnx'), one('openai')], 'auto', 'openai'],
    ['a model where that is all there is', [one('sherpa-onnx'), one('openai', 'no.')], 'auto', 'sherpa-onnx'],
    ['nobody because a program happens to be installed', builtIn, 'auto', 'no address. no model.'],
    ['that program where it is named', builtIn, 'pocketsphinx', 'pocketsphinx'],
    ['nobody where it is turned off', [one('own')], 'none', 'Transcription is turned off (UNDERTONE_TRANSCRIBER=none).'],
    ['nobody else where the named one cannot work', [one('own'), ...builtIn], 'openai', 'no address.'],
    ['nobody where no such one is loaded', builtIn, 'whisper', 'No transcriber is called as UNDERTONE_TRANSCRIBER says; there are pocketsphinx, sherpa-onnx, openai.'],
    ['nobody where none is loaded', [], 'auto', 'No transcriber is loaded.'],
  ])('takes %s', (_what, all, setting, expected) => {
    expect(chosen(all, setting)).toBe(expected);
  });
});
