import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import type { SourceInfo } from '../../src/audio/audio-decoder.js';
import { MemoryPcm } from '../../src/audio/pcm-source.js';
import { measureQuality, QualityMeter } from '../../src/audio/quality.js';
import type { AudioQuality, SpeechRegion } from '../../src/domain/analysis.js';
import { FfmpegDecoder } from '../../src/audio/ffmpeg-decoder.js';
import { tone, uniformNoise, useWorkspace, wavBytes } from './support/sound-files.js';

const files = useWorkspace();
const source: SourceInfo = { container: 'wav', codec: 'pcm_s16le', bitrateBps: 256_000, sampleRateHz: 16_000, channels: 1 };

function quality(samples: Float32Array, regions: SpeechRegion[] = [{ startSeconds: 0, endSeconds: samples.length / 16_000 }], from: SourceInfo = source): Promise<AudioQuality> {
  return measureQuality(new MemoryPcm([samples]), { source: from, integratedLoudnessLufs: -20 }, regions);
}
const concat = (...parts: Float32Array[]): Float32Array => Float32Array.from(parts.flatMap((part) => [...part]));
const rmsOfNoise = (amplitude: number): number => 20 * Math.log10(amplitude / Math.sqrt(3));

describe('levels', () => {
  it('of a sine: peak, RMS as the speech level, no offset, no clipping, no silence', async () => {
    const q = await quality(tone(440, 3, 16_000, 0.5));
    expect(q.peakDbfs).toBeCloseTo(-6.02, 2);
    expect(q.speechLevelDbfs).toBeCloseTo(-9.03, 1);
    expect(q.dcOffset).toBeCloseTo(0, 6);
    expect(q).toMatchObject({ clippingRatio: 0, silenceRatio: 0, dropoutCount: 0, durationSeconds: 3, speechSeconds: 3, integratedLoudnessLufs: -20, container: 'wav' });
  });

  it('of digital silence are null, and all of it is silence', async () => {
    const q = await quality(new Float32Array(16_000), []);
    expect(q).toMatchObject({ peakDbfs: null, speechLevelDbfs: null, snrDb: null, effectiveBandwidthHz: null, silenceRatio: 1, speechSeconds: 0, dropoutCount: 0 });
  });

  it('show a DC offset as a share of full scale', async () => {
    expect((await quality(tone(300, 2, 16_000, 0.2).map((x) => x + 0.05))).dcOffset).toBeCloseTo(0.05, 4);
  });

  it('of what is heard are the same with a DC offset and without: speech, noise under it, silence', async () => {
    const sound = concat(tone(300, 1, 16_000, 0.2), uniformNoise(32_000, 3).map((x) => x * 1e-3), tone(300, 1, 16_000, 0.2));
    const regions = [{ startSeconds: 0, endSeconds: 1 }, { startSeconds: 3, endSeconds: 4 }];
    const [centred, shifted] = [await quality(sound, regions), await quality(sound.map((x) => x + 0.2), regions)];
    expect(centred.snrDb).toBeCloseTo(20 * Math.log10(0.2 / Math.SQRT2) - rmsOfNoise(1e-3), 0);
    for (const figure of ['snrDb', 'speechLevelDbfs', 'silenceRatio'] as const) expect(shifted[figure], figure).toBeCloseTo(centred[figure]!, 1);
    expect(shifted.dcOffset).toBeCloseTo(0.2, 3);
  });

  it('take no lopsided voice for an offset', async () => {
    const lopsided = concat(tone(300, 1, 16_000, 0.9).map((x) => Math.max(x, -0.2)), uniformNoise(16_000, 3).map((x) => x * 1e-3));
    const { snrDb, dcOffset } = await quality(lopsided, [{ startSeconds: 0, endSeconds: 1 }]);
    expect(dcOffset).toBeGreaterThan(0.05);
    expect(snrDb).toBeGreaterThan(45);
  });

  it('count the silent share, whatever the gain', async () => {
    for (const gain of [1, 0.02]) {
      const part = concat(tone(300, 1, 16_000, 0.5 * gain), uniformNoise(48_000, 3).map((x) => x * 1e-4 * gain));
      expect((await quality(part)).silenceRatio).toBeCloseTo(0.75, 2);
    }
  });

  it('of an empty recording divide by nothing', async () => {
    expect(await quality(new Float32Array(0), [])).toMatchObject({ durationSeconds: 0, clippingRatio: 0, dcOffset: 0, silenceRatio: 1, peakDbfs: null });
  });
});

describe('clipping', () => {
  it('is the share of samples in flat tops', async () => {
    const clipped = tone(100, 2, 16_000, 2).map((x) => Math.max(-1, Math.min(0.99997, x)));
    // |2 sin| >= 1 for two thirds of the time.
    expect((await quality(clipped)).clippingRatio).toBeCloseTo(2 / 3, 1);
  });

  it('is not a sine that just reaches full scale', async () => {
    for (const frequencyHz of [100, 200, 1000, 3000]) expect((await quality(tone(frequencyHz, 1, 16_000, 0.99997))).clippingRatio).toBe(0);
  });

  it('is found after resampling has rounded the tops off', async () => {
    const clipped = tone(220, 2, 44_100, 1.6).map((x) => Math.max(-1, Math.min(0.99997, x)));
    const decoded = await new FfmpegDecoder().decode(await files.put('clipped.wav', wavBytes(clipped, { rateHz: 44_100 })), files.options());
    const q = await measureQuality(decoded.pcm, decoded, []);
    expect(q.clippingRatio).toBeGreaterThan(0.2);
  });
});

describe('signal-to-noise ratio', () => {
  it.each([5, 15, 30, 50])('of %d dB is found within 1 dB when there are pauses', async (wantedDb) => {
    const noiseAmplitude = 0.001;
    const toneRms = 10 ** ((rmsOfNoise(noiseAmplitude) + wantedDb) / 20);
    const samples = concat(new Float32Array(16_000), tone(500, 2, 16_000, toneRms * Math.SQRT2), new Float32Array(16_000));
    const noise = uniformNoise(samples.length, 11);
    const q = await quality(samples.map((x, i) => x + noiseAmplitude * noise[i]!), [{ startSeconds: 1, endSeconds: 3 }]);
    expect(Math.abs(q.snrDb! - wantedDb)).toBeLessThan(1);
  });

  it('comes from the quietest frames of speech where there are no pauses, and is null where nothing tells', async () => {
    const noise = uniformNoise(64_000, 12).map((x) => x * 0.001);
    const syllables = tone(500, 4, 16_000, 0.3).map((x, i) => (Math.floor(i / 3200) % 2 === 0 ? x : 0) + noise[i]!);
    expect(Math.abs((await quality(syllables)).snrDb! - (20 * Math.log10(0.3 / 2) - rmsOfNoise(0.001)))).toBeLessThan(2);
    expect((await quality(concat(new Float32Array(16_000), tone(500, 0.1, 16_000)), [{ startSeconds: 1, endSeconds: 1.1 }])).snrDb).toBeNull();
  });

  it('is not raised by muted pauses', async () => {
    const speech = uniformNoise(32_000, 13).map((x) => x * 0.1);
    const q = await quality(concat(speech, new Float32Array(32_000)), [{ startSeconds: 0, endSeconds: 2 }]);
    expect(q.snrDb).toBeLessThan(10);
  });
});

describe('effective bandwidth', () => {
  it.each([8000, 11_025, 16_000])('of noise recorded at %d Hz is half its rate, after decoding', async (rateHz) => {
    const decoded = await new FfmpegDecoder().decode(await files.put('band.wav', wavBytes(uniformNoise(rateHz * 3, 21).map((x) => x * 0.3), { rateHz })), files.options());
    const q = await measureQuality(decoded.pcm, decoded, []);
    expect(Math.abs(q.effectiveBandwidthHz! - rateHz / 2)).toBeLessThan(260);
  });

  it('of a file that calls itself 48 kHz but holds telephone sound is that of a telephone', async () => {
    const path = await files.put('telephone.wav', wavBytes(uniformNoise(24_000, 22).map((x) => x * 0.3), { rateHz: 8000 }));
    await files.ffmpeg('-i', path, '-ar', '48000', 'telephone48.flac');
    const decoded = await new FfmpegDecoder().decode(files.path('telephone48.flac'), files.options());
    const q = await measureQuality(decoded.pcm, decoded, []);
    expect(q.originalSampleRateHz).toBe(48_000);
    // ffmpeg's plain resampler, used here to make the file, leaves some images above 4 kHz.
    expect(q.effectiveBandwidthHz).toBeLessThan(4700);
  });

  it('of a tone ends just above it', async () => {
    const q = await quality(tone(3000, 2, 16_000));
    expect(Math.abs(q.effectiveBandwidthHz! - 3000)).toBeLessThan(260);
  });
});

describe('dropouts', () => {
  const speech = uniformNoise(80_000, 31).map((x) => x * 0.2);
  const withHoles = (...holes: [number, number][]): Float32Array => speech.map((x, i) => (holes.some(([from, to]) => i >= from && i < to) ? 0 : x));

  it('are runs of zeros in the middle of sound', async () => {
    expect((await quality(withHoles([20_000, 20_320], [40_000, 41_600], [60_000, 60_160]))).dropoutCount).toBe(3);
    expect((await quality(speech)).dropoutCount).toBe(0);
  });

  it('are neither single zeros, nor muted pauses, nor outside speech', async () => {
    expect((await quality(withHoles([20_000, 20_040]))).dropoutCount).toBe(0);
    expect((await quality(withHoles([20_000, 60_000]))).dropoutCount).toBe(0);
    expect((await quality(withHoles([20_000, 20_320]), [{ startSeconds: 2, endSeconds: 5 }])).dropoutCount).toBe(0);
  });

  it('are not looked for in sound of eight bits, whose pauses are zeros', async () => {
    expect((await quality(withHoles([20_000, 20_320]), undefined, { ...source, codec: 'pcm_u8' })).dropoutCount).toBe(0);
  });
});

describe('one pass', () => {
  it('gives the same whatever the pieces', async () => {
    const samples = uniformNoise(100_003, 41).map((x, i) => (Math.floor(i / 5000) % 3 === 0 ? 0 : x));
    const regions = [{ startSeconds: 0.5, endSeconds: 3 }];
    const whole = await quality(samples, regions);
    const meter = new QualityMeter();
    for (let from = 0, step = 1; from < samples.length; from += step, step = (step * 7) % 9973) await meter.add(samples.subarray(from, from + step));
    expect(await meter.report({ source, integratedLoudnessLufs: -20 }, regions)).toEqual(whole);
    expect(meter.levelDbfs(0, 0.3)).toBeNull();
    expect(meter.levelDbfs(0.4, 0.6)).toBeCloseTo(rmsOfNoise(1), 0);
  });

  it('never holds up the event loop for long', async () => {
    const samples = uniformNoise(16_000 * 60, 42);
    await quality(samples);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    await quality(samples);
    delay.disable();
    // 20 ms is the aim; the median slice is far under it even on a busy machine.
    expect(delay.percentile(50) / 1e6).toBeLessThan(20);
  });
});
