import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';

/** The URL of a real PostgreSQL with pgvector. Fails the file, by name, where there is none: a suite that is silently left out proves nothing. */
export function needsServer(): string {
  const url = process.env['TEST_DATABASE_URL'];
  if (url === undefined) throw new Error('This suite needs a PostgreSQL server: TEST_DATABASE_URL="$(scripts/postgres-chroot.sh start)"');
  return url;
}

/** A real S3 server with an access key, e.g. `http://KEY:SECRET@127.0.0.1:PORT`. Fails the file, by name, where there is none. */
export function needsObjectStore(): { readonly endpoint: string; readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } } {
  const text = process.env['TEST_S3_URL'];
  if (text === undefined) throw new Error('This suite needs an S3 server: TEST_S3_URL="$(scripts/object-store-chroot.sh start)"');
  const url = new URL(text);
  return { endpoint: url.origin, credentials: { accessKeyId: url.username, secretAccessKey: url.password } };
}

/** An empty bucket of that server. */
export async function newBucket({ endpoint, credentials }: ReturnType<typeof needsObjectStore>): Promise<string> {
  const bucket = `undertone-${randomBytes(6).toString('hex')}`;
  await new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: bucket }));
  return bucket;
}
