import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { AbortMultipartUploadCommand, CreateBucketCommand, GetObjectCommand, HeadObjectCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StorageBackend } from '../../src/storage/blob-store.js';
import { createS3Store, type S3StoreOptions } from '../../src/storage/s3-store.js';
import { describeBlobStore } from '../storage/blob-store.contract.js';
import { until } from '../support/until.js';
import { needsObjectStore } from './needs-server.js';

const { endpoint, credentials } = needsObjectStore();
const bucket = `undertone-${randomBytes(6).toString('hex')}`;
const client = new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true });
const folders: string[] = [];

function optionsOf(prefix: string, more: Partial<S3StoreOptions> = {}): S3StoreOptions {
  const temporaryDir = mkdtempSync(join(tmpdir(), 'ut-s3-'));
  folders.push(temporaryDir);
  return { bucket, prefix, endpoint, credentials, region: 'us-east-1', pathStyle: true, encryption: null, kmsKeyId: null, temporaryDir, minFreeBytes: 0, ...more };
}
async function unfinished(prefix: string): Promise<{ readonly Key: string; readonly UploadId: string }[]> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix }));
  return Uploads as { Key: string; UploadId: string }[];
}
const pieces = (count: number): Readable => Readable.from((function* () {
  const piece = Buffer.alloc(1 << 20);
  for (let i = 0; i < count; i++) yield piece.fill(i % 251);
})());

beforeAll(async () => {
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
});
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

let runs = 0;
describeBlobStore('an S3 server (TEST_S3_URL)', async () => {
  const prefix = `contract/${runs++}`;
  const options = optionsOf(prefix);
  return {
    store: await createS3Store(options),
    leftovers: async () => [...readdirSync(options.temporaryDir), ...(await unfinished(`${prefix}/`)).map(({ Key }) => Key)],
    dispose: () => Promise.resolve(),
  };
});

describe('the S3 store alone (TEST_S3_URL)', () => {
  let store: StorageBackend;
  let prefix: string;
  const open = async (more: Partial<S3StoreOptions> = {}): Promise<void> => {
    prefix = `alone/${runs++}`;
    store = await createS3Store(optionsOf(prefix, more));
  };

  it('sends 300 MB in parts with memory that stays flat', async () => {
    await open();
    let peakBytes = 0;
    const before = process.memoryUsage.rss();
    const timer = setInterval(() => { peakBytes = Math.max(peakBytes, process.memoryUsage.rss() - before); }, 20);
    const staged = await store.stage(pieces(300), { maxBytes: 1e9 });
    clearInterval(timer);
    expect((await staged.commit()).byteLength).toBe(300 * 1024 * 1024);
    const { ETag } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: `${prefix}/${staged.key}` }));
    expect(ETag).toMatch(/-38"$/);
    expect(peakBytes).toBeLessThan(200 * 1024 * 1024);
    await staged.discard();
    await store.delete(staged.key);
  });

  it('aborts the parts of an upload whose sender leaves while they are sent', async () => {
    await open();
    const abort = new AbortController();
    const staging = store.stage(pieces(100), { maxBytes: 1e9, signal: abort.signal });
    staging.catch(() => undefined);
    await until('parts are on their way', async () => (await unfinished(prefix)).length > 0);
    abort.abort();
    await expect(staging).rejects.toMatchObject({ code: 'UPLOAD_ABORTED' });
    await until('the parts are gone', async () => (await unfinished(prefix)).length === 0);
  });

  it('ends uploads that dead processes left behind', async () => {
    await open();
    // Never committed nor discarded: what a SIGKILL between the two leaves.
    await store.stage(pieces(20), { maxBytes: 1e9 });
    await store.stage(pieces(21), { maxBytes: 1e9 });
    expect([await store.removeUnfinished(3_600_000), (await unfinished(prefix)).length]).toEqual([0, 2]);
    await until('they are a moment old', async () => (await store.removeUnfinished(1)) === 2 || (await unfinished(prefix)).length === 0);
    expect(await unfinished(prefix)).toEqual([]);
  });

  it('fails a commit whose parts were taken away, and leaves no object', async () => {
    await open();
    const staged = await store.stage(pieces(20), { maxBytes: 1e9 });
    const [upload] = await unfinished(prefix);
    await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, ...upload! }));
    await expect(staged.commit()).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(await store.stat(staged.key)).toBeNull();
  });

  it('signs a link that reads one blob without a key, under its name, until it expires', async () => {
    await open();
    await store.write('tracks/ana_1', Buffer.from('0123456789'));
    await store.write('tracks/ana_2', Buffer.from('another'));
    const link = { expiresInSeconds: 2, contentType: 'audio/flac', contentDisposition: `attachment; filename="a_.flac"; filename*=UTF-8''%C3%A4%28.flac` };
    const url = (await store.downloadUrl('tracks/ana_1', link))!;
    const answer = await fetch(url, { headers: { range: 'bytes=2-4' } });
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('content-disposition'), await answer.text()]).toEqual([206, link.contentType, link.contentDisposition, '234']);
    expect((await fetch(url.replace('ana_1', 'ana_2'))).status).toBe(403);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(403);
    await until('the link has expired', async () => (await fetch(url)).status === 403);
  });

  it.each([['aws:kms', 'undertone-tests'], ['AES256', null]] as const)('has the server encrypt small and large objects with %s when that is set, and reads them back', async (encryption, kmsKeyId) => {
    await open({ encryption, kmsKeyId });
    await store.write('tracks/ana_1', Buffer.from('x'));
    const sent = Array.from({ length: 9 }, (_, i) => Buffer.alloc(1 << 20, i + 1));
    const staged = await store.stage(Readable.from(sent), { maxBytes: 1e9 });
    await staged.commit();
    for (const key of ['tracks/ana_1', staged.key]) {
      const { ServerSideEncryption } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: `${prefix}/${key}`, Range: 'bytes=0-0' }));
      expect([key, ServerSideEncryption]).toEqual([key, encryption]);
    }
    expect(await store.readAll('tracks/ana_1')).toEqual(Buffer.from('x'));
    expect((await store.readAll(staged.key)).equals(Buffer.concat(sent))).toBe(true);
  });

  it('lists past one page, and nothing that is not its own', async () => {
    await open();
    const keys = Array.from({ length: 1010 }, (_, i) => `tracks/ana_${i}`);
    for (let i = 0; i < keys.length; i += 50) await Promise.all(keys.slice(i, i + 50).map((key) => store.write(key, Buffer.from('x'))));
    const other = await createS3Store(optionsOf(`${prefix}/tracks`));
    await other.write('not/ours', Buffer.from('x'));
    const beside = await createS3Store(optionsOf(`${prefix}2`));
    await beside.write('tracks/beside', Buffer.from('x'));
    const seen: string[] = [];
    for await (const { key } of store.list('tracks/ana_')) seen.push(key);
    expect(new Set(seen)).toEqual(new Set(keys));
    const all: string[] = [];
    for await (const { key } of store.list('')) all.push(key);
    expect(all).not.toContain('tracks/beside');
  });

  it.each([
    ['a wrong secret', { credentials: { ...credentials, secretAccessKey: 'wrong-secret-value' } }, /UNDERTONE_STORAGE_SECRET_KEY/],
    ['an unknown key', { credentials: { ...credentials, accessKeyId: 'nobody' } }, /UNDERTONE_STORAGE_ACCESS_KEY/],
    ['a bucket that is not there', { bucket: 'no-such-bucket-here' }, /bucket of UNDERTONE_STORAGE_URL does not exist|HTTP 404/],
    ['a server that is not there', { endpoint: 'http://127.0.0.1:9' }, /UNDERTONE_STORAGE_ENDPOINT/],
  ])('says STORAGE_FAILED and what to do about %s, without values', async (_what, more, advice) => {
    await open(more);
    for (const step of [() => store.write('tracks/x', Buffer.from('x')), () => store.readAll('tracks/x'), async () => (await store.stage(Readable.from(['x']), { maxBytes: 9 })).commit()]) {
      const error = await step().then(() => null, (reason: unknown) => reason as Error);
      expect(error).toMatchObject({ code: 'STORAGE_FAILED' });
      expect(error?.message).toMatch(advice);
      expect(error?.message).not.toMatch(/wrong-secret-value|nobody|no-such-bucket|127\.0\.0\.1/);
    }
    await expect(store.ping()).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  });

  it('takes nothing in when the disk for uploads on their way is short', async () => {
    await open({ minFreeBytes: Number.MAX_SAFE_INTEGER });
    await expect(store.stage(Readable.from(['x']), { maxBytes: 9 })).rejects.toMatchObject({ code: 'STORAGE_FULL' });
  });
});
