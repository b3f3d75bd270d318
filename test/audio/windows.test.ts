import { describe, expect, it } from 'vitest';
import { DOUBTFUL_PROBABILITY, gapKind, gapsBetween, gateRecording, gateWarnings, gateWindow, inContext, SHORT_SPEECH_AT_LEAST, SPEECH_AT_LEAST, SPEECH_SURELY, speechInside } from '../../src/audio/gate.js';
import type { WindowSound } from '../../src/audio/gate.js';
import { findSpeechRegions, PROBABILITY_FRAME_SECONDS, totalSeconds } from '../../src/audio/speech-regions.js';
import { cutWindows, rawWindow, withMargins } from '../../src/audio/windows.js';
import type { WindowSpan } from '../../src/audio/windows.js';
import type { SpeechRegion } from '../../src/domain/analysis.js';
import { uniformNoise } from './support/sound-files.js';

const region = (startSeconds: number, endSeconds: number): SpeechRegion => ({ startSeconds, endSeconds });
const flat = (durationSeconds: number, value = 0.9): Float32Array => new Float32Array(Math.ceil(durationSeconds / PROBABILITY_FRAME_SECONDS)).fill(value);
const cut = (regions: SpeechRegion[], durationSeconds: number, probabilities = flat(durationSeconds), maxWindowSeconds = 15): WindowSpan[] =>
  cutWindows({ regions, probabilities, durationSeconds, maxWindowSeconds });
const spans = (windows: WindowSpan[]): [number, number][] => windows.map((window) => [window.startSeconds, window.endSeconds]);

describe('windows', () => {
  it('follow speech, keep short pauses and leave out long ones', () => {
    const windows = cut([region(1, 3), region(3.25, 6), region(10, 13)], 20);
    expect(spans(windows)).toEqual([[1, 6], [10, 13]]);
    expect(windows.map((window) => window.speechSeconds)).toEqual([4.75, 3]);
  });

  it('end at the longest pause near the limit', () => {
    const windows = cut([region(0, 6), region(6.3, 9), region(9.8, 14), region(14.2, 25)], 25);
    expect(spans(windows)).toEqual([[0, 9], [9.8, 14], [14.2, 25]]);
  });

  it('of speech without a pause end where it sounds least like speech, in the last third', () => {
    const probabilities = flat(20);
    probabilities[Math.round(4 / PROBABILITY_FRAME_SECONDS)] = 0.1;
    probabilities[Math.round(12.8 / PROBABILITY_FRAME_SECONDS)] = 0.4;
    const [first, second] = spans(cut([region(0, 20)], 20, probabilities));
    expect(first![1]).toBeGreaterThan(12.7);
    expect(first![1]).toBeLessThan(12.9);
    expect(second).toEqual([first![1], 20]);
  });

  it('leave no scrap at the end of long speech', () => {
    for (const durationSeconds of [15.01, 15.4, 16, 30.2, 31]) {
      for (const window of cut([region(0, durationSeconds)], durationSeconds)) expect(window.endSeconds - window.startSeconds).toBeGreaterThanOrEqual(1);
    }
  });

  it('join a short one to its neighbour, or take in some of the pause around', () => {
    expect(spans(cut([region(1, 4), region(5.5, 6)], 10))).toEqual([[1, 6]]);
    expect(spans(cut([region(1, 4), region(8, 8.4)], 10))).toEqual([[1, 4], [7.7, 8.7]]);
    expect(spans(cut([region(9.7, 10)], 10))).toEqual([[9, 10]]);
    expect(spans(cut([region(0, 0.3)], 10))).toEqual([[0, 1]]);
  });

  it('are one for a recording under a second', () => {
    expect(cut([region(0.2, 0.6)], 0.8)).toEqual([{ startSeconds: 0, endSeconds: 0.8, speechSeconds: expect.closeTo(0.4, 9) as number }]);
  });

  it('are one without speech: the whole, or its most speech-like stretch within the limit', () => {
    expect(cut([], 8)).toEqual([{ startSeconds: 0, endSeconds: 8, speechSeconds: 0 }]);
    const probabilities = flat(100, 0.01);
    probabilities.fill(0.3, Math.round(50 / PROBABILITY_FRAME_SECONDS), Math.round(64 / PROBABILITY_FRAME_SECONDS));
    const [window, ...others] = cut([], 100, probabilities);
    expect(others).toEqual([]);
    expect(window!.endSeconds - window!.startSeconds).toBeCloseTo(15, 6);
    expect(window!.startSeconds).toBeLessThanOrEqual(50);
    expect(window!.endSeconds).toBeGreaterThanOrEqual(64);
    expect(cut([], 0)).toEqual([]);
  });

  it('are one for a raw analysis, however long', () => {
    expect(rawWindow(1234.5, [region(1, 3)])).toEqual({ startSeconds: 0, endSeconds: 1234.5, speechSeconds: 2 });
  });

  it('never overlap, exceed the limit, leave the recording or lose speech, whatever the speech', () => {
    for (let seed = 1; seed <= 60; seed++) {
      let level = 0.5;
      const frames = 200 + seed * 150;
      const durationSeconds = frames * PROBABILITY_FRAME_SECONDS;
      const drift = seed % 3 === 0 ? 0.02 : seed % 3 === 1 ? 0 : -0.01;
      const probabilities = uniformNoise(frames, seed).map((x) => (level = Math.min(1, Math.max(0, level + 0.15 * x + drift))));
      const regions = findSpeechRegions(probabilities, durationSeconds);
      const maxWindowSeconds = seed % 2 === 0 ? 15 : 6;
      const windows = cut(regions, durationSeconds, probabilities, maxWindowSeconds);
      let speechSeconds = 0;
      let before = 0;
      for (const { startSeconds, endSeconds, speechSeconds: inside } of windows) {
        expect(startSeconds).toBeGreaterThanOrEqual(before - 1e-9);
        expect(endSeconds).toBeLessThanOrEqual(durationSeconds + 1e-9);
        expect(endSeconds - startSeconds).toBeLessThanOrEqual(maxWindowSeconds + 1e-9);
        expect(endSeconds - startSeconds).toBeGreaterThan(0.3);
        expect(inside).toBeLessThanOrEqual(endSeconds - startSeconds + 1e-9);
        before = endSeconds;
        speechSeconds += inside;
      }
      expect(speechSeconds).toBeCloseTo(totalSeconds(regions), 6);
    }
  });
});

describe('the gate', () => {
  const window = (speechSeconds: number): WindowSpan => ({ startSeconds: 0, endSeconds: 2, speechSeconds });
  const sound = (speech: number, singing = 0, music = 0): WindowSound => ({ speech, singing, music, noise: 1 - speech - singing - music });

  const heard = (speechSeconds: number, levelDbfs: number | null, of: WindowSound, peakProbability = speechSeconds > 0 ? 0.9 : 0.3) => gateWindow(window(speechSeconds), { levelDbfs, peakProbability, sound: of });

  it('believes voice activity unless the sound is unlike speech', () => {
    expect([heard(1.5, -20, sound(0.9)), heard(1.5, -60, sound(SPEECH_AT_LEAST, 0.6))]).toEqual(['speech', 'speech']);
    expect([heard(1.5, -20, sound(SPEECH_AT_LEAST - 0.01, 0.6)), heard(1.5, -20, sound(0.01, 0.3, 0.6)), heard(1.5, -20, sound(0.01, 0.2, 0.1))]).toEqual(['singing', 'music', 'noise']);
  });

  it('believes voice activity more in less than a second, and does not without it', () => {
    const short = (speechSeconds: number, seconds: number, speech: number) => gateWindow({ startSeconds: 3, endSeconds: 3 + seconds, speechSeconds }, { levelDbfs: -20, peakProbability: 0.9, sound: sound(speech) });
    expect([short(0.4, 0.5, SHORT_SPEECH_AT_LEAST), short(0.4, 0.5, SHORT_SPEECH_AT_LEAST - 0.01)]).toEqual(['speech', 'noise']);
    expect([short(0, 0.5, 0.6), short(0.4, 1, SPEECH_AT_LEAST - 0.01)]).toEqual(['noise', 'noise']);
  });

  it('without voice activity takes a sound for speech only when that is nearly sure and voice activity in doubt', () => {
    expect(heard(0, -20, sound(SPEECH_SURELY))).toBe('speech');
    expect(heard(0, -20, sound(SPEECH_SURELY), DOUBTFUL_PROBABILITY - 0.01)).toBe('noise');
    expect([heard(0, -20, sound(SPEECH_SURELY - 0.01)), heard(0, -20, sound(0.2, 0, 0.7))]).toEqual(['noise', 'music']);
  });

  it('hears a window among its neighbours, and one alone as it is', () => {
    const spans = [0, 5, 10, 100].map((start) => ({ startSeconds: start, endSeconds: start + 4 }));
    const held = inContext(spans, [sound(0.95), sound(0.3, 0.6), sound(0.95), sound(0.3, 0.6)]);
    expect(held[1]!.speech).toBeCloseTo(1 / (1 + Math.sqrt((0.7 / 0.3) * (0.05 / 0.95))), 6);
    expect(held[3]).toEqual(sound(0.3, 0.6));
    for (const each of held) expect(each.speech + each.singing + each.music + each.noise).toBeCloseTo(1, 6);
    const song = inContext(spans, [sound(0.05, 0.9), sound(0.45, 0.5), sound(0.05, 0.9), sound(1)]);
    expect(song[1]!.speech).toBeLessThan(SPEECH_AT_LEAST);
    expect(song[3]).toEqual(sound(1));
    expect(inContext([], [])).toEqual([]);
  });

  it('takes what cannot be heard for silence, but not a faint voice', () => {
    expect([heard(0, -60, sound(0.9)), heard(0, -60, sound(0.1)), heard(0, -71, sound(1)), heard(0, null, sound(1))]).toEqual(['speech', 'silence', 'silence', 'silence']);
  });

  it('says for the recording what was left out, by kind, and why', () => {
    const speech = { ...window(1.5), gate: 'speech' as const };
    const song = { startSeconds: 3, endSeconds: 5.5, speechSeconds: 2, gate: 'singing' as const };
    const mixed = gateRecording([speech, song, { startSeconds: 6, endSeconds: 7, speechSeconds: 0, gate: 'noise' }], 10);
    expect(mixed).toMatchObject({ kind: 'speech', speechSeconds: 1.5, leftOutSeconds: 8, leftOut: [{ kind: 'singing', seconds: 2.5 }, { kind: 'noise', seconds: 1 }, { kind: 'silence', seconds: 4.5 }] });
    expect(mixed.reason).toBe('1.5 s of speech in 10.0 s; 2.5 s of singing, 1.0 s of noise, 4.5 s of pauses are left out.');
    expect(gateWarnings(mixed)).toMatchObject([{ code: 'NOT_SPEECH', message: expect.stringContaining('2.5 s of singing, 1.0 s of noise') as string }]);
    expect(gateRecording([song, { startSeconds: 6, endSeconds: 7, speechSeconds: 0, gate: 'music' }], 60)).toMatchObject({ kind: 'singing', speechSeconds: 0, leftOutSeconds: 60 });
    expect(gateWarnings(gateRecording([speech], 10))).toEqual([]);
    expect(gateRecording([{ ...window(0), gate: 'silence' }], 2)).toMatchObject({ kind: 'silence', leftOutSeconds: 2 });
    expect(gateRecording([{ ...window(0), gate: 'noise' }], 2)).toMatchObject({ kind: 'noise', leftOutSeconds: 2 });
    expect(gateRecording([{ ...window(0), gate: 'bypassed' }], 2)).toMatchObject({ kind: 'bypassed', leftOutSeconds: 0 });
    expect(gateRecording([speech], 2).reason).toBe('1.5 s of speech in 2.0 s; nothing is left out.');
  });

  it('names what is heard between the windows, and leaves short pauses and rooms alone', () => {
    const speech = { startSeconds: 5, endSeconds: 20, speechSeconds: 14, gate: 'speech' as const };
    const gaps = gapsBetween([speech, { ...speech, startSeconds: 22, endSeconds: 40 }], 72, 15);
    expect(gaps).toEqual([region(0, 5), region(40, 55), region(55, 70), region(70, 72)]);
    expect(gapsBetween([], 0, 15)).toEqual([]);
    expect([gapKind(-20, sound(0.1, 0, 0.8)), gapKind(-20, sound(0.9)), gapKind(-20, sound(0.2, 0.35, 0.3)), gapKind(-70, sound(0, 0, 1)), gapKind(-30, sound(0.1))]).toEqual(['music', 'silence', 'silence', 'silence', 'noise']);
    const judged = gateRecording([speech], 72, gaps.slice(1).map((gap) => ({ ...gap, kind: 'music' as const })));
    expect(judged.leftOut).toEqual([{ kind: 'music', seconds: 32 }, { kind: 'silence', seconds: 25 }]);
  });

  it('takes what is not speech out of the speech regions, and no more', () => {
    const windows = [{ startSeconds: 0, endSeconds: 4, speechSeconds: 3, gate: 'speech' as const }, { startSeconds: 4, endSeconds: 9, speechSeconds: 4, gate: 'music' as const }];
    expect(speechInside([region(0.5, 3), region(3.5, 5), region(6, 7), region(8, 10)], windows)).toEqual([region(0.5, 3), region(3.5, 4), region(9, 10)]);
    expect(speechInside([region(1, 12)], windows)).toEqual([region(1, 4), region(9, 12)]);
  });
});

describe('margins of windows', () => {
  const span = (startSeconds: number, endSeconds: number) => ({ startSeconds, endSeconds, speechSeconds: endSeconds - startSeconds });

  it('take in what is around, never past the recording or the middle of a pause, and leave the speech as it was counted', () => {
    const windows = withMargins([span(0.5, 2), span(2.4, 4), span(8, 9)], 0.7, { durationSeconds: 9.2, maxWindowSeconds: 15 });
    expect(spans(windows)).toEqual([[0, 2.2], [2.2, 4.7], [7.3, 9.2].map((edge) => expect.closeTo(edge, 9) as number)]);
    expect(windows.map((window) => window.speechSeconds)).toEqual([1.5, 1.6, 1].map((seconds) => expect.closeTo(seconds, 9) as number));
  });

  it('never make a window longer than the model takes', () => {
    const [window] = withMargins([span(2, 16.8)], 0.7, { durationSeconds: 30, maxWindowSeconds: 15 });
    expect(window!.endSeconds - window!.startSeconds).toBeCloseTo(15, 9);
  });
});
