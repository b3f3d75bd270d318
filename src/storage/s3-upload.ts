import { open, type FileHandle } from 'node:fs/promises';
import { AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, HeadObjectCommand, PutObjectCommand, UploadPartCommand, type CompletedPart, type UploadPartCommandInput } from '@aws-sdk/client-s3';
import { UndertoneError } from '../domain/errors.js';
import type { S3Bucket } from './s3-bucket.js';
import { isNamed, onS3 } from './s3-errors.js';

/** With at most 10,000 parts this is enough for 80 GB; the largest upload that can be allowed is 64 GiB. */
export const PART_BYTES = 8 * 1024 * 1024;
/** One upload of several parts, as the calls name it. */
type Multipart = Pick<UploadPartCommandInput, 'Bucket' | 'Key' | 'UploadId'>;

/** Parts on their way at once: 32 MiB of memory for each upload, whatever its size. */
const PARTS_IN_FLIGHT = 4;

/** Bytes that the store has but does not show: only the end is missing. */
export interface PreparedUpload {
  /** One short call; then the object is there as a whole. */
  finish(): Promise<void>;
  /** Nothing of it stays. Safe after `finish`. */
  abort(): Promise<void>;
}

/**
 * Sends the file at `path` so far that publishing it is one call. Small ones wait on this side, for a part costs three
 * calls instead of one; large ones are the parts of an upload that is not completed.
 */
export async function prepareUpload(bucket: S3Bucket, key: string, path: string, byteLength: number, signal?: AbortSignal): Promise<PreparedUpload> {
  if (byteLength > PART_BYTES) return prepareParts(bucket, key, path, byteLength, signal);
  return {
    finish: () => onS3(async () => {
      const handle = await open(path, 'r');
      try {
        await bucket.client.send(new PutObjectCommand({ ...bucket.objectOf(key), ...bucket.encryption, Body: await handle.readFile() }));
      } finally {
        await handle.close();
      }
    }),
    abort: () => Promise.resolve(),
  };
}

async function prepareParts(bucket: S3Bucket, key: string, path: string, byteLength: number, signal?: AbortSignal): Promise<PreparedUpload> {
  const object = bucket.objectOf(key);
  const { UploadId } = await onS3(() => bucket.client.send(new CreateMultipartUploadCommand({ ...object, ...bucket.encryption }), abortedBy(signal)));
  const upload = { ...object, UploadId };
  let isOver = false;
  const abort = async (): Promise<void> => {
    if (isOver) return;
    isOver = true;
    await onS3(() => bucket.client.send(new AbortMultipartUploadCommand(upload)));
  };
  try {
    const parts = await sendParts(bucket, upload, path, byteLength, signal);
    return {
      async finish() {
        await onS3(() => complete(bucket, upload, parts, byteLength));
        isOver = true;
      },
      abort,
    };
  } catch (error) {
    // Its failure is the second one; the sweep of unfinished uploads finds what it leaves.
    await abort().catch(() => undefined);
    if (isNamed(error, 'AbortError') && signal?.aborted === true) throw new UndertoneError('UPLOAD_ABORTED', 'The upload was ended before the whole file had come. Send it again.', {}, { cause: error });
    throw error;
  }
}

/** An answer that was lost is asked for again, and the second time the upload is gone because the first one worked. */
async function complete(bucket: S3Bucket, upload: Multipart, parts: CompletedPart[], byteLength: number): Promise<void> {
  try {
    await bucket.client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts } }));
  } catch (error) {
    if (!isNamed(error, 'NoSuchUpload')) throw error;
    const { ContentLength } = await bucket.client.send(new HeadObjectCommand({ Bucket: upload.Bucket, Key: upload.Key }));
    if (ContentLength !== byteLength) throw error;
  }
}

async function sendParts(bucket: S3Bucket, upload: Multipart, path: string, byteLength: number, signal?: AbortSignal): Promise<CompletedPart[]> {
  const partCount = Math.ceil(byteLength / PART_BYTES);
  const parts = new Array<CompletedPart>(partCount);
  const failed = new AbortController();
  const stop = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const handle = await open(path, 'r');
  let next = 0;

  async function sender(): Promise<void> {
    // One buffer for all of its parts: fresh ones pile up faster than they are collected.
    const memory = Buffer.allocUnsafe(Math.min(PART_BYTES, byteLength));
    for (let i = next++; i < partCount && !stop.aborted; i = next++) {
      // A copy in memory and no stream: the SDK can then send it again by itself.
      const Body = await readPart(handle, i * PART_BYTES, memory.subarray(0, Math.min(PART_BYTES, byteLength - i * PART_BYTES)));
      const { ETag } = await bucket.client.send(new UploadPartCommand({ ...upload, PartNumber: i + 1, Body }), { abortSignal: stop });
      parts[i] = { PartNumber: i + 1, ETag };
    }
  }
  try {
    await onS3(() => Promise.all(Array.from({ length: Math.min(PARTS_IN_FLIGHT, partCount) }, sender)));
    stop.throwIfAborted();
    return parts;
  } finally {
    // The others of a failed upload must not go on sending into one that is being aborted.
    failed.abort();
    await handle.close();
  }
}

async function readPart(handle: FileHandle, position: number, part: Buffer): Promise<Buffer> {
  for (let read = 0; read < part.length; ) {
    const { bytesRead } = await handle.read(part, read, part.length - read, position + read);
    if (bytesRead === 0) throw new UndertoneError('STORAGE_FAILED', 'The temporary file of an upload became shorter while it was sent. Check the disk of UNDERTONE_DATA_DIR.');
    read += bytesRead;
  }
  return part;
}

export function abortedBy(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
