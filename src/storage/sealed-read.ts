import { UndertoneError } from '../domain/errors.js';
import { CHUNK_BYTES, HEADER_BYTES, inChunks, SEALED_CHUNK_BYTES, type ChunkCipher } from '../domain/sealed-format.js';
import type { BlobStore } from './blob-store.js';

/**
 * The plain bytes of a range (both ends included, cut at the end of the file), by reading only the chunks that hold it.
 * BLOB_CORRUPT as soon as a chunk is not what was written: nothing of that chunk is given out.
 */
export async function* openedChunks(raw: BlobStore, key: string, cipher: ChunkCipher, byteLength: number, range?: { readonly start: number; readonly end: number }): AsyncGenerator<Buffer> {
  if (range !== undefined && !(Number.isInteger(range.start) && Number.isInteger(range.end) && range.start >= 0 && range.end >= range.start)) {
    throw new UndertoneError('BAD_INPUT', 'A byte range has a start of 0 or more and an end that is not before it.', { field: 'range' });
  }
  const start = range?.start ?? 0;
  const end = Math.min(range?.end ?? byteLength - 1, byteLength - 1);
  if (range !== undefined && start > end) return;
  const chunkCount = Math.max(1, Math.ceil(byteLength / CHUNK_BYTES));
  const first = Math.floor(start / CHUNK_BYTES);
  const last = Math.max(first, Math.floor(Math.max(0, end) / CHUNK_BYTES));
  const source = (await raw.read(key, { start: HEADER_BYTES + first * SEALED_CHUNK_BYTES, end: HEADER_BYTES + (last + 1) * SEALED_CHUNK_BYTES - 1 })) as AsyncIterable<Buffer>;
  let index = first;
  for await (const { chunk } of inChunks(source, SEALED_CHUNK_BYTES)) {
    const plain = cipher.open(index, index === chunkCount - 1, chunk);
    if (plain === null) throw new UndertoneError('BLOB_CORRUPT', 'A stored file is not what was written: a part of it fails its authentication. Restore it from an archive or a backup.');
    const offset = index * CHUNK_BYTES;
    yield plain.subarray(Math.max(0, start - offset), Math.max(0, end + 1 - offset));
    index += 1;
  }
  if (index <= last) throw new UndertoneError('BLOB_CORRUPT', 'A stored file is shorter than what was written. Restore it from an archive or a backup.');
}
