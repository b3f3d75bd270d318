import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SAMPLE_RATE_HZ } from '../domain/pcm.js';
import type { PcmSource } from '../domain/pcm.js';
import { readChunks } from './pcm-source.js';

export type WavEncoding = 'pcm16' | 'float32';

const HEADER_BYTES = 44;
const FORMAT_TAG = { pcm16: 1, float32: 3 } as const;
const bytesPerSample = (encoding: WavEncoding): number => (encoding === 'pcm16' ? 2 : 4);

/** Size of the whole file, for `Content-Length`. */
export function wavFileBytes(sampleCount: number, encoding: WavEncoding): number {
  return HEADER_BYTES + sampleCount * bytesPerSample(encoding);
}

function wavHeader(sampleCount: number, encoding: WavEncoding): Buffer {
  const width = bytesPerSample(encoding);
  const dataBytes = sampleCount * width;
  if (HEADER_BYTES + dataBytes > 0xffff_ffff) throw new RangeError(`A WAV file cannot hold ${sampleCount} samples of ${width} bytes; its size field ends at 4 GiB.`);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(HEADER_BYTES - 8 + dataBytes, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(FORMAT_TAG[encoding], 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(SAMPLE_RATE_HZ, 24);
  header.writeUInt32LE(SAMPLE_RATE_HZ * width, 28);
  header.writeUInt16LE(width, 32);
  header.writeUInt16LE(8 * width, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataBytes, 40);
  return header;
}

function encode(samples: Float32Array, encoding: WavEncoding): Buffer {
  if (encoding === 'float32') return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const bytes = Buffer.alloc(2 * samples.length);
  for (let i = 0; i < samples.length; i++) bytes.writeInt16LE(Math.max(-32768, Math.min(32767, Math.round(samples[i]! * 32768))), 2 * i);
  return bytes;
}

/** A 16 kHz mono WAV, piece by piece. `pcm16` of decoded 16-bit samples gives the same bits back; louder than full scale is clipped. */
export async function* wavChunks(pcm: PcmSource, encoding: WavEncoding = 'pcm16'): AsyncGenerator<Buffer, void, undefined> {
  yield wavHeader(pcm.sampleCount, encoding);
  for await (const samples of readChunks(pcm)) yield encode(samples, encoding);
}

/** Writes the file anew; an existing one is replaced. */
export async function writeWav(pcm: PcmSource, path: string, encoding: WavEncoding = 'pcm16'): Promise<void> {
  await pipeline(Readable.from(wavChunks(pcm, encoding)), createWriteStream(path));
}
