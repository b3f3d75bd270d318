import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asSystem } from '../../src/domain/workspace-scope.js';
import { speechLikeWav } from '../support/speech-like.js';
import { startServer, startWorker, type ServerProcess } from '../support/server-process.js';
import { openServerTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';
import { needsServer } from './needs-server.js';

const serverUrl = needsServer();
const REQUESTS = 60;
const COST = 3000;
const UPLOAD_BYTES = 200_000;
const AT_ONCE = 3;
const SETTINGS = {
  UNDERTONE_REQUESTS_PER_MINUTE: String(REQUESTS), UNDERTONE_QUERY_COST_PER_MINUTE: String(COST), UNDERTONE_UPLOAD_BYTES_PER_HOUR: String(UPLOAD_BYTES),
  UNDERTONE_KEY_CONCURRENT_ANALYSES: String(AT_ONCE), UNDERTONE_KEY_AUDIO_MINUTES_PER_HOUR: '1', UNDERTONE_MIN_FREE_BYTES: '0', UNDERTONE_MODEL_THREADS: '1',
};
/** What was used on another node is known about a second later; looks are a little apart, so that they use up nothing themselves. */
const LOOK_MS = 400;

interface Answer { readonly status: number; readonly headers: Headers; readonly body: { data?: Record<string, { __typename: string; code?: string } & Record<string, unknown>>; errors?: { extensions: Record<string, unknown> }[] } & Record<string, unknown> }

describe('the limits of one key on three servers over one PostgreSQL (needs TEST_DATABASE_URL)', () => {
  let folder: string;
  let database: TestDatabase;
  let environment: Record<string, string>;
  let nodes: ServerProcess[] = [];
  let worker: Awaited<ReturnType<typeof startWorker>> | null = null;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ut-limits-'));
    database = await openServerTestDatabase(serverUrl);
    environment = { DATABASE_URL: database.db.connectionString, UNDERTONE_STORAGE_URL: `file://${join(folder, 'blobs')}`, ...SETTINGS };
    nodes = await Promise.all(['one', 'two', 'three'].map((name) => startServer(join(folder, name), environment, ['--no-worker'])));
  });
  afterAll(async () => {
    await Promise.all([...nodes, ...(worker === null ? [] : [worker])].map((each) => each.kill('SIGKILL')));
    await database.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  const newKey = async (name: string): Promise<string> => (await nodes[0]!.query<{ createApiKey: { secret: string } }>('mutation($name: String!) { createApiKey(input: { name: $name, role: analyst }) { ... on CreatedApiKey { secret } } }', { name })).createApiKey.secret;
  async function ask(node: ServerProcess, key: string, query: string, variables: Record<string, unknown> = {}): Promise<Answer> {
    const { status, headers, body } = await post(`${node.url}/graphql`, 'POST', key, JSON.stringify({ query, variables }));
    return { status, headers, body };
  }
  async function post(url: string, method: string, key: string, body: string | Buffer): Promise<Answer> {
    const response = await fetch(url, { method, headers: { authorization: `Bearer ${key}`, ...(typeof body === 'string' && { 'content-type': 'application/json' }) }, body: typeof body === 'string' ? body : new Uint8Array(body) });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
  }
  const upload = (node: ServerProcess, key: string, bytes: Buffer): Promise<Answer> => post(`${node.url}/recordings?fileName=x.wav`, 'PUT', key, bytes);
  const refusalOf = ({ body }: Answer): Record<string, unknown> => body.errors?.[0]?.extensions ?? (body['error'] as Record<string, unknown> | undefined) ?? body;
  /** How many of these a node lets through before it refuses one, and the refusal. */
  async function allowed(send: () => Promise<Answer>, { most, everyMs = 0 }: { readonly most: number; readonly everyMs?: number }): Promise<{ readonly count: number; readonly refused: Answer }> {
    for (let count = 0; count <= most; count++) {
      const answer = await send();
      if (answer.status === 429) return { count, refused: answer };
      await pause(everyMs);
    }
    throw new Error(`nothing was refused after ${most}`);
  }

  it('hold for requests: what was asked of one node is missing on the others', async () => {
    const key = await newKey('requests');
    const look = async (node: ServerProcess): Promise<Answer> => ask(node, key, '{ viewer { role } }');
    for (let i = 0; i < 40; i++) expect((await look(nodes[0]!)).status).toBe(200);
    let remaining = REQUESTS;
    for (let i = 0; i < 10 && remaining > REQUESTS / 2; i++) {
      remaining = Number((await look(nodes[1]!)).headers.get('ratelimit-remaining'));
      await pause(LOOK_MS);
    }
    expect(remaining).toBeLessThanOrEqual(REQUESTS / 2);
    const { count, refused } = await allowed(() => look(nodes[2]!), { most: REQUESTS });
    expect(count).toBeLessThan(REQUESTS * 0.75);
    expect(refusalOf(refused)).toMatchObject({ code: 'RATE_LIMITED', limit: REQUESTS, remaining: 0, retryAfterMs: expect.any(Number) as number, resetMs: expect.any(Number) as number });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  }, 30_000);

  it('hold for the cost of queries', async () => {
    const key = await newKey('cost');
    const look = (node: ServerProcess): Promise<Answer> => ask(node, key, '{ recordings(first: 100) { nodes { id fileName } } }');
    const here = await allowed(() => look(nodes[0]!), { most: 40 });
    expect(refusalOf(here.refused)).toMatchObject({ code: 'RATE_LIMITED', limit: COST, retryAfterMs: expect.any(Number) as number, resetMs: expect.any(Number) as number });
    expect(here.count).toBeGreaterThan(4);
    const there = await allowed(() => look(nodes[1]!), { most: 40, everyMs: LOOK_MS });
    expect(there.count).toBeLessThanOrEqual(here.count - 2);
  }, 30_000);

  it('hold for uploaded bytes', async () => {
    const key = await newKey('bytes');
    expect((await upload(nodes[0]!, key, speechLikeWav(5, 1))).status).toBe(201);
    // 40 kB are left of 200; alone, this node would take three of these.
    const { count, refused } = await allowed(() => upload(nodes[1]!, key, speechLikeWav(2, 2)), { most: 3, everyMs: LOOK_MS * 3 });
    expect(count).toBeLessThanOrEqual(1);
    expect(refusalOf(refused)).toMatchObject({ code: 'RATE_LIMITED', limit: UPLOAD_BYTES, retryAfterMs: expect.any(Number) as number, resetMs: expect.any(Number) as number });
  }, 30_000);

  it('hold for analyses at once, to the last one, and for minutes of audio', async () => {
    // Under keys of their own each: bytes are limited too.
    // Silence counts like anything else, and is soon heard through.
    const { id: recordingId } = (await upload(nodes[0]!, await newKey('sample'), speechLikeWav(25, 4, 0))).body as unknown as { id: string };
    const key = await newKey('analyses');
    const request = (node: ServerProcess): Promise<Answer> => ask(node, key, 'mutation($id: ID!) { analyzeRecording(input: { recordingId: $id }) { __typename ... on Analysis { id } ... on OverloadedProblem { code limit remaining retryAfterMs resetMs } } }', { id: recordingId });
    const asked = (await Promise.all([...nodes, ...nodes, ...nodes].map(request))).map((answer) => answer.body.data?.['analyzeRecording'] ?? refusalOf(answer));
    const ids = asked.flatMap((one) => (one['__typename'] === 'Analysis' ? [one['id'] as string] : []));
    expect(ids).toHaveLength(AT_ONCE);
    for (const one of asked) if (one['__typename'] !== 'Analysis') expect(one).toMatchObject({ code: 'RATE_LIMITED', limit: AT_ONCE, remaining: 0, retryAfterMs: expect.any(Number) as number });

    worker = await startWorker(join(folder, 'worker'), environment, ['--concurrency', '3']);
    await until('they have succeeded', async () => (await asSystem(() => database.db.client.analysis.count({ where: { id: { in: ids }, status: 'SUCCEEDED' } }))) === AT_ONCE, 60_000);
    // Three times 25 seconds: the minute is passed, and each node knows it at once.
    for (const node of nodes) {
      const refused = await request(node);
      expect(refused.body.data?.['analyzeRecording'] ?? refusalOf(refused)).toMatchObject({ code: 'RATE_LIMITED', limit: 1, remaining: 0, retryAfterMs: expect.any(Number) as number, resetMs: expect.any(Number) as number });
    }
  }, 90_000);

  it('hold for stored bytes, to the last file', async () => {
    const { client } = database.db;
    const [row] = await asSystem(() => client.$queryRaw<{ workspaceId: string; stored: number }[]>`SELECT "workspaceId", sum("byteLength")::float8 AS stored FROM "Recording" GROUP BY 1`);
    const maxBytes = row!.stored + 200_000;
    await asSystem(() => client.workspace.update({ where: { id: row!.workspaceId }, data: { maxStoredBytes: BigInt(maxBytes) } }));
    const keys = await Promise.all(nodes.map((_node, index) => newKey(`stored ${index}`)));
    const sent = await Promise.all(nodes.map((node, index) => upload(node, keys[index]!, speechLikeWav(4, 10 + index))));
    expect(sent.map(({ status }) => status).filter((status) => status === 201)).toHaveLength(1);
    for (const answer of sent) if (answer.status !== 201) expect(refusalOf(answer)).toMatchObject({ code: 'QUOTA_EXCEEDED', maxBytes, receivedBytes: 128_044, remaining: 200_000 - 128_044, storedBytes: expect.any(Number) as number });
  }, 30_000);
});
