import { UndertoneError } from '../domain/errors.js';

const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** A failure of the file system as callers know it. Paths stay in the cause, out of the message. */
export function storageError(error: unknown): unknown {
  if (error instanceof UndertoneError) return error;
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string') return error;
  if (FULL.has(code)) return new UndertoneError('STORAGE_FULL', `The disk of the blob storage is full (${code}). Free space or move UNDERTONE_DATA_DIR.`, {}, { cause: error });
  return new UndertoneError('STORAGE_FAILED', `The blob storage could not be read or written (${code}). Check the disk, its permissions and whether it is mounted read-only.`, {}, { cause: error });
}

/** The same for reading one blob, where "no such file" has a meaning of its own. */
export function readError(error: unknown, key: string): unknown {
  if ((error as { code?: unknown } | null)?.code === 'ENOENT') {
    return new UndertoneError('BLOB_MISSING', `The stored bytes ${key} are gone (archived or removed).`, {}, { cause: error });
  }
  return storageError(error);
}

/** Runs a step on the file system with its failures translated. */
export async function onDisk<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw storageError(error);
  }
}
