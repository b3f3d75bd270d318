import type { FileHandle } from 'node:fs/promises';
import type { PcmSource } from '../domain/pcm.js';

const BYTES_PER_SAMPLE = Float32Array.BYTES_PER_ELEMENT;

function clampRange(from: number, to: number, sampleCount: number): [number, number] {
  const start = Math.min(Math.max(0, Math.trunc(from)), sampleCount);
  return [start, Math.min(Math.max(start, Math.trunc(to)), sampleCount)];
}

/** Samples held in memory as they came, in pieces. */
export class MemoryPcm implements PcmSource {
  private blocks: readonly Float32Array[];
  readonly sampleCount: number;

  constructor(blocks: readonly Float32Array[]) {
    this.blocks = blocks;
    this.sampleCount = blocks.reduce((sum, block) => sum + block.length, 0);
  }

  read(from: number, to: number): Promise<Float32Array> {
    const [start, end] = clampRange(from, to, this.sampleCount);
    if (this.blocks.length === 0 && end > start) return Promise.reject(new Error('These samples were disposed of.'));
    const samples = new Float32Array(end - start);
    let blockStart = 0;
    for (const block of this.blocks) {
      const first = Math.max(start, blockStart);
      const last = Math.min(end, blockStart + block.length);
      if (first < last) samples.set(block.subarray(first - blockStart, last - blockStart), first - start);
      blockStart += block.length;
      if (blockStart >= end) break;
    }
    return Promise.resolve(samples);
  }

  dispose(): Promise<void> {
    this.blocks = [];
    return Promise.resolve();
  }
}

/** Samples in a file of raw float32 in the machine's byte order; owns the handle. */
export class FilePcm implements PcmSource {
  private disposed = false;

  constructor(private readonly file: FileHandle, readonly sampleCount: number) {}

  async read(from: number, to: number): Promise<Float32Array> {
    const [start, end] = clampRange(from, to, this.sampleCount);
    const samples = new Float32Array(end - start);
    const bytes = new Uint8Array(samples.buffer);
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await this.file.read(bytes, done, bytes.length - done, start * BYTES_PER_SAMPLE + done);
      if (bytesRead === 0) throw new Error(`The temporary file of samples ends after ${start * BYTES_PER_SAMPLE + done} bytes.`);
      done += bytesRead;
    }
    return samples;
  }

  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    await this.file.close();
  }
}

/** Ten seconds: large enough that reading costs nothing, small enough that no pass over it holds up the event loop. */
export const DEFAULT_CHUNK_SAMPLES = 160_000;

/** The whole source in order, piece by piece. */
export async function* readChunks(pcm: PcmSource, chunkSamples = DEFAULT_CHUNK_SAMPLES): AsyncGenerator<Float32Array, void, undefined> {
  for (let from = 0; from < pcm.sampleCount; from += chunkSamples) yield await pcm.read(from, from + chunkSamples);
}
