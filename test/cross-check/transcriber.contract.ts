import { describe, expect, it } from 'vitest';
import type { PcmSource } from '../../src/domain/pcm.js';
import type { Transcriber } from '../../src/plugins/contract.js';

export function pcmOf(samples: Float32Array): PcmSource {
  return { sampleCount: samples.length, read: (from, to) => Promise.resolve(samples.slice(from, to)), dispose: () => Promise.resolve() };
}

export interface TranscriberUnderTest {
  readonly make: () => Transcriber;
  /** Speech, or what this one takes for it. */
  readonly spoken: () => Float32Array;
  /** A word that it hears there. */
  readonly word: string;
}

/** What every transcriber must do. */
export function describeTranscriber(name: string, { make, spoken, word }: TranscriberUnderTest): void {
  describe(`the transcriber ${name}`, () => {
    const never = new AbortController().signal;

    it('says that it can work, and has an id', () => {
      const transcriber = make();
      expect(transcriber.unavailable?.() ?? null).toBeNull();
      expect(transcriber.id).toMatch(/^[a-z0-9][a-z0-9-]*$/);
    });

    it('gives words in the order of time, inside of what it was given', async () => {
      const samples = spoken();
      const { words, language } = await make().transcribe(pcmOf(samples), { language: null }, never);
      expect(words.map(({ text }) => text.toLowerCase())).toContain(word);
      expect(language === null || /^[a-z]{2,3}/.test(language)).toBe(true);
      const seconds = samples.length / 16_000;
      words.forEach(({ startSeconds, endSeconds, confidence, text }, i) => {
        expect(startSeconds).toBeGreaterThanOrEqual(words[i - 1]?.startSeconds ?? 0);
        expect(endSeconds).toBeGreaterThanOrEqual(startSeconds);
        expect(endSeconds).toBeLessThanOrEqual(seconds + 0.1);
        expect(confidence === null || (confidence >= 0 && confidence <= 1)).toBe(true);
        expect(text.trim()).not.toBe('');
      });
    }, 60_000);

    it('gives the same for the same samples', async () => {
      const transcriber = make();
      const first = await transcriber.transcribe(pcmOf(spoken()), { language: 'en' }, never);
      expect(await transcriber.transcribe(pcmOf(spoken()), { language: 'en' }, never)).toEqual(first);
    }, 60_000);

    it('hears no such word in silence', async () => {
      const { words } = await make().transcribe(pcmOf(new Float32Array(16_000)), { language: 'en' }, never);
      expect(words.map(({ text }) => text.toLowerCase())).not.toContain(word);
    }, 60_000);

    it('stops when it is aborted, before it begins and after', async () => {
      await expect(make().transcribe(pcmOf(spoken()), { language: null }, AbortSignal.abort())).rejects.toThrow(/abort/i);
      const stop = new AbortController();
      const running = make().transcribe(pcmOf(spoken()), { language: null }, stop.signal);
      stop.abort();
      await expect(running).rejects.toThrow(/abort/i);
    }, 60_000);
  });
}
