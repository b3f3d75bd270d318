import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ElementType, ExternalTensor } from './graph-builder.js';

/** Cache lines for the kernels; the page alignment of a mapping is onnxruntime's business. */
const ALIGNMENT_BYTES = 64;

/** Appends tensors to one file of external data and says where each went. */
export class WeightsFile {
  private position = 0;

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  static async create(path: string): Promise<WeightsFile> {
    return new WeightsFile(path, await open(path, 'wx'));
  }

  async append(type: ElementType, shape: readonly number[], data: ArrayBufferView): Promise<ExternalTensor> {
    const offsetBytes = Math.ceil(this.position / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.file.write(bytes, done, bytes.length - done, offsetBytes + done);
      done += bytesWritten;
    }
    this.position = offsetBytes + bytes.length;
    return { type, shape, location: basename(this.path), offsetBytes, lengthBytes: bytes.length };
  }

  /** Flushed to the disk: the manifest that is written next must not outlive its weights. */
  async close(): Promise<void> {
    await this.file.sync();
    await this.file.close();
  }
}
