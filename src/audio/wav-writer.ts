import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PcmSource } from '../domain/pcm.js';
import { encodeSamples, wavHeader, type WavEncoding } from '../domain/wav-bytes.js';
import { readChunks } from './pcm-source.js';

export { wavFileBytes, type WavEncoding } from '../domain/wav-bytes.js';

/** A 16 kHz mono WAV, piece by piece. `pcm16` of decoded 16-bit samples gives the same bits back; louder than full scale is clipped. */
export async function* wavChunks(pcm: PcmSource, encoding: WavEncoding = 'pcm16'): AsyncGenerator<Buffer, void, undefined> {
  yield wavHeader(pcm.sampleCount, encoding);
  for await (const samples of readChunks(pcm)) yield encodeSamples(samples, encoding);
}

/** Writes the file anew; an existing one is replaced. */
export async function writeWav(pcm: PcmSource, path: string, encoding: WavEncoding = 'pcm16'): Promise<void> {
  await pipeline(Readable.from(wavChunks(pcm, encoding)), createWriteStream(path));
}
