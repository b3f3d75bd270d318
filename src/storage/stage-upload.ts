import { createHash } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { UndertoneError } from '../domain/errors.js';
import { orAborted } from '../domain/or-aborted.js';
import { PRIVATE_FILE } from './durable-file.js';
import { storageError } from './storage-errors.js';

/** How often free space is looked at while bytes come in. */
const SPACE_CHECK_BYTES = 64 * 1024 * 1024;

export interface StageOptions {
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
  /** Throws STORAGE_FULL when the floor is reached. */
  readonly requireSpace: () => Promise<void>;
  /** The bytes are on the disk before this settles. Not needed of a file that is sent on. */
  readonly isDurable?: boolean;
}

/**
 * Streams to a file, one chunk in memory at a time, and hashes on the way. Whatever goes wrong, the file is gone
 * afterwards. The source is left as it is (not destroyed): whether to drain or to cut the connection is for the caller.
 */
export async function stageUpload(source: Readable, path: string, options: StageOptions): Promise<{ readonly sha256: string; readonly byteLength: number }> {
  const { maxBytes, signal, requireSpace, isDurable = false } = options;
  await requireSpace();
  let handle: FileHandle | null = null;
  try {
    handle = await open(path, 'wx', PRIVATE_FILE);
    const hash = createHash('sha256');
    let byteLength = 0;
    let checkedAt = 0;
    for await (const chunk of chunksUntilAborted(source, signal)) {
      byteLength += chunk.length;
      if (byteLength > maxBytes) {
        throw new UndertoneError('UPLOAD_TOO_LARGE', `The file has more than the ${maxBytes} bytes that are allowed (UNDERTONE_MAX_UPLOAD_BYTES).`, { maxBytes });
      }
      if (byteLength - checkedAt > SPACE_CHECK_BYTES) {
        await requireSpace();
        checkedAt = byteLength;
      }
      hash.update(chunk);
      for (let written = 0; written < chunk.length; ) written += (await handle.write(chunk, written)).bytesWritten;
    }
    if (isDurable) await handle.sync();
    await handle.close();
    handle = null;
    return { sha256: hash.digest('hex'), byteLength };
  } catch (error) {
    await handle?.close().catch(() => undefined);
    await rm(path, { force: true }).catch(() => undefined);
    throw storageError(error);
  }
}

async function* chunksUntilAborted(source: Readable, signal: AbortSignal = new AbortController().signal): AsyncGenerator<Buffer> {
  const chunks = source.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer | string, undefined>;
  for (;;) {
    const item = await orAborted(chunks.next().catch(sourceFailed), signal, () => {
      throw new UndertoneError('UPLOAD_ABORTED', 'The upload was ended before the whole file had come. Send it again.', {}, { cause: signal.reason });
    });
    if (item.done === true) return;
    yield typeof item.value === 'string' ? Buffer.from(item.value) : item.value;
  }
}

/** The sender went away, or its parser refused what came. */
function sourceFailed(error: unknown): never {
  if (error instanceof UndertoneError) throw error;
  const { status, statusCode } = error as { status?: unknown; statusCode?: unknown };
  if (status === 413 || statusCode === 413) throw new UndertoneError('UPLOAD_TOO_LARGE', 'The file exceeds the upload limit (UNDERTONE_MAX_UPLOAD_BYTES).', {}, { cause: error });
  throw new UndertoneError('UPLOAD_ABORTED', 'The connection ended before the whole file had come. Send it again.', {}, { cause: error });
}
