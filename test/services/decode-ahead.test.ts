import { describe, expect, it, vi } from 'vitest';
import type { DecodedAudio } from '../../src/audio/audio-decoder.js';
import { createDecodeAhead } from '../../src/services/decode-ahead.js';

/** Decodes that end when the test says so, and samples that remember whether they were given back. */
function bench(slots: number) {
  const disposed: string[] = [];
  const begun: string[] = [];
  const audio = (path: string): DecodedAudio => ({
    pcm: { sampleCount: 1, read: () => Promise.resolve(new Float32Array(1)), dispose: () => Promise.resolve(void disposed.push(path)) },
    source: { container: 'wav', codec: 'pcm', bitrateBps: null, sampleRateHz: 16_000, channels: 1 }, integratedLoudnessLufs: null, truncated: false, holes: [],
  });
  const ahead = createDecodeAhead({
    slots,
    decode: (path) => {
      begun.push(path);
      return path === 'bad' ? Promise.reject(new Error('gone')) : Promise.resolve(audio(path));
    },
  });
  return { ahead, begun, disposed };
}

describe('decoding ahead', () => {
  it('hands the samples to the first who asks for those bytes, and nothing to the second', async () => {
    const { ahead, disposed } = bench(2);
    ahead.begin('aa', 'a', 100);
    expect(ahead.take('bb')).toBeNull();
    expect((await ahead.take('aa'))?.pcm.sampleCount).toBe(1);
    expect(ahead.take('aa')).toBeNull();
    expect(disposed).toEqual([]);
  });

  it('does not begin more than its slots, nor a large file, nor the same bytes twice', () => {
    const { ahead, begun } = bench(2);
    ahead.begin('big', 'big', 9 * 1024 * 1024);
    for (const name of ['a', 'a', 'b', 'c']) ahead.begin(name, name, 100);
    expect(begun).toEqual(['a', 'b']);
  });

  it('gives the samples back when nobody comes for them, and has room again', async () => {
    vi.useFakeTimers();
    try {
      const { ahead, begun, disposed } = bench(1);
      ahead.begin('aa', 'a', 100);
      await vi.advanceTimersByTimeAsync(10_001);
      expect(disposed).toEqual(['a']);
      expect(ahead.take('aa')).toBeNull();
      ahead.begin('bb', 'b', 100);
      expect(begun).toEqual(['a', 'b']);
    } finally {
      vi.useRealTimers();
    }
  });

  it('tells a failure to who takes it, and harms nobody when nobody does', async () => {
    const { ahead } = bench(2);
    ahead.begin('aa', 'bad', 100);
    await expect(ahead.take('aa')).rejects.toThrow('gone');
    ahead.begin('bb', 'bad', 100);
    await Promise.resolve();
  });
});
