import { UndertoneError } from '../domain/errors.js';
import { storageError } from './storage-errors.js';

interface ServiceFault {
  readonly name?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const FULL = new Set(['QuotaExceeded', 'InsufficientStorage', 'InsufficientCapacity', 'XMinioStorageFull']);
/** What an operator can put right, in the words of what to do. */
const ADVICE: Readonly<Record<string, string>> = {
  NoSuchBucket: 'The bucket of UNDERTONE_STORAGE_URL does not exist. Create it, or correct the name.',
  AccessDenied: 'The credentials may not do this. Allow GetObject, PutObject, DeleteObject, AbortMultipartUpload, ListBucket and ListBucketMultipartUploads on the bucket.',
  InvalidAccessKeyId: 'The storage does not know the access key. Check UNDERTONE_STORAGE_ACCESS_KEY or the AWS credentials of this process.',
  SignatureDoesNotMatch: 'The secret key or the region is wrong. Check UNDERTONE_STORAGE_SECRET_KEY and UNDERTONE_STORAGE_REGION.',
  CredentialsProviderError: 'No credentials were found. Set UNDERTONE_STORAGE_ACCESS_KEY and UNDERTONE_STORAGE_SECRET_KEY, or use any source of the AWS credential chain.',
};

/** Whether the store says that there is no such object (a HEAD answers without a name for it). A missing bucket is another matter. */
export function isMissing(error: unknown): boolean {
  const { name, $metadata } = (error ?? {}) as ServiceFault;
  return name === 'NoSuchKey' || name === 'NotFound' || ($metadata?.httpStatusCode === 404 && name !== 'NoSuchBucket');
}

export function isNamed(error: unknown, name: string): boolean {
  return ((error ?? {}) as ServiceFault).name === name;
}

/** A failure of an S3 call as callers know it. Names of buckets, hosts and keys stay in the cause, out of the message. */
export function s3Error(error: unknown): unknown {
  if (error instanceof UndertoneError) return error;
  const { name, $metadata } = (error ?? {}) as ServiceFault;
  const kind = typeof name === 'string' ? name : 'unknown';
  const status = $metadata?.httpStatusCode;
  if (FULL.has(kind) || status === 507) {
    return new UndertoneError('STORAGE_FULL', `The object storage takes nothing more (${kind}). Raise its quota or free space in the bucket.`, {}, { cause: error });
  }
  if (kind in ADVICE || status !== undefined) {
    const advice = ADVICE[kind] ?? 'Try again; when it lasts, see the log of the storage.';
    return new UndertoneError('STORAGE_FAILED', `The object storage refused or failed (${kind}${status === undefined ? '' : `, HTTP ${status}`}). ${advice}`, {}, { cause: error });
  }
  if (kind === 'TimeoutError' || typeof (error as { code?: unknown } | null)?.code === 'string') {
    const reason = (error as { code?: string }).code ?? kind;
    return new UndertoneError('STORAGE_FAILED', `The object storage cannot be reached (${reason}). Check UNDERTONE_STORAGE_ENDPOINT and whether the storage runs.`, {}, { cause: error });
  }
  return storageError(error);
}

/** The same for reading one blob, where "no such object" has a meaning of its own. */
export function s3ReadError(error: unknown, key: string): unknown {
  if (error instanceof UndertoneError || !isMissing(error)) return s3Error(error);
  return new UndertoneError('BLOB_MISSING', `The stored bytes ${key} are gone (archived or removed).`, {}, { cause: error });
}

/** Runs a call with its failures translated. */
export async function onS3<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw s3Error(error);
  }
}
