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

/** Gathers float32 bytes as they come from a pipe; past `memorySamples` everything moves into a temporary file. */
export class PcmCollector {
  private blocks: Float32Array[] = [];
  private file: FileHandle | null = null;
  private remainder = Buffer.alloc(0);
  private samplesSoFar = 0;

  constructor(private readonly tempDir: string, private readonly memorySamples: number) {}

  get sampleCount(): number {
    return this.samplesSoFar;
  }

  async append(bytes: Buffer): Promise<void> {
    const joined = this.remainder.length > 0 ? Buffer.concat([this.remainder, bytes]) : bytes;
    const sampleCount = Math.floor(joined.length / BYTES_PER_SAMPLE);
    this.remainder = Buffer.from(joined.subarray(sampleCount * BYTES_PER_SAMPLE));
    const samples = new Float32Array(sampleCount);
    joined.copy(new Uint8Array(samples.buffer), 0, 0, sampleCount * BYTES_PER_SAMPLE);
    // Float files may hold NaN and infinities; one of them would make every later figure NaN.
    for (let i = 0; i < sampleCount; i++) if (!Number.isFinite(samples[i]!)) samples[i] = 0;
    this.samplesSoFar += sampleCount;
    if (this.file === null && this.samplesSoFar <= this.memorySamples) {
      this.blocks.push(samples);
      return;
    }
    try {
      this.file ??= await this.spill();
      await writeAll(this.file, samples);
    } catch (error) {
      throw storageError(error);
    }
  }

  /** Hands the samples over; the collector is empty afterwards. */
  finish(): PcmSource {
    const source = this.file !== null ? new FilePcm(this.file, this.samplesSoFar) : new MemoryPcm(this.blocks);
    this.file = null;
    this.blocks = [];
    return source;
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
