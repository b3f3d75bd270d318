import { open } from 'node:fs/promises';
import { SAMPLE_RATE_HZ } from '../domain/pcm.js';
import type { PcmSource } from '../domain/pcm.js';

const PIECE_SAMPLES = SAMPLE_RATE_HZ * 60;

/** The decoded samples as 16-bit mono WAV at 16 kHz, clipped to full scale; memory stays at one minute. */
export async function writeWav(path: string, pcm: PcmSource): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.write(wavHeader(pcm.sampleCount));
    for (let from = 0; from < pcm.sampleCount; from += PIECE_SAMPLES) {
      const samples = await pcm.read(from, from + PIECE_SAMPLES);
      const bytes = Buffer.alloc(samples.length * 2);
      for (let i = 0; i < samples.length; i++) bytes.writeInt16LE(Math.max(-32_768, Math.min(32_767, Math.round(samples[i]! * 32_768))), i * 2);
      await file.write(bytes);
    }
  } finally {
    await file.close();
  }
}

function wavHeader(sampleCount: number): Buffer {
  const header = Buffer.alloc(44);
  const dataBytes = sampleCount * 2;
  header.write('RIFF', 0, 'latin1');
  // Sizes are 32 bits: past 37 hours they would lie; the decoder's limit on length lies far below.
  header.writeUInt32LE(Math.min(0xffffffff, 36 + dataBytes), 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(SAMPLE_RATE_HZ, 24);
  header.writeUInt32LE(SAMPLE_RATE_HZ * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(Math.min(0xffffffff, dataBytes), 40);
  return header;
}
