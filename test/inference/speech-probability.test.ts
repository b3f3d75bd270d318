import { createRequire } from 'node:module';
import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResidentListening } from '../../src/inference/resident-listening.js';
import { createResidentListening } from '../../src/inference/resident-listening.js';
import { FfmpegDecoder } from '../../src/audio/ffmpeg-decoder.js';
import { findGate } from '../../src/inference/gate-model.js';
import { codeOf, worstDifference } from './inference-bench.js';

const RATE = 16_000;
let detector: ResidentListening;
beforeAll(() => {
  detector = createResidentListening({ modelDirs: ['models'] });
});
afterAll(() => detector.stop());

/** Buzzing vowels at a syllable's pace: a pulse train through three resonances, enough of a voice for a detector. */
function voice(seconds: number): Float32Array {
  const samples = new Float32Array(Math.round(seconds * RATE));
  let phase = 0;
  for (let i = 0; i < samples.length; i++) {
    phase += (120 + 25 * Math.sin((i / RATE) * 7)) / RATE;
    if (phase >= 1) {
      phase -= 1;
      samples[i] = 1;
    }
  }
  const vowels = [[730, 1090, 2440], [270, 2290, 3010], [300, 870, 2240], [530, 1840, 2480]] as const;
  for (const formant of [0, 1, 2] as const) {
    const radius = Math.exp((-Math.PI * (60 + 40 * formant)) / RATE);
    let [last, beforeLast] = [0, 0];
    for (let i = 0; i < samples.length; i++) {
      const vowel = vowels[Math.floor(i / (RATE * 0.22)) % vowels.length]!;
      const now = samples[i]! * (1 - radius) + 2 * radius * Math.cos((2 * Math.PI * vowel[formant]) / RATE) * last - radius * radius * beforeLast;
      beforeLast = last;
      last = now;
      samples[i] = now;
    }
  }
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  return samples.map((sample, i) => (0.5 * sample * Math.abs(Math.sin((Math.PI * i) / (RATE * 0.22)))) / peak);
}

/** White noise from a fixed seed. */
function noise(seconds: number): Float32Array {
  let seed = 12_345;
  return Float32Array.from({ length: Math.round(seconds * RATE) }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return 0.2 * (seed / 2 ** 30 - 1);
  });
}

const shareAbove = (probabilities: Float32Array): number => probabilities.filter((probability) => probability > 0.5).length / probabilities.length;

describe('the speech detector', () => {
  it('hears a voice, and none in noise, a chord or silence', async () => {
    const chord = Float32Array.from({ length: 4 * RATE }, (_, i) => [262, 330, 392].reduce((sum, hz) => sum + 0.15 * Math.sin((2 * Math.PI * hz * i) / RATE), 0));
    const shares = [];
    for (const samples of [voice(4), noise(4), chord, new Float32Array(4 * RATE)]) shares.push(shareAbove((await detector.probabilities(samples, null)).probabilities));
    expect(shares[0]).toBeGreaterThan(0.6);
    for (const share of shares.slice(1)) expect(share).toBeLessThan(0.05);
  });

  it('gives one probability per 512 samples, the last piece padded, and says nothing of an empty piece', async () => {
    expect((await detector.probabilities(new Float32Array(512 * 3 + 1), null)).probabilities).toHaveLength(4);
    expect((await detector.probabilities(new Float32Array(0), null)).probabilities).toHaveLength(0);
  });

  it('gives the same over pieces with their state as over the whole', async () => {
    const samples = voice(3);
    const whole = await detector.probabilities(samples, null);
    const first = await detector.probabilities(samples.subarray(0, 512 * 40), null);
    const second = await detector.probabilities(samples.subarray(512 * 40), first.state);
    expect(worstDifference([...first.probabilities, ...second.probabilities], whole.probabilities)).toBeLessThan(1e-6);
    expect(first.state.recurrent).toHaveLength(256);
    expect(worstDifference(first.state.context, samples.subarray(512 * 40 - 64, 512 * 40))).toBe(0);
  });

  it('agrees with the published graph, which takes one window a run, to a hundred thousandth', async () => {
    const file = join(dirname(createRequire(import.meta.url).resolve('@ricky0123/vad-web')), 'silero_vad_v6.onnx');
    const session = await InferenceSession.create(file, { intraOpNumThreads: 1 });
    const samples = Float32Array.from([...voice(2), ...noise(1), ...new Float32Array(RATE / 2), ...voice(0.7)]);
    const expected = [];
    let state = new Float32Array(256);
    const window = new Float32Array(576);
    for (let from = 0; from < samples.length; from += 512) {
      window.fill(0, 64);
      window.set(samples.subarray(from, from + 512), 64);
      const outputs = await session.run({ input: new Tensor('float32', window, [1, 576]), state: new Tensor('float32', state, [2, 1, 128]), sr: new Tensor('int64', BigInt64Array.of(16_000n), []) });
      expected.push((outputs['output']!.data as Float32Array)[0]!);
      state = outputs['stateN']!.data as Float32Array<ArrayBuffer>;
      window.copyWithin(0, 512);
    }
    await session.release();
    expect(worstDifference((await detector.probabilities(samples, null)).probabilities, expected)).toBeLessThan(1e-5);
    expect(Math.max(...expected) - Math.min(...expected)).toBeGreaterThan(0.8);
  });

  it('keeps recordings at the same time apart', async () => {
    const clips = [voice(2), noise(2), voice(1.5), noise(1)];
    const alone = [];
    for (const samples of clips) alone.push((await detector.probabilities(samples, null)).probabilities);
    const together = await Promise.all(clips.map((samples) => detector.probabilities(samples, null)));
    for (const [i, answer] of together.entries()) expect(worstDifference(answer.probabilities, alone[i]!)).toBe(0);
  });

  it('refuses samples that are not finite and a call that was aborted', async () => {
    expect(await codeOf(detector.probabilities(Float32Array.of(0, NaN, 0), null))).toBe('BAD_INPUT');
    const reason = new Error('the caller went away');
    expect(await codeOf(detector.probabilities(new Float32Array(512), null, AbortSignal.abort(reason)))).toBe(reason);
  });

  it('leaves the event loop of the caller free while it works', async () => {
    await detector.probabilities(new Float32Array(512), null);
    const samples = noise(120);
    let longestMs = 0;
    const startedAtMs = performance.now();
    let lastMs = startedAtMs;
    const ticker = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - lastMs);
      lastMs = performance.now();
    }, 1);
    const { probabilities } = await detector.probabilities(samples, null);
    clearInterval(ticker);
    expect(probabilities).toHaveLength(3750);
    expect(longestMs).toBeLessThan((performance.now() - startedAtMs) / 3);
  });
});

/** A melody of struck strings over chords, as a music box might play it. */
function melody(seconds: number): Float32Array {
  const scale = [262, 294, 330, 349, 392, 440, 494, 523];
  return Float32Array.from({ length: Math.round(seconds * RATE) }, (_, i) => {
    const time = i / RATE;
    const beat = Math.floor(time / 0.4);
    const hz = scale[(beat * 5 + (beat % 3)) % scale.length]!;
    const since = time - beat * 0.4;
    const lead = [1, 2, 3].reduce((sum, k) => sum + (0.2 / k) * Math.sin(2 * Math.PI * hz * k * time), 0) * Math.exp(-4 * since);
    return lead + [131, 165, 196].reduce((sum, low) => sum + 0.06 * Math.sin(2 * Math.PI * low * time), 0);
  });
}

describe('the sound classifier', () => {
  it('tells noise and a melody from speech, whatever the level, and answers with probabilities', async () => {
    for (const gain of [1, 0.01]) {
      const [hiss, tune] = [await detector.classify(noise(4).map((x) => gain * x)), await detector.classify(melody(6).map((x) => gain * x))];
      expect(hiss.speech).toBeLessThan(0.3);
      expect(tune.speech).toBeLessThan(0.3);
      expect(tune.music).toBeGreaterThan(0.5);
      expect(hiss.speech + hiss.singing + hiss.music + hiss.noise).toBeCloseTo(1, 5);
    }
  });

  it('hears the bundled conversation as speech', async () => {
    const { pcm } = await new FfmpegDecoder().decode('samples/conversation.flac', { maxSeconds: 60, timeoutMs: 30_000, tempDir: tmpdir() });
    expect((await detector.classify(await pcm.read(0, 8 * RATE))).speech).toBeGreaterThan(0.6);
    await pcm.dispose();
  });

  it('takes sounds of any length and silence, and refuses what is not finite', async () => {
    for (const samples of [new Float32Array(1), new Float32Array(RATE), noise(0.05)]) {
      const { speech, singing, music, noise: rest } = await detector.classify(samples);
      expect(speech + singing + music + rest).toBeCloseTo(1, 5);
    }
    expect(await codeOf(detector.classify(Float32Array.of(0, Infinity)))).toBe('BAD_INPUT');
  });

  it('is not loaded when its file is not that of its manifest, or is not there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gate-'));
    await cp('models/gate', join(folder, 'gate'), { recursive: true });
    await appendFile(join(folder, 'gate', 'model.onnx'), 'x');
    const changed = createResidentListening({ modelDirs: [folder] });
    expect(await codeOf(changed.classify(noise(1)))).toBe('MODEL_LOAD_FAILED');
    await changed.stop();
    await rm(folder, { recursive: true });
    expect(() => findGate([folder])).toThrow(/models\/gate/);
  });
});
