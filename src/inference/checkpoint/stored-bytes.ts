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

const CHUNK_BYTES = 4 * 1024 * 1024;

/** The range in pieces of at most 4 MB, for digests and copies of any size in flat memory. */
export async function* readChunks(file: FileHandle, range: ByteRange): AsyncGenerator<Buffer> {
  for (let done = 0; done < range.lengthBytes; done += CHUNK_BYTES) {
    yield await readRange(file, { offsetBytes: range.offsetBytes + done, lengthBytes: Math.min(CHUNK_BYTES, range.lengthBytes - done) });
  }
}
