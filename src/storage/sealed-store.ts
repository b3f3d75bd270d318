import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UndertoneError } from '../domain/errors.js';
import { chunkCipher, HEADER_BYTES, plainLength, readHeader, sealedLength, sealStream, type SealingKey } from '../domain/sealed-format.js';
import type { BlobInfo, BlobStore, StagedBlob } from './blob-store.js';
import { PRIVATE_DIR, PRIVATE_FILE } from './durable-file.js';
import { openedChunks } from './sealed-read.js';
import { storageError } from './storage-errors.js';

/** Finds the key that a sealed blob names. Throws ERASED when it was destroyed, ENCRYPTION_KEY_MISSING when it cannot be unwrapped. */
export interface DataKeySource {
  secretOf(dataKeyId: string): Promise<Buffer>;
}

/**
 * A blob store whose blobs are sealed, each with the data key of its recording. A blob names its key in its header, so
 * reading needs no owner, and blobs from before there was encryption are read as they are. Lengths and ranges are those
 * of the plain bytes. The content address is the one of the sealed bytes: the same recording in two workspaces is two
 * blobs, and nobody who sees the storage can tell.
 */
export interface SealedStore extends Omit<BlobStore, 'stage' | 'write' | 'list'> {
  /** `sha256` and `byteLength` of the result are of the plain bytes, `key` is the address of the sealed ones. */
  stage(key: SealingKey, source: Readable, options: { readonly maxBytes: number; readonly signal?: AbortSignal; readonly plainCopy?: PlainCopy }): Promise<Omit<StagedBlob, 'path'>>;
  write(key: SealingKey, blobKey: string, bytes: Uint8Array): Promise<BlobInfo>;
  /** False for bytes from before there was encryption. BLOB_MISSING. */
  isSealed(blobKey: string): Promise<boolean>;
  /** The stored bytes as they lie there, for archives and sweeps. */
  readonly raw: BlobStore;
}

/** A plain copy for a decoder, made as soon as the last byte has come and before anything is durable; it goes by itself after some seconds. */
export interface PlainCopy {
  /** Larger files get none. */
  readonly maxBytes: number;
  /** Not called when it could not be written: it is only ever a head start. */
  readonly onWritten: (sha256: string, path: string, byteLength: number) => void;
}

/** How long a plain copy stays that nobody says is read. */
const PLAIN_COPY_MS = 10_000;

/** What content-addressed blobs are sealed as: their address is not known before they are. */
const CONTENT = 'content';
export function contextOf(blobKey: string): string {
  return blobKey.startsWith('sha256/') ? CONTENT : blobKey;
}

export interface SealedStoreOptions {
  readonly keys: DataKeySource;
  /** For `localPath`: a decoder needs plain bytes to seek in; they lie here, for this user only, until released. */
  readonly temporaryDir: () => string;
}

export function createSealedStore(raw: BlobStore, { keys, temporaryDir }: SealedStoreOptions): SealedStore {
  /** Header and lengths; null for a blob that is not sealed. */
  async function look(key: string): Promise<{ readonly info: BlobInfo; readonly header: Buffer | null }> {
    const info = await raw.stat(key);
    if (info === null) throw new UndertoneError('BLOB_MISSING', 'The stored bytes of this recording are gone: they were archived or removed.');
    if (info.byteLength < HEADER_BYTES) return { info, header: null };
    const header = Buffer.concat(await (await raw.read(key, { start: 0, end: HEADER_BYTES - 1 })).toArray() as Buffer[]);
    return { info, header: readHeader(header) === null ? null : header };
  }

  function plainInfo({ info, header }: { readonly info: BlobInfo; readonly header: Buffer | null }): BlobInfo {
    if (header === null) return info;
    const byteLength = plainLength(info.byteLength);
    if (byteLength === null) throw new UndertoneError('BLOB_CORRUPT', 'A stored file has a length that no sealed file has: it was cut. Restore it from an archive or a backup.');
    return { ...info, byteLength };
  }

  async function read(key: string, range?: { readonly start: number; readonly end: number }): Promise<Readable> {
    const seen = await look(key);
    if (seen.header === null) return raw.read(key, range);
    const header = readHeader(seen.header)!;
    const cipher = chunkCipher({ id: header.dataKeyId, secret: await keys.secretOf(header.dataKeyId) }, header, contextOf(key));
    return Readable.from(openedChunks(raw, key, cipher, plainInfo(seen).byteLength, range), { objectMode: false, highWaterMark: 1 << 17 });
  }

  const newName = (): string => join(temporaryDir(), `opened-${randomBytes(12).toString('hex')}`);
  const makeFolder = (): Promise<unknown> => mkdir(temporaryDir(), { recursive: true, mode: PRIVATE_DIR });

  /** Its decoder may still be on its way to it when the upload is long done. */
  async function writeCopy(bytes: Buffer): Promise<string> {
    const path = newName();
    const write = (): Promise<void> => writeFile(path, bytes, { flag: 'wx', mode: PRIVATE_FILE });
    // Somebody waits, and the folder is nearly always there.
    await write().catch(async (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await makeFolder();
      await write();
    });
    setTimeout(() => void rm(path, { force: true }).catch(() => undefined), PLAIN_COPY_MS).unref();
    return path;
  }

  return {
    raw,
    read,
    isSealed: async (key) => (await look(key)).header !== null,
    stage: async (key, source, { maxBytes, signal, plainCopy }) => {
      const copy: Buffer[] = [];
      const hash = createHash('sha256');
      let sha256 = '';
      let byteLength = 0;
      const counted = (async function* () {
        for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer | string>) {
          const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
          byteLength += bytes.length;
          if (byteLength > maxBytes) throw new UndertoneError('UPLOAD_TOO_LARGE', `The file has more than the ${maxBytes} bytes that are allowed (UNDERTONE_MAX_UPLOAD_BYTES).`, { maxBytes });
          hash.update(bytes);
          if (byteLength <= (plainCopy?.maxBytes ?? 0)) copy.push(bytes);
          else copy.length = 0;
          yield bytes;
        }
        sha256 = hash.digest('hex');
        if (copy.length > 0) writeCopy(Buffer.concat(copy)).then((path) => plainCopy?.onWritten(sha256, path, byteLength), () => undefined);
      })();
      const sealed = Readable.from(sealStream(key, CONTENT, counted), { objectMode: false, highWaterMark: 1 << 17 });
      sealed.on('error', () => undefined);
      try {
        const staged = await raw.stage(sealed, { maxBytes: sealedLength(maxBytes), ...(signal === undefined ? {} : { signal }) });
        return { sha256, byteLength, key: staged.key, commit: async () => ({ ...(await staged.commit()), byteLength }), discard: () => staged.discard() };
      } finally {
        sealed.destroy();
      }
    },
    write: async (key, blobKey, bytes) => {
      const sealed: Buffer[] = [];
      const plain = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for await (const chunk of sealStream(key, contextOf(blobKey), Readable.from([plain]))) sealed.push(chunk);
      return { ...(await raw.write(blobKey, Buffer.concat(sealed))), byteLength: bytes.byteLength };
    },
    readAll: async (key) => Buffer.concat((await (await read(key)).toArray()) as Buffer[]),
    stat: async (key) => ((await raw.stat(key)) === null ? null : plainInfo(await look(key))),
    delete: (key) => raw.delete(key),
    localPath: async (key) => {
      if ((await look(key)).header === null) return raw.localPath(key);
      await makeFolder();
      const path = newName();
      const release = async (): Promise<void> => rm(path, { force: true });
      try {
        await pipeline(await read(key), createWriteStream(path, { flags: 'wx', mode: PRIVATE_FILE }));
        return { path, release };
      } catch (error) {
        await release();
        throw storageError(error);
      }
    },
    freeBytes: () => raw.freeBytes(),
  };
}
