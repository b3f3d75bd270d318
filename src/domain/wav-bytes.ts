import { SAMPLE_RATE_HZ } from './pcm.js';

export type WavEncoding = 'pcm16' | 'float32';

export const WAV_HEADER_BYTES = 44;
const FORMAT_TAG = { pcm16: 1, float32: 3 } as const;
const bytesPerSample = (encoding: WavEncoding): number => (encoding === 'pcm16' ? 2 : 4);

/** Size of the whole file, for `Content-Length`. */
export function wavFileBytes(sampleCount: number, encoding: WavEncoding): number {
  return WAV_HEADER_BYTES + sampleCount * bytesPerSample(encoding);
}

/** Of a mono file at 16 kHz. */
export function wavHeader(sampleCount: number, encoding: WavEncoding): Buffer {
  const width = bytesPerSample(encoding);
  const dataBytes = sampleCount * width;
  if (WAV_HEADER_BYTES + dataBytes > 0xffff_ffff) throw new RangeError(`A WAV file cannot hold ${sampleCount} samples of ${width} bytes; its size field ends at 4 GiB.`);
  const header = Buffer.alloc(WAV_HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(WAV_HEADER_BYTES - 8 + dataBytes, 4);
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

/** Little-endian, without a header; louder than full scale is clipped in `pcm16`. */
export function encodeSamples(samples: Float32Array, encoding: WavEncoding): Buffer {
  if (encoding === 'float32') return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const bytes = Buffer.alloc(2 * samples.length);
  for (let i = 0; i < samples.length; i++) bytes.writeInt16LE(Math.max(-32768, Math.min(32767, Math.round(samples[i]! * 32768))), 2 * i);
  return bytes;
}
