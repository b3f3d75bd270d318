import { randomBytes } from 'node:crypto';
import { access, constants, opendir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { UndertoneError } from '../domain/errors.js';
import { contentKey, keyPath, TEMPORARY } from './blob-keys.js';
import type { BlobInfo, StagedBlob, StorageBackend } from './blob-store.js';
import { checkedRange } from './byte-span.js';
import { makeDirDurable, placeDurably, PRIVATE_FILE, publish } from './durable-file.js';
import { diskSpace } from './disk-space.js';
import { stageUpload } from './stage-upload.js';
import { onDisk, readError, storageError } from './storage-errors.js';

/** Each read is a trip to another thread and back, and an archive makes many. */
const READ_BYTES = 256 * 1024;

/** A temporary file untouched for this long belongs to a process that died; a living upload writes to its own all the time. */
const STALE_AFTER_MS = 60 * 60 * 1000;

export interface FilesystemStoreOptions {
  /** Folder of the blobs; made when missing, for this user only. */
  readonly root: string;
  /** Free bytes under which nothing more is taken in: a full disk would stop the database as well. */
  readonly minFreeBytes: number;
}

/** Blobs as files. Any number of processes may share the folder: every write is a temporary file that is renamed. */
export async function createFilesystemStore({ root, minFreeBytes }: FilesystemStoreOptions): Promise<StorageBackend> {
  const temporaryDir = join(root, TEMPORARY);
  await onDisk(() => makeDirDurable(temporaryDir));
  await onDisk(() => sweep(temporaryDir, STALE_AFTER_MS));

  const temporaryPath = (): string => join(temporaryDir, randomBytes(16).toString('hex'));
  const { freeBytes, requireSpace } = diskSpace(root, minFreeBytes);
  const infoOf = async (key: string): Promise<BlobInfo> => {
    try {
      const { size, mtime } = await stat(keyPath(root, key));
      return { key, byteLength: size, modifiedAt: mtime };
    } catch (error) {
      throw readError(error, key);
    }
  };

  return {
    stage: async (source, options) => {
      const path = temporaryPath();
      const { sha256, byteLength } = await stageUpload(source, path, { ...options, requireSpace, isDurable: true });
      return staged(path, sha256, byteLength);
    },
    write: async (key, bytes) => {
      const target = keyPath(root, key);
      await requireSpace();
      const path = temporaryPath();
      try {
        await writeFile(path, bytes, { mode: PRIVATE_FILE, flag: 'wx' });
        await publish(path, target);
      } catch (error) {
        await rm(path, { force: true }).catch(() => undefined);
        throw storageError(error);
      }
      return infoOf(key);
    },
    read: (key, range) => read(keyPath(root, key), key, range),
    readAll: async (key) => {
      try {
        return await readFile(keyPath(root, key));
      } catch (error) {
        throw readError(error, key);
      }
    },
    stat: async (key) => {
      try {
        return await infoOf(key);
      } catch (error) {
        if (error instanceof UndertoneError && error.code === 'BLOB_MISSING') return null;
        throw error;
      }
    },
    delete: async (key) => {
      const path = keyPath(root, key);
      await onDisk(() => rm(path, { force: true }));
    },
    localPath: async (key) => {
      await infoOf(key);
      return { path: keyPath(root, key), release: () => Promise.resolve() };
    },
    list: (prefix) => list(root, prefix),
    freeBytes,
    ping: () => onDisk(() => access(temporaryDir, constants.W_OK)),
    removeUnfinished: (olderThanMs) => onDisk(() => sweep(temporaryDir, olderThanMs)),
    downloadUrl: () => Promise.resolve(null),
  };

  function staged(path: string, sha256: string, byteLength: number): StagedBlob {
    const key = contentKey(sha256);
    let committed: Promise<BlobInfo> | null = null;
    const commit = async (): Promise<BlobInfo> => {
      await onDisk(() => placeDurably(path, keyPath(root, key)));
      return infoOf(key);
    };
    return { sha256, key, byteLength, path, commit: () => (committed ??= commit()), discard: () => onDisk(() => rm(path, { force: true })) };
  }
}

/** `range` in bytes, both ends included, as in an HTTP Range. */
async function read(path: string, key: string, range?: { readonly start: number; readonly end: number }): Promise<Readable> {
  checkedRange(range);
  try {
    // Opened before the answer begins, so that a missing blob is an error and not an answer that breaks off.
    const handle = await open(path, 'r');
    return handle.createReadStream({ ...range, highWaterMark: READ_BYTES });
  } catch (error) {
    throw readError(error, key);
  }
}

async function* list(root: string, prefix: string): AsyncGenerator<BlobInfo> {
  for await (const entry of walk(root, '', prefix)) {
    const info = await stat(join(root, entry)).catch(() => null);
    // Deleted since its folder was read.
    if (info !== null) yield { key: entry, byteLength: info.size, modifiedAt: info.mtime };
  }
}

/** Keys under `folder` that begin with `prefix`; goes only into folders that can hold some. */
async function* walk(root: string, folder: string, prefix: string): AsyncGenerator<string> {
  let directory;
  try {
    directory = await opendir(join(root, folder));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw storageError(error);
  }
  for await (const entry of directory) {
    const key = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (key === TEMPORARY) continue;
    if (entry.isDirectory() && (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`))) yield* walk(root, key, prefix);
    else if (entry.isFile() && key.startsWith(prefix)) yield key;
  }
}

async function sweep(temporaryDir: string, olderThanMs: number): Promise<number> {
  let removedCount = 0;
  for await (const entry of await opendir(temporaryDir)) {
    const path = join(temporaryDir, entry.name);
    const info = await stat(path).catch(() => null);
    if (info === null || Date.now() - info.mtimeMs <= olderThanMs) continue;
    await rm(path, { force: true });
    removedCount += 1;
  }
  return removedCount;
}
