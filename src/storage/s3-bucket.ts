import { S3Client, type ServerSideEncryption } from '@aws-sdk/client-s3';
import { checkedKey } from './blob-keys.js';

export interface S3Options {
  readonly bucket: string;
  /** Before every key, without a slash at either end; empty for none. */
  readonly prefix: string;
  readonly region: string;
  /** Null: AWS itself. */
  readonly endpoint: string | null;
  /** `endpoint/bucket/key` instead of `bucket.endpoint/key`: what most servers of one's own need. */
  readonly pathStyle: boolean;
  /** Null: the AWS chain (environment, profile, web identity, container, instance). */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
  /** Asked of the store for every object; null leaves it to the bucket's own rule. */
  readonly encryption: ServerSideEncryption | null;
  readonly kmsKeyId: string | null;
}

/** Where one key lies, and how what is written there is to be encrypted. */
export interface S3Bucket {
  readonly client: S3Client;
  readonly bucket: string;
  readonly objectOf: (key: string) => { readonly Bucket: string; readonly Key: string };
  /** Null for an object that is none of ours. */
  readonly keyOf: (objectKey: string) => string | null;
  readonly root: string;
  readonly encryption: { readonly ServerSideEncryption?: ServerSideEncryption; readonly SSEKMSKeyId?: string };
}

/** More than the SDK's 50: each player of a recording holds a connection for as long as it plays. */
const MAX_SOCKETS = 256;

export function openBucket(options: S3Options): S3Bucket {
  const { bucket, endpoint, credentials, encryption, kmsKeyId } = options;
  const root = options.prefix === '' ? '' : `${options.prefix}/`;
  const client = new S3Client({
    region: options.region,
    forcePathStyle: options.pathStyle,
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 60_000, httpAgent: { maxSockets: MAX_SOCKETS }, httpsAgent: { maxSockets: MAX_SOCKETS } },
    ...(credentials === null ? {} : { credentials }),
    // Trailing checksums are newer than many servers that speak S3; AWS itself gets them.
    ...(endpoint === null ? {} : { endpoint, requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' }),
  });
  return {
    client,
    bucket,
    root,
    objectOf: (key) => ({ Bucket: bucket, Key: root + checkedKey(key) }),
    keyOf(objectKey) {
      const key = objectKey.slice(root.length);
      try {
        return checkedKey(key);
      } catch {
        return null;
      }
    },
    encryption: { ...(encryption === null ? {} : { ServerSideEncryption: encryption }), ...(kmsKeyId === null ? {} : { SSEKMSKeyId: kmsKeyId }) },
  };
}
