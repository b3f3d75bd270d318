import type { FileHandle } from 'node:fs/promises';
import { checkpointError } from './checkpoint-error.js';

/** Where bytes lie in a file. Numbers, so exact up to 2^53: files beyond 2 and 4 GB are ordinary here. */
export interface ByteRange {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** Reads exactly this range. A file that shrank since it was opened is refused rather than padded. */
export async function readRange(file: FileHandle, range: ByteRange): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(range.lengthBytes);
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, range.offsetBytes + filled);
    if (bytesRead === 0) throw checkpointError(`it ends at byte ${range.offsetBytes + filled}, in the middle of the weights`);
    filled += bytesRead;
  }
  return buffer;
}
