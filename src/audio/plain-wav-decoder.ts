import type { FileHandle } from 'node:fs/promises';
import { SAMPLE_RATE_HZ, samplesToSeconds } from '../domain/pcm.js';
import type { DecodedAudio, DecodeOptions } from './audio-decoder.js';
import { tooLong } from './decode-failure.js';
import { LoudnessMeter } from './loudness-meter.js';
import type { PcmCollector } from './pcm-collector.js';
import type { WavHeader } from './wav-header.js';

// Four seconds a turn: the event loop is free again after a millisecond or two.
const READ_SAMPLES = 65_536;

function codecOf(header: WavHeader): 'pcm_s16le' | 'pcm_f32le' | null {
  if (header.sampleRateHz !== SAMPLE_RATE_HZ || header.channels !== 1 || header.blockAlign * 8 !== header.bitsPerSample) return null;
  if (header.encoding === 'pcm' && header.bitsPerSample === 16) return 'pcm_s16le';
  return header.encoding === 'float' && header.bitsPerSample === 32 ? 'pcm_f32le' : null;
}

/**
 * Samples of a WAV that is 16 kHz mono PCM16 or float32 already, without starting ffmpeg (~100 ms); the samples are
 * bit-identical to ffmpeg's. Null, with nothing read, for any other WAV.
 */
export async function decodePlainWav(file: FileHandle, header: WavHeader, collector: PcmCollector, options: DecodeOptions): Promise<DecodedAudio | null> {
  const codec = codecOf(header);
  const channel = options.channel ?? 'mix';
  if (codec === null || (channel !== 'mix' && channel !== 0)) return null;
  const sampleCount = Math.floor(header.presentDataBytes / header.blockAlign);
  // ffmpeg says better than we could what is wrong with a file without samples.
  if (sampleCount === 0) return null;
  if (sampleCount > options.maxSeconds * SAMPLE_RATE_HZ) throw tooLong(options.maxSeconds);
  const meter = new LoudnessMeter();
  for (let from = 0; from < sampleCount; from += READ_SAMPLES) {
    options.signal?.throwIfAborted();
    const wanted = Math.min(READ_SAMPLES, sampleCount - from);
    const bytes = new Uint8Array(wanted * header.blockAlign);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, header.dataOffset + from * header.blockAlign);
    const samples = toFloat(bytes.subarray(0, bytesRead - (bytesRead % header.blockAlign)), codec);
    await collector.append(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
    meter.add(samples);
    options.onProgress?.(samplesToSeconds(collector.sampleCount));
    if (samples.length < wanted) break;
  }
  return {
    pcm: await collector.finish(),
    source: { container: 'wav', codec, bitrateBps: SAMPLE_RATE_HZ * header.bitsPerSample, sampleRateHz: SAMPLE_RATE_HZ, channels: 1 },
    integratedLoudnessLufs: meter.integratedLufs(),
    truncated: !header.openEnded && header.declaredDataBytes > header.presentDataBytes,
    holes: [],
  };
}

function toFloat(bytes: Uint8Array, codec: 'pcm_s16le' | 'pcm_f32le'): Float32Array {
  if (codec === 'pcm_f32le') return new Float32Array(bytes.slice().buffer).map((sample) => (Number.isFinite(sample) ? sample : 0));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples = new Float32Array(bytes.length / 2);
  for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(2 * i, true) / 32768;
  return samples;
}
