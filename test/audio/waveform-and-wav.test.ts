import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { FfmpegDecoder } from '../../src/audio/ffmpeg-decoder.js';
import { MemoryPcm } from '../../src/audio/pcm-source.js';
import { wavFileBytes, writeWav } from '../../src/audio/wav-writer.js';
import { waveformPeaks, WaveformPeaksMeter } from '../../src/audio/waveform-peaks.js';
import { tone, uniformNoise, useWorkspace, wavBytes } from './support/sound-files.js';

const files = useWorkspace();

describe('waveform peaks', () => {
  it('are the lowest and highest sample of each bucket', async () => {
    const samples = new Float32Array(1000);
    samples[10] = 0.5;
    samples[20] = -0.25;
    samples[999] = 1.7;
    const peaks = await waveformPeaks(new MemoryPcm([samples]), 10);
    expect(peaks.bucketSeconds).toBeCloseTo(1000 / 16_000 / 10, 12);
    expect([...peaks.max]).toEqual([64, 0, 0, 0, 0, 0, 0, 0, 0, 127]);
    expect([...peaks.min]).toEqual([-32, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('are those of a plain computation, whatever the pieces and the number of buckets', () => {
    const samples = uniformNoise(10_007, 5);
    for (const bucketCount of [1, 7, 333, 10_007]) {
      const meter = new WaveformPeaksMeter(samples.length, bucketCount);
      for (let from = 0; from < samples.length; from += 613) meter.add(samples.subarray(from, from + 613));
      const highest = new Array<number>(bucketCount).fill(0);
      samples.forEach((x, i) => {
        const bucket = Math.floor((i * bucketCount) / samples.length);
        highest[bucket] = Math.max(highest[bucket]!, x);
      });
      expect([...meter.peaks().max]).toEqual(highest.map((x) => Math.ceil(x * 127)));
    }
  });

  it('of more buckets than samples, or of none, are zeros where nothing is', async () => {
    expect([...(await waveformPeaks(new MemoryPcm([Float32Array.of(1, -1)]), 4)).max]).toEqual([127, 0, 0, 0]);
    expect([...(await waveformPeaks(new MemoryPcm([]), 2)).max]).toEqual([0, 0]);
    await expect(waveformPeaks(new MemoryPcm([]), 0)).rejects.toThrow(RangeError);
  });
});

describe('writing WAV', () => {
  it('gives the samples back bit for bit, in 16 bits and in float', async () => {
    const original = wavBytes(uniformNoise(200_000, 6), { rateHz: 16_000 });
    const decoder = new FfmpegDecoder();
    const { pcm } = await decoder.decode(await files.put('in.wav', original), files.options());
    await writeWav(pcm, files.path('out16.wav'));
    expect((await readFile(files.path('out16.wav'))).equals(original)).toBe(true);
    expect(wavFileBytes(pcm.sampleCount, 'pcm16')).toBe(original.length);
    await writeWav(pcm, files.path('out32.wav'), 'float32');
    const again = await decoder.decode(files.path('out32.wav'), files.options());
    expect(await again.pcm.read(0, 200_000)).toEqual(await pcm.read(0, 200_000));
  });

  it('clips what is louder than full scale', async () => {
    await writeWav(new MemoryPcm([tone(100, 0.1, 16_000, 3)]), files.path('loud.wav'));
    const { pcm } = await new FfmpegDecoder().decode(files.path('loud.wav'), files.options());
    const samples = await pcm.read(0, 1600);
    expect(Math.max(...samples)).toBeCloseTo(1, 3);
    expect(Math.min(...samples)).toBe(-1);
  });
});
