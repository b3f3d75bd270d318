import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { AbortMultipartUploadCommand, DeleteObjectCommand, GetObjectCommand, HeadBucketCommand, HeadObjectCommand, paginateListObjectsV2, ListMultipartUploadsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { contentKey } from './blob-keys.js';
import type { BlobInfo, StagedBlob, StorageBackend } from './blob-store.js';
import { checkedRange, type ByteSpan } from './byte-span.js';
import { diskSpace } from './disk-space.js';
import { makeDirDurable, PRIVATE_FILE } from './durable-file.js';
import { openBucket, type S3Bucket, type S3Options } from './s3-bucket.js';
import { isMissing, isNamed, onS3, s3Error, s3ReadError } from './s3-errors.js';
import { presignedUrl } from './s3-link.js';
import { prepareUpload } from './s3-upload.js';
import { stageUpload } from './stage-upload.js';
import { onDisk } from './storage-errors.js';

export interface S3StoreOptions extends S3Options {
  /** Folder of this process for uploads on their way in and copies for decoders. */
  readonly temporaryDir: string;
  /** Free bytes of its disk under which nothing more is taken in. */
  readonly minFreeBytes: number;
}

/**
 * Blobs as objects of one bucket that any number of processes share. An upload is hashed into a local file first, so
 * that it goes straight to its content address and is never copied inside the bucket; `commit` is one call.
 */
export async function createS3Store(options: S3StoreOptions): Promise<StorageBackend> {
  const bucket = openBucket(options);
  const { client, objectOf } = bucket;
  await onDisk(() => makeDirDurable(options.temporaryDir));
  const { freeBytes, requireSpace } = diskSpace(options.temporaryDir, options.minFreeBytes);
  const temporaryPath = (kind: string): string => join(options.temporaryDir, `${kind}-${randomBytes(12).toString('hex')}`);

  const infoOf = async (key: string): Promise<BlobInfo> => {
    const head = await client.send(new HeadObjectCommand(objectOf(key)));
    return { key, byteLength: head.ContentLength ?? 0, modifiedAt: head.LastModified ?? new Date(0) };
  };

  async function read(key: string, range?: ByteSpan): Promise<Readable> {
    checkedRange(range);
    try {
      const { Body } = await client.send(new GetObjectCommand({ ...objectOf(key), ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.end}` }) }));
      return Body as Readable;
    } catch (error) {
      // A range behind the end is no bytes, as it is of a file.
      if (isNamed(error, 'InvalidRange')) return Readable.from([]);
      throw s3ReadError(error, key);
    }
  }

  return {
    async stage(source, stageOptions) {
      const path = temporaryPath('upload');
      const { sha256, byteLength } = await stageUpload(source, path, { ...stageOptions, requireSpace });
      try {
        return await staged(bucket, path, sha256, byteLength, infoOf, stageOptions.signal);
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
    },
    write: async (key, bytes) => onS3(async () => {
      await client.send(new PutObjectCommand({ ...objectOf(key), ...bucket.encryption, Body: bytes }));
      return infoOf(key);
    }),
    read,
    async readAll(key) {
      const stream = await read(key);
      return onS3(() => buffer(stream));
    },
    async stat(key) {
      try {
        return await infoOf(key);
      } catch (error) {
        if (isMissing(error)) return null;
        throw s3Error(error);
      }
    },
    delete: (key) => onS3(async () => {
      await client.send(new DeleteObjectCommand(objectOf(key)));
    }),
    async localPath(key) {
      const path = temporaryPath('copy');
      const release = (): Promise<void> => rm(path, { force: true });
      const stream = await read(key);
      try {
        await requireSpace();
        await pipeline(stream, createWriteStream(path, { flags: 'wx', mode: PRIVATE_FILE }));
        return { path, release };
      } catch (error) {
        stream.destroy();
        await release();
        throw s3Error(error);
      }
    },
    list: (prefix) => list(bucket, prefix),
    freeBytes,
    ping: () => onS3(async () => {
      await client.send(new HeadBucketCommand({ Bucket: bucket.bucket }));
    }),
    removeUnfinished: (olderThanMs) => onS3(() => abortUnfinished(bucket, olderThanMs)),
    downloadUrl: (key, link) => presignedUrl(bucket, key, link),
  };
}

async function staged(bucket: S3Bucket, path: string, sha256: string, byteLength: number, infoOf: (key: string) => Promise<BlobInfo>, signal: AbortSignal | undefined): Promise<StagedBlob> {
  const key = contentKey(sha256);
  const prepared = await prepareUpload(bucket, key, path, byteLength, signal);
  let committed: Promise<BlobInfo> | null = null;
  const commit = async (): Promise<BlobInfo> => {
    await prepared.finish();
    await rm(path, { force: true }).catch(() => undefined);
    return onS3(() => infoOf(key));
  };
  return {
    sha256, key, byteLength, path,
    commit: () => (committed ??= commit()),
    async discard() {
      await onDisk(() => rm(path, { force: true }));
      await prepared.abort();
    },
  };
}

async function* list({ client, bucket, root, keyOf }: S3Bucket, prefix: string): AsyncGenerator<BlobInfo> {
  const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: root + prefix });
  for (;;) {
    const page = await onS3(() => pages.next());
    if (page.done === true) return;
    for (const object of page.value.Contents ?? []) {
      const key = keyOf(object.Key ?? '');
      // Other objects may lie under the same prefix; they are none of ours, and a sweep must not see them.
      if (key !== null) yield { key, byteLength: object.Size ?? 0, modifiedAt: object.LastModified ?? new Date(0) };
    }
  }
}

async function abortUnfinished({ client, bucket, root }: S3Bucket, olderThanMs: number): Promise<number> {
  let removedCount = 0;
  let position: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: root, ...position }));
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Date.now() - (Initiated?.getTime() ?? Date.now()) < olderThanMs) continue;
      await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
      removedCount += 1;
    }
    if (page.IsTruncated !== true) return removedCount;
    position = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
  }
}
