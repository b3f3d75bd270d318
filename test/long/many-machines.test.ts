import { randomBytes, createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { once } from 'node:events';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.js';
import { startServer, startWorker, TEST_ADMIN_KEY, type ServerProcess } from '../support/server-process.js';
import { openServerTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';
import { needsObjectStore, needsServer } from './needs-server.js';

const databaseServer = needsServer();
const { endpoint, credentials } = needsObjectStore();
const bucket = `undertone-${randomBytes(6).toString('hex')}`;
const client = new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true });
const SAMPLE = readFileSync('samples/conversation.flac');

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
async function keysInBucket(): Promise<string[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key }) => Key!.replace(/^recordings\//, ''));
}

describe('an API and a worker on folders of their own, with one PostgreSQL and one bucket between them', () => {
  const folders = ['api', 'worker'].map((name) => mkdtempSync(join(tmpdir(), `ut-many-${name}-`)));
  let database: TestDatabase;
  let receiver: OtlpReceiver;
  let api: ServerProcess;
  let worker: Awaited<ReturnType<typeof startWorker>>;
  let workerUrl: string;
  let shared: Record<string, string>;
  let recordingId: string;
  let analysisId: string;
  const authorized = { authorization: `Bearer ${TEST_ADMIN_KEY}` };
  const status = async (id: string): Promise<string> => (await api.query<{ analysis: { status: string } }>('query($id: ID!) { analysis(id: $id) { status } }', { id })).analysis.status;

  beforeAll(async () => {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    database = await openServerTestDatabase(databaseServer);
    receiver = await startOtlpReceiver();
    const workerPort = await freePort();
    workerUrl = `http://127.0.0.1:${workerPort}`;
    shared = {
      DATABASE_URL: database.db.connectionString, UNDERTONE_STORAGE_URL: `s3://${bucket}/recordings`, UNDERTONE_STORAGE_ENDPOINT: endpoint,
      UNDERTONE_STORAGE_ACCESS_KEY: credentials.accessKeyId, UNDERTONE_STORAGE_SECRET_KEY: credentials.secretAccessKey, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, UNDERTONE_LINK_SECRET: 'one-secret-for-all-of-the-nodes',
    };
    api = await startServer(folders[0]!, { ...shared, UNDERTONE_STORAGE_DIRECT_DOWNLOADS: 'true' }, ['--no-worker']);
    worker = await startWorker(folders[1]!, { ...shared, UNDERTONE_WORKER_PORT: String(workerPort) });
    recordingId = await api.upload(SAMPLE, 'conversation.flac');
    const answer = await api.query<{ analyzeRecording: { id: string } }>('mutation($id: ID!) { analyzeRecording(input: { recordingId: $id }) { ... on Analysis { id } } }', { id: recordingId });
    analysisId = answer.analyzeRecording.id;
    await until('the worker has done it', async () => (await status(analysisId)) === 'SUCCEEDED', 120_000);
  });
  afterAll(async () => {
    await api.kill('SIGTERM');
    await worker.kill('SIGTERM');
    await receiver.close();
    await database.dispose();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  it('keeps the recording and its frames in the bucket, sealed: no key there is the digest of what was uploaded', async () => {
    const keys = await keysInBucket();
    const sha256 = createHash('sha256').update(SAMPLE).digest('hex');
    expect(keys.map((key) => key.split('/')[0]).sort()).toEqual(['sha256', 'tracks']);
    expect(keys.filter((key) => key.includes(sha256.slice(2)))).toEqual([]);
  });

  it('plays a range and the whole through the API, also where links of the bucket are allowed: what lies there is sealed', async () => {
    const through = await fetch(`${api.url}/recordings/${recordingId}/audio`, { headers: { ...authorized, range: 'bytes=100-199', 'sec-fetch-site': 'same-origin' } });
    expect([through.status, Buffer.from(await through.arrayBuffer())]).toEqual([206, SAMPLE.subarray(100, 200)]);
    const whole = await fetch(`${api.url}/recordings/${recordingId}/audio`, { headers: authorized, redirect: 'manual' });
    expect([whole.status, whole.headers.get('content-type'), whole.headers.get('content-disposition')]).toEqual([200, 'audio/flac', expect.stringContaining('conversation.flac')]);
    expect(Buffer.from(await whole.arrayBuffer()).equals(SAMPLE)).toBe(true);
  });

  it('sends one trace whose spans come from both processes and a model host', async () => {
    const request = (): string | undefined => receiver.spans.find(({ name, attributes }) => name === 'analyze-recording' && attributes['undertone.analysis.id'] === analysisId)?.traceId;
    await until('the job of the worker is told', () => request() !== undefined);
    await until('the request of the API is told', () => receiver.spans.some(({ name, traceId }) => name === 'POST /graphql' && traceId === request()));
    const ofTrace = receiver.spans.filter(({ traceId }) => traceId === request());
    const pidOf = (name: string): number => ofTrace.find((span) => span.name === name)!.pid;
    expect([pidOf('POST /graphql'), pidOf('analyze-recording')]).toEqual([api.child.pid, worker.child.pid]);
    const host = Number(ofTrace.find(({ name }) => name === 'model.run')!.attributes['process.pid']);
    expect([api.child.pid, worker.child.pid]).not.toContain(host);
  });

  it('shows the health and the metrics of the worker, to this machine and to holders of a key', async () => {
    expect((await fetch(`${workerUrl}/healthz`)).status).toBe(200);
    await until('the worker is ready', async () => (await fetch(`${workerUrl}/readyz`)).status === 200);
    const text = await (await fetch(`${workerUrl}/metrics`)).text();
    expect(text).toMatch(/^undertone_analysis_duration_seconds_count\{outcome="succeeded"\} 1$/m);
    expect(text).toMatch(/^undertone_storage_duration_seconds_count\{operation="read"\} [1-9]/m);
    const forwarded = await fetch(`${workerUrl}/metrics`, { headers: { 'x-forwarded-for': '192.0.2.1' } });
    expect(forwarded.status).toBe(401);
    expect((await fetch(`${workerUrl}/metrics`, { headers: { 'x-forwarded-for': '192.0.2.1', ...authorized } })).status).toBe(200);
  });

  it('opens at a second API the link that the first one has signed', async () => {
    const { recording } = await api.query<{ recording: { audioUrl: string } }>('query($id: ID!) { recording(id: $id) { audioUrl } }', { id: recordingId });
    const folder = mkdtempSync(join(tmpdir(), 'ut-many-second-'));
    const second = await startServer(folder, shared, ['--no-worker']);
    try {
      const path = new URL(recording.audioUrl, api.url);
      expect((await fetch(`${second.url}${path.pathname}${path.search}`)).status).toBe(200);
      expect((await fetch(`${second.url}${path.pathname}${path.search}x`)).status).toBe(401);
    } finally {
      await second.kill('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('leaves nothing in the bucket of a recording that is deleted', async () => {
    await api.query('mutation($id: ID!) { deleteRecording(id: $id) { __typename } }', { id: recordingId });
    expect(await keysInBucket()).toEqual([]);
  });

  it('says that it is not ready when its bucket is gone from under it', async () => {
    const lost = await startServer(mkdtempSync(join(folders[0]!, 'lost-')), {
      DATABASE_URL: database.db.connectionString, UNDERTONE_STORAGE_URL: 's3://undertone-no-such-bucket', UNDERTONE_STORAGE_ENDPOINT: endpoint,
      UNDERTONE_STORAGE_ACCESS_KEY: credentials.accessKeyId, UNDERTONE_STORAGE_SECRET_KEY: credentials.secretAccessKey,
    });
    try {
      const ready = await fetch(`${lost.url}/readyz`);
      const { checks } = (await ready.json()) as { checks: { name: string; ok: boolean }[] };
      expect([ready.status, checks.find(({ name }) => name === 'storage')?.ok]).toEqual([503, false]);
      await expect(lost.upload(SAMPLE, 'x.flac')).rejects.toThrow(/503.*STORAGE_FAILED/);
    } finally {
      await lost.kill('SIGTERM');
    }
  });
});
