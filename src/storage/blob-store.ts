import type { Readable } from 'node:stream';

export interface BlobInfo {
  /** `sha256/ab/cdef…` for content-addressed blobs, `tracks/<id>` and the like for derived ones. */
  readonly key: string;
  readonly byteLength: number;
  readonly modifiedAt: Date;
}

export interface StagedBlob {
  readonly sha256: string;
  /** The content address that `commit` will give. */
  readonly key: string;
  readonly byteLength: number;
  /** Where the bytes can be read until `commit` or `discard`; null where the store keeps them in another form. */
  readonly path: string | null;
  /** Makes the bytes durable under their content address, all or nothing, in one short step: it runs inside a transaction. Idempotent. */
  commit(): Promise<BlobInfo>;
  /** Throws the bytes away. Safe after commit. */
  discard(): Promise<void>;
}

/** Errors: STORAGE_FULL, STORAGE_FAILED, UPLOAD_TOO_LARGE (past maxBytes), UPLOAD_ABORTED, BLOB_MISSING. */
export interface BlobStore {
  /** Streams to a temporary file on this machine and hashes on the way; memory stays flat. What takes long for much is done here, so that `commit` is short. */
  stage(source: Readable, options: { readonly maxBytes: number; readonly signal?: AbortSignal }): Promise<StagedBlob>;
  /** A derived blob under a key of the caller's, replaced as a whole. */
  write(key: string, bytes: Uint8Array): Promise<BlobInfo>;
  /** `range` in bytes, both ends included, as in an HTTP Range. */
  read(key: string, range?: { readonly start: number; readonly end: number }): Promise<Readable>;
  readAll(key: string): Promise<Buffer>;
  stat(key: string): Promise<BlobInfo | null>;
  delete(key: string): Promise<void>;
  /** A path that ffmpeg may read, and what to call when done with it (a remote store downloads to a temporary file). */
  localPath(key: string): Promise<{ readonly path: string; readonly release: () => Promise<void> }>;
  list(prefix: string): AsyncIterable<BlobInfo>;
  /** Free bytes where uploads are taken in, where known. */
  freeBytes(): Promise<number | null>;
}

export interface DownloadLink {
  readonly expiresInSeconds: number;
  /** What the store answers with; a stored blob has neither. */
  readonly contentType: string;
  readonly contentDisposition: string;
}

/** A place that holds bytes, and what only the place itself can do. Layers over it (encryption) are BlobStores without this. */
export interface StorageBackend extends BlobStore {
  /** One cheap round trip that proves that the place is there and may be used (a disk that was mounted read-only may not). STORAGE_FAILED. */
  ping(): Promise<void>;
  /** Throws away what uploads of dead processes left unfinished, older than this; says how many. */
  removeUnfinished(olderThanMs: number): Promise<number>;
  /** An address that reads one blob without a key until it expires; null where the place has no such thing. */
  downloadUrl(key: string, link: DownloadLink): Promise<string | null>;
}
