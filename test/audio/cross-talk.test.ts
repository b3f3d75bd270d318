import { describe, expect, it } from 'vitest';
import { BLOCK_SAMPLES, ChannelComparison } from '../../src/audio/channel-likeness.js';
import { findCrossTalk } from '../../src/audio/cross-talk.js';
import { cutSpeakerWindows } from '../../src/audio/speaker-windows.js';
import { coveredSeconds } from '../../src/domain/intervals.js';
import type { PcmSource } from '../../src/domain/pcm.js';
import type { SpokenStretch } from '../../src/domain/speaker-turns.js';
import { seededRandom } from '../../src/domain/bootstrap.js';

const RATE = 16_000;
const SIGNAL = new AbortController().signal;
const span = (startSeconds: number, endSeconds: number) => ({ startSeconds, endSeconds });

/** Broadband and unlike any other seed's, as two voices are. */
function voice(seconds: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: Math.round(seconds * RATE) }, () => 0.4 * (random() - 0.5));
}

function pcmOf(samples: Float32Array): PcmSource {
  return { sampleCount: samples.length, read: (from, to) => Promise.resolve(samples.slice(from, to)), dispose: () => Promise.resolve() };
}

/** `own` where it speaks, and the other's voice at `gain`, late by `lag` samples, over a faint noise. */
function channel(own: Float32Array, other: Float32Array, gain: number, lag = 40): Float32Array {
  const noise = voice(own.length / RATE, 77);
  return own.map((sample, i) => sample + gain * (other[i - lag] ?? 0) + 0.002 * noise[i]!);
}

/** Left speaks from 1 to 5 s, right from 6 to 10 s. */
const left = voice(12, 1).map((sample, i) => (i >= RATE && i < 5 * RATE ? sample : 0));
const right = voice(12, 2).map((sample, i) => (i >= 6 * RATE && i < 10 * RATE ? sample : 0));
const EVERYWHERE = [span(1, 5), span(6, 10)];

describe('two channels compared', () => {
  it('resemble each other fully when one is a late, quiet copy, and hardly when they are independent', () => {
    const comparison = new ChannelComparison();
    const [a, b] = [voice(1, 5), voice(1, 6)];
    const late = a.map((_, i) => -0.1 * (a[i - 300] ?? 0));
    const copy = comparison.compare(a.subarray(0, BLOCK_SAMPLES), late.subarray(0, BLOCK_SAMPLES));
    expect(copy.correlation).toBeGreaterThan(0.9);
    expect(copy.levelDifferenceDb).toBeCloseTo(20, 0);
    expect(comparison.compare(a.subarray(0, BLOCK_SAMPLES), b.subarray(0, BLOCK_SAMPLES)).correlation).toBeLessThan(0.1);
  });

  it('do not resemble each other where one is silent', () => {
    expect(new ChannelComparison().compare(voice(0.5, 1), new Float32Array(8000)).correlation).toBe(0);
  });
});

describe('cross-talk', () => {
  it('is what the quieter channel has of the other voice, and is taken away', async () => {
    const found = await findCrossTalk([pcmOf(channel(left, right, 0.1)), pcmOf(channel(right, left, 0.05))], [EVERYWHERE, EVERYWHERE], SIGNAL);
    expect(found.isAlike).toBe(false);
    expect(found.own).toEqual([[span(1, 5)], [span(6, 10)]]);
    expect(found.leaks.map((leak) => coveredSeconds(leak))).toEqual([4, 4]);
    expect(found.leakDb[0]).toBeCloseTo(-20, 0);
    expect(found.leakDb[1]).toBeCloseTo(-26, 0);
  });

  it('is not seen in speech of its own, also when both talk at once', async () => {
    const both = [span(1, 9)];
    const found = await findCrossTalk([pcmOf(voice(10, 11)), pcmOf(voice(10, 12).map((sample) => sample / 4))], [both, both], SIGNAL);
    expect(found).toEqual({ isAlike: false, leaks: [[], []], own: [both, both], leakDb: [null, null] });
  });

  it('leaves a clean call as it is, without reading a sample', async () => {
    const unread: PcmSource = { sampleCount: 1e9, read: () => Promise.reject(new Error('read')), dispose: () => Promise.resolve() };
    const found = await findCrossTalk([unread, unread], [[span(0, 5)], [span(6, 9)]], SIGNAL);
    expect(found.own).toEqual([[span(0, 5)], [span(6, 9)]]);
  });

  it.each([
    ['the same sound twice', 1],
    ['a copy at another volume', 0.4],
    ['a copy turned over', -0.9],
  ])('is not what %s is: those channels are alike', async (_what, gain) => {
    const mix = left.map((sample, i) => sample + right[i]!);
    const found = await findCrossTalk([pcmOf(channel(mix, mix, 0)), pcmOf(channel(mix.map((sample) => gain * sample), mix, 0))], [EVERYWHERE, EVERYWHERE], SIGNAL);
    expect(found.isAlike).toBe(true);
  });

  it('at nearly the level of the voice means one room on two microphones: those are alike', async () => {
    const found = await findCrossTalk([pcmOf(channel(left, right, 0.7)), pcmOf(channel(right, left, 0.7))], [EVERYWHERE, EVERYWHERE], SIGNAL);
    expect(found.isAlike).toBe(true);
  });

  it('is still cross-talk when only one of the two ever speaks', async () => {
    const found = await findCrossTalk([pcmOf(left), pcmOf(channel(new Float32Array(left.length), left, 0.1))], [[span(1, 5)], [span(1, 5)]], SIGNAL);
    expect(found).toMatchObject({ isAlike: false, own: [[span(1, 5)], []] });
  });
});

describe('windows of one speaker on a shared channel', () => {
  const says = (speaker: string, startSeconds: number, endSeconds: number): SpokenStretch => ({ speaker, startSeconds, endSeconds });
  const windowsOf = (stretches: readonly SpokenStretch[], regions = [span(0, 30)], durationSeconds = 30) =>
    cutSpeakerWindows({ stretches, regions, probabilities: new Float32Array(1000).fill(0.9), durationSeconds, maxWindowSeconds: 15, marginSeconds: 0.7 });

  it('leave overlapped speech out, and end where the other begins', () => {
    const windows = windowsOf([says('a', 1, 6), says('b', 5, 9)]);
    expect(windows.map(({ speaker, startSeconds, endSeconds, speechSeconds }) => [speaker, Number(startSeconds.toFixed(2)), endSeconds, speechSeconds])).toEqual([['a', 0.3, 5, 4], ['b', 6, 9.7, 3]]);
  });

  it('never hold another\'s speech, not even where short speech would be joined or lengthened', () => {
    const stretches = [says('a', 1, 1.8), says('b', 1.9, 2.6), says('a', 2.7, 3.4), says('b', 3.4, 3.8), says('a', 3.9, 9), says('a', 9.2, 20)];
    const windows = windowsOf(stretches);
    expect(new Set(windows.map(({ speaker }) => speaker))).toEqual(new Set(['a', 'b']));
    for (const window of windows) {
      for (const other of stretches.filter(({ speaker }) => speaker !== window.speaker)) {
        expect(Math.min(window.endSeconds, other.endSeconds) - Math.max(window.startSeconds, other.startSeconds)).toBeLessThanOrEqual(1e-9);
      }
    }
  });

  it('are not where no speech was heard, whatever the diarizer marks', () => {
    const windows = windowsOf([says('a', 1, 4), says('b', 10, 14)], [span(0, 5)]);
    expect(windows.map(({ speaker }) => speaker)).toEqual(['a']);
  });

  it('are none of a speaker who is never alone', () => {
    expect(windowsOf([says('a', 1, 9), says('b', 3, 6)]).map(({ speaker }) => speaker)).toEqual(['a', 'a']);
  });
});
