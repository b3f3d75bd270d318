import { createHash } from 'node:crypto';
import { chmod, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { FfmpegDecoder } from '../../src/audio/ffmpeg-decoder.js';
import type { DecodedAudio } from '../../src/audio/audio-decoder.js';
import { rms, tone, uniformNoise, useWorkspace, wavBytes } from './support/sound-files.js';

const files = useWorkspace();
const decoder = new FfmpegDecoder();

async function samplesOf(decoded: DecodedAudio): Promise<Float32Array> {
  const samples = await decoded.pcm.read(0, decoded.pcm.sampleCount);
  await decoded.pcm.dispose();
  return samples;
}
const digest = (samples: Float32Array): string => createHash('sha256').update(new Uint8Array(samples.buffer)).digest('hex');

function interleave(left: Float32Array, right: Float32Array): Float32Array {
  return Float32Array.from({ length: left.length * 2 }, (_, i) => (i % 2 === 0 ? left : right)[i >> 1]!);
}

describe('decoding', () => {
  it('gives bit-identical samples for the same bytes, in every container', async () => {
    const wav = await files.put('same.wav', wavBytes(interleave(uniformNoise(88_200, 1), tone(300, 2, 44_100)), { rateHz: 44_100, channels: 2 }));
    for (const name of ['same.wav', 'same.mp3', 'same.ogg', 'same.flac', 'same.m4a', 'same.webm']) {
      if (name !== 'same.wav') await files.ffmpeg('-i', wav, name);
      const first = digest(await samplesOf(await decoder.decode(files.path(name), files.options())));
      const second = digest(await samplesOf(await decoder.decode(files.path(name), files.options())));
      expect(second, name).toBe(first);
    }
  });

  it('mixes stereo down to the mean of the channels, without rounding', async () => {
    const left = uniformNoise(16_000, 7);
    const right = uniformNoise(16_000, 8);
    const path = await files.put('stereo.wav', wavBytes(interleave(left, right), { rateHz: 16_000, channels: 2, encoding: 'f32' }));
    const samples = await samplesOf(await decoder.decode(path, files.options()));
    expect(samples.length).toBe(16_000);
    for (let i = 0; i < samples.length; i += 37) expect(samples[i]).toBeCloseTo((left[i]! + right[i]!) / 2, 6);
  });

  it('mixes twelve channels without a named layout to their mean', async () => {
    const interleaved = Float32Array.from({ length: 12 * 16_000 }, (_, i) => (i % 12 === 5 ? 0.6 : 0));
    for (const encoding of ['f32', 's16'] as const) {
      const path = await files.put('twelve.wav', wavBytes(interleaved, { rateHz: 16_000, channels: 12, encoding }));
      const decoded = await decoder.decode(path, files.options());
      expect(decoded.source.channels).toBe(12);
      expect((await samplesOf(decoded))[8000]).toBeCloseTo(0.05, 5);
    }
  });

  it('takes one channel alone and refuses one that is not there', async () => {
    const path = await files.put('sides.wav', wavBytes(interleave(tone(440, 1, 16_000), new Float32Array(16_000)), { rateHz: 16_000, channels: 2 }));
    expect(rms(await samplesOf(await decoder.decode(path, files.options({ channel: 0 }))))).toBeCloseTo(0.5 / Math.SQRT2, 3);
    expect(rms(await samplesOf(await decoder.decode(path, files.options({ channel: 1 }))))).toBe(0);
    await expect(decoder.decode(path, files.options({ channel: 2 }))).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });

  it.each([44_100, 48_000])('suppresses what would alias from %d Hz by 90 dB and keeps what is below', async (rateHz) => {
    for (const [frequencyHz, kept] of [[8_250, false], [9_500, false], [1_000, true], [7_000, true]] as const) {
      const path = await files.put('tone.wav', wavBytes(tone(frequencyHz, 1, rateHz), { rateHz, encoding: 'f32' }));
      const samples = await samplesOf(await decoder.decode(path, files.options()));
      const levelDb = 20 * Math.log10(rms(samples, 2000, samples.length - 2000) / (0.5 / Math.SQRT2));
      if (kept) expect(Math.abs(levelDb), `${frequencyHz} Hz`).toBeLessThan(0.1);
      else expect(levelDb, `${frequencyHz} Hz`).toBeLessThan(-90);
    }
  });

  it('reports what the source was: container, codec, rate, channels, bitrate', async () => {
    const wav = await files.put('source.wav', wavBytes(interleave(tone(440, 3, 48_000), tone(550, 3, 48_000)), { rateHz: 48_000, channels: 2 }));
    await files.ffmpeg('-i', wav, '-b:a', '96k', 'source.mp3');
    const { source, pcm, truncated } = await decoder.decode(files.path('source.mp3'), files.options());
    expect(source).toEqual({ container: 'mp3', codec: 'mp3', sampleRateHz: 48_000, channels: 2, bitrateBps: 96_000 });
    expect(truncated).toBe(false);
    expect(pcm.sampleCount / 16_000).toBeCloseTo(3, 1);
    await files.ffmpeg('-i', wav, '-c:a', 'flac', 'source.mkv');
    expect((await decoder.decode(files.path('source.mkv'), files.options())).source).toMatchObject({ container: 'matroska,webm', codec: 'flac', channels: 2 });
  });

  it('measures EBU R128 on the source: a stereo 997 Hz sine at -23 dBFS is -23 LUFS', async () => {
    const amplitude = 10 ** (-23 / 20);
    const sine = tone(997, 5, 48_000, amplitude);
    const path = await files.put('r128.wav', wavBytes(interleave(sine, sine), { rateHz: 48_000, channels: 2, encoding: 'f32' }));
    const decoded = await decoder.decode(path, files.options());
    expect(decoded.integratedLoudnessLufs).toBeCloseTo(-23, 1);
    const silent = await files.put('silent.wav', wavBytes(new Float32Array(48_000), { rateHz: 48_000 }));
    expect((await decoder.decode(silent, files.options())).integratedLoudnessLufs).toBeNull();
  });

  it('takes the content at its word and not the extension', async () => {
    const wav = await files.put('content.wav', wavBytes(tone(440, 1, 22_050), { rateHz: 22_050 }));
    await files.ffmpeg('-i', wav, 'content.flac');
    const disguised = await files.put('content.mp3', await readFile(files.path('content.flac')));
    expect((await decoder.decode(disguised, files.options())).source).toMatchObject({ container: 'flac', codec: 'flac' });
  });

  it('uses the sound of a film', async () => {
    await files.ffmpeg('-f', 'lavfi', '-i', 'testsrc=d=2:s=64x64', '-f', 'lavfi', '-i', 'sine=d=2', 'film.mp4');
    const decoded = await decoder.decode(files.path('film.mp4'), files.options());
    expect(decoded.source.codec).toBe('aac');
    expect(decoded.pcm.sampleCount / 16_000).toBeCloseTo(2, 1);
  });

  it.each([['webm', 'libopus'], ['mp4', 'aac'], ['mka', 'flac'], ['ts', 'aac']])('puts silence where the clock of a .%s file goes on without sound, and says where', async (extension, codec) => {
    const wav = await files.put('clock.wav', wavBytes(interleave(tone(400, 9, 48_000), tone(500, 9, 48_000)), { rateHz: 48_000, channels: 2, encoding: 'f32' }));
    const names = [`whole.${extension}`, `holes.${extension}`] as const;
    const without = "aselect='not(between(t,2,3.5)+between(t,6,6.3))'";
    for (const [name, filter] of [[names[0], 'anull'], [names[1], without]] as const) await files.ffmpeg('-i', wav, '-af', filter, '-c:a', codec, ...(codec === 'flac' ? [] : ['-b:a', '96k']), '-map_metadata', '-1', name);
    const [whole, decoded] = [await decoder.decode(files.path(names[0]), files.options()), await decoder.decode(files.path(names[1]), files.options())];
    expect(whole.holes).toEqual([]);
    expect(decoded.truncated).toBe(false);
    expect(decoded.holes).toHaveLength(2);
    for (const [i, [startSeconds, seconds]] of ([[2, 1.5], [6, 0.3]] as const).entries()) {
      expect(Math.abs(decoded.holes[i]!.startSeconds - startSeconds)).toBeLessThan(0.12);
      expect(Math.abs(decoded.holes[i]!.seconds - seconds)).toBeLessThan(0.12);
    }
    expect(Math.abs(decoded.pcm.sampleCount - whole.pcm.sampleCount)).toBeLessThan(0.1 * 16_000);
    await whole.pcm.dispose();
    const samples = await samplesOf(decoded);
    for (const [from, to, sounds] of [[0.5, 1.8, true], [2.3, 3.2, false], [3.8, 5.8, true], [6.7, 8.5, true]] as const) {
      const level = rms(samples, from * 16_000, to * 16_000);
      if (sounds) expect(level, `${from} s`).toBeGreaterThan(0.2);
      else expect(level, `${from} s`).toBeLessThan(0.001);
    }
  });

  it('drops no sound where the clock of a file jumps back, and leaves a late start as it is', async () => {
    const wav = await files.put('twice.wav', wavBytes(tone(440, 3, 48_000), { rateHz: 48_000 }));
    await files.ffmpeg('-i', wav, '-c:a', 'aac', '-f', 'mpegts', 'once.ts');
    const once = await readFile(files.path('once.ts'));
    await files.ffmpeg('-i', wav, '-af', 'asetpts=PTS+7/TB', '-c:a', 'libopus', 'late.webm');
    for (const [path, seconds] of [[await files.put('joined.ts', Buffer.concat([once, once])), 6], [files.path('late.webm'), 3]] as const) {
      const decoded = await decoder.decode(path, files.options());
      await decoded.pcm.dispose();
      expect(decoded.holes, path).toEqual([]);
      expect(decoded.pcm.sampleCount / 16_000, path).toBeCloseTo(seconds, 0);
    }
  });

  it('sees that a FLAC file with a cover breaks off', async () => {
    const wav = await files.put('cover.wav', wavBytes(uniformNoise(64_000, 3), { rateHz: 16_000 }));
    await files.ffmpeg('-i', wav, '-f', 'lavfi', '-i', 'color=c=red:s=32x32:d=1:r=1', '-map', '0', '-map', '1', '-frames:v', '1', '-c:v', 'png', '-disposition:v', 'attached_pic', 'cover.flac');
    const whole = await readFile(files.path('cover.flac'));
    await files.put('cover-cut.flac', whole.subarray(0, whole.length >> 1));
    for (const [name, truncated] of [['cover.flac', false], ['cover-cut.flac', true]] as const) {
      const decoded = await decoder.decode(files.path(name), files.options());
      await decoded.pcm.dispose();
      expect(decoded.truncated, name).toBe(truncated);
    }
  });

  it('says of a file that ends within its header that it was cut off, and of a short text that it is no audio', async () => {
    const wav = await files.put('header.wav', wavBytes(uniformNoise(32_000, 3), { rateHz: 16_000 }));
    await files.ffmpeg('-i', wav, 'header.flac');
    const cut = await files.put('header-cut.flac', (await readFile(files.path('header.flac'))).subarray(0, 3000));
    await expect(decoder.decode(cut, files.options())).rejects.toMatchObject({ code: 'AUDIO_CORRUPT', message: expect.stringContaining('cut off') as string });
    await expect(decoder.decode(await files.put('hello.flac', 'hello\n'), files.options())).rejects.toMatchObject({ code: 'NOT_AUDIO' });
  });

  it('says of a stream whose head names no sample rate that nothing could be decoded', async () => {
    const wav = await files.put('rate.wav', wavBytes(uniformNoise(32_000, 4), { rateHz: 16_000 }));
    await files.ffmpeg('-i', wav, '-c:a', 'aac', 'rate.aac');
    const path = await files.put('rate-cut.aac', (await readFile(files.path('rate.aac'))).subarray(0, 44));
    await expect(decoder.decode(path, files.options())).rejects.toMatchObject({ code: expect.stringMatching(/^(AUDIO_CORRUPT|NOT_AUDIO)$/) as unknown });
  });

  it.each([['adpcm_yamaha', '44100'], ['g723_1', '8000'], ['pcm_s64le', '16000']])('reads %s in a WAV file', async (codec, rateHz) => {
    const wav = await files.put('codec.wav', wavBytes(tone(400, 2, 16_000), { rateHz: 16_000 }));
    await files.ffmpeg('-i', wav, '-ar', rateHz, '-c:a', codec, `${codec}.wav`);
    const samples = await samplesOf(await decoder.decode(files.path(`${codec}.wav`), files.options()));
    expect(rms(samples)).toBeGreaterThan(0.05);
  });

  it('replaces samples that are no numbers by silence', async () => {
    const odd = Float32Array.from({ length: 32_000 }, (_, i) => (i % 100 === 0 ? NaN : i % 100 === 50 ? Infinity : 0.25));
    const path = await files.put('nan.wav', wavBytes(odd, { rateHz: 16_000, encoding: 'f32' }));
    const samples = await samplesOf(await decoder.decode(path, files.options()));
    expect(samples.every((x) => x === 0 || x === 0.25)).toBe(true);
  });

  it('tells how far it is', async () => {
    const path = await files.put('progress.wav', wavBytes(tone(440, 30, 8000), { rateHz: 8000 }));
    const seen: number[] = [];
    await decoder.decode(path, files.options({ onProgress: (seconds) => seen.push(seconds) }));
    expect(seen.at(-1)).toBeCloseTo(30, 1);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
  });

  it('stops at once when it is aborted', async () => {
    const path = await files.put('abort.wav', wavBytes(tone(440, 600, 8000), { rateHz: 8000 }));
    const controller = new AbortController();
    const decode = decoder.decode(path, files.options({ signal: controller.signal, onProgress: () => controller.abort(new Error('not wanted any more')) }));
    await expect(decode).rejects.toThrow('not wanted any more');
    expect(await files.leftovers()).toEqual([]);
  });

  it('says what to do when ffmpeg is not there', async () => {
    const path = await files.put('any.wav', wavBytes(tone(440, 1, 8000), { rateHz: 8000 }));
    const error = await new FfmpegDecoder({ searchPath: files.folder }).decode(path, files.options()).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'FFMPEG_MISSING' });
    expect(String(error)).toContain('apt-get install ffmpeg');
  });
});

describe('plain WAV, which skips ffmpeg', () => {
  const withoutFfmpeg = new FfmpegDecoder({ searchPath: '/nowhere' });

  it.each(['s16', 'f32'] as const)('gives exactly the samples that ffmpeg gives (%s)', async (encoding) => {
    const signal = uniformNoise(50_000, 3).map((x) => (encoding === 'f32' ? 1.7 * x : x));
    signal[10] = -1;
    const plain = await files.put(`plain-${encoding}.wav`, wavBytes(signal, { rateHz: 16_000, encoding }));
    // W64 carries the same samples and always goes through ffmpeg.
    await files.ffmpeg('-i', plain, '-c:a', encoding === 's16' ? 'pcm_s16le' : 'pcm_f32le', `plain-${encoding}.w64`);
    const own = await withoutFfmpeg.decode(plain, files.options());
    const theirs = await decoder.decode(files.path(`plain-${encoding}.w64`), files.options());
    expect(theirs.source.container).toBe('w64');
    expect(digest(await samplesOf(own))).toBe(digest(await samplesOf(theirs)));
    expect(Math.abs(own.integratedLoudnessLufs! - theirs.integratedLoudnessLufs!)).toBeLessThanOrEqual(0.2);
  });

  it.each([100, 400, 1000, 3000])('measures the loudness of a %d Hz tone as ffmpeg does', async (frequencyHz) => {
    const plain = await files.put('loud.wav', wavBytes(tone(frequencyHz, 4, 16_000, 0.1), { rateHz: 16_000 }));
    await files.ffmpeg('-i', plain, 'loud.flac');
    const own = (await withoutFfmpeg.decode(plain, files.options())).integratedLoudnessLufs!;
    const theirs = (await decoder.decode(files.path('loud.flac'), files.options())).integratedLoudnessLufs!;
    expect(Math.abs(own - theirs)).toBeLessThanOrEqual(0.11);
  });

  it('skips chunks before the data and reads to the end when the size was never filled in', async () => {
    const whole = wavBytes(tone(440, 1, 16_000), { rateHz: 16_000 });
    const chunk = Buffer.concat([Buffer.from('LIST'), Buffer.from([5, 0, 0, 0]), Buffer.from('hello\0')]);
    const listed = await files.put('listed.wav', Buffer.concat([whole.subarray(0, 36), chunk, whole.subarray(36)]));
    expect((await withoutFfmpeg.decode(listed, files.options())).pcm.sampleCount).toBe(16_000);
    for (const declaredDataBytes of [0xffffffff, 0x7ffff000]) {
      const piped = await files.put('piped.wav', wavBytes(tone(440, 1, 16_000), { rateHz: 16_000, declaredDataBytes }));
      expect(await withoutFfmpeg.decode(piped, files.options())).toMatchObject({ truncated: false, pcm: { sampleCount: 16_000 } });
      const resampled = await files.put('piped8k.wav', wavBytes(tone(440, 1, 8000), { rateHz: 8000, declaredDataBytes }));
      expect(await decoder.decode(resampled, files.options())).toMatchObject({ truncated: false, pcm: { sampleCount: 16_000 } });
    }
  });
});

describe('long recordings', () => {
  it('spill to a file that leaves no name behind, with the same samples', async () => {
    const path = await files.put('long.wav', wavBytes(uniformNoise(24 * 8000, 5), { rateHz: 8000 }));
    const inMemory = await samplesOf(await decoder.decode(path, files.options()));
    const spilled = await new FfmpegDecoder({ memorySeconds: 2 }).decode(path, files.options());
    expect(await files.leftovers()).toEqual([]);
    expect(await spilled.pcm.read(100_000, 100_010)).toEqual(inMemory.slice(100_000, 100_010));
    expect(await spilled.pcm.read(-5, 3)).toEqual(inMemory.slice(0, 3));
    expect((await spilled.pcm.read(spilled.pcm.sampleCount - 2, 1e9)).length).toBe(2);
    expect(digest(await samplesOf(spilled))).toBe(digest(inMemory));
    await spilled.pcm.dispose();
  });
});

describe('a decoder that is ended from outside', () => {
  it('is no fault of the recording: the failure asks for another try', async () => {
    // Unconfined: in a process namespace of its own it would be the first process, which cannot kill itself.
    const script = await files.put('killed-ffmpeg', Buffer.from('#!/bin/sh\nkill -KILL $$\n'));
    await chmod(script, 0o755);
    const sound = await files.put('sound.mp3', Buffer.from('whatever it is'));
    const failure: unknown = await new FfmpegDecoder({ ffmpegPath: script, confinement: 'off' }).decode(sound, files.options()).then(() => null, (error: unknown) => error);
    expect(failure).toMatchObject({ code: 'DECODE_INTERRUPTED', retryable: true });
  });
});
