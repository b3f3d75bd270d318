import { randomUUID } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { UndertoneError } from '../domain/errors.js';
import type { PcmSource } from '../domain/pcm.js';
import { FilePcm, MemoryPcm } from './pcm-source.js';

const BYTES_PER_SAMPLE = Float32Array.BYTES_PER_ELEMENT;

function storageError(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new UndertoneError('STORAGE_FULL', 'The decoded samples did not fit on the disk of the temporary folder. Free space there and try again.', {}, { cause: error });
  }
  return error;
}

// ffmpeg writes a few kilobytes at a time: storing each of them by itself would cost more than the decoding.
const BLOCK_SAMPLES = 131_072;

/** Gathers float32 bytes as they come from a pipe; past `memorySamples` everything moves into a temporary file. */
export class PcmCollector {
  private blocks: Float32Array[] = [];
  private file: FileHandle | null = null;
  private block = new Float32Array(BLOCK_SAMPLES);
  private blockBytes = 0;
  private storedSamples = 0;

  constructor(private readonly tempDir: string, private readonly memorySamples: number) {}

  get sampleCount(): number {
    return this.storedSamples + Math.floor(this.blockBytes / BYTES_PER_SAMPLE);
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; ) {
      const room = this.block.byteLength - this.blockBytes;
      const part = bytes.subarray(from, from + room);
      new Uint8Array(this.block.buffer).set(part, this.blockBytes);
      this.blockBytes += part.length;
      from += part.length;
      if (this.blockBytes === this.block.byteLength) await this.store();
    }
  }

  /** Hands the samples over; the collector is empty afterwards. Bytes that make no whole sample are dropped. */
  async finish(): Promise<PcmSource> {
    await this.store();
    const source = this.file !== null ? new FilePcm(this.file, this.storedSamples) : new MemoryPcm(this.blocks);
    this.file = null;
    this.blocks = [];
    return source;
  }

  private async store(): Promise<void> {
    const sampleCount = Math.floor(this.blockBytes / BYTES_PER_SAMPLE);
    const samples = sampleCount === BLOCK_SAMPLES ? this.block : this.block.slice(0, sampleCount);
    // Float files may hold NaN and infinities; one of them would make every later figure NaN.
    for (let i = 0; i < sampleCount; i++) if (!Number.isFinite(samples[i]!)) samples[i] = 0;
    this.blockBytes = 0;
    this.storedSamples += sampleCount;
    if (this.file === null && this.storedSamples <= this.memorySamples) {
      this.blocks.push(samples);
      this.block = new Float32Array(BLOCK_SAMPLES);
      return;
    }
    try {
      this.file ??= await this.spill();
      await writeAll(this.file, samples);
    } catch (error) {
      throw storageError(error);
    }
  }

  /** Gives everything back when the decode failed. */
  async abandon(): Promise<void> {
    this.blocks = [];
    const file = this.file;
    this.file = null;
    await file?.close();
  }

  /** The name is removed as soon as the file is open: even SIGKILL leaves nothing behind. */
  private async spill(): Promise<FileHandle> {
    const path = join(this.tempDir, `pcm-${randomUUID()}.f32`);
    const file = await open(path, 'wx+', 0o600);
    try {
      await unlink(path);
      for (const block of this.blocks) await writeAll(file, block);
    } catch (error) {
      await file.close();
      throw error;
    }
    this.blocks = [];
    return file;
  }
}

async function writeAll(file: FileHandle, samples: Float32Array): Promise<void> {
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
}
