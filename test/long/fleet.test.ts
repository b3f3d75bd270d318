import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { killChild } from '../support/chaos-processes.js';
import { speechLikeWav } from '../support/speech-like.js';
import { startServer, startWorker, TEST_ADMIN_KEY, type ServerProcess } from '../support/server-process.js';
import { asSystem } from '../../src/domain/workspace-scope.js';
import { openServerTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';
import { needsServer } from './needs-server.js';

const url = needsServer();
const REQUEST = 'mutation($input: AnalyzeRecordingInput!) { analyzeRecording(input: $input) { __typename ... on Analysis { id } ... on Problem { code message } } }';

/** What the subscriptions of this file give; each has its own field alone. */
interface Events { analysisProgress: { status: string; progress: number }; modelStateChanged: { id: string; state: string } }
interface ModelSeen { id: string; state: string; nodes: { nodeId: string; state: string }[] }

describe('a server without a worker and workers of its own (needs TEST_DATABASE_URL)', () => {
  let folder: string;
  let database: TestDatabase;
  let environment: Record<string, string>;
  let api: ServerProcess;
  let workers: Awaited<ReturnType<typeof startWorker>>[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ut-fleet-'));
    database = await openServerTestDatabase(url);
    environment = { DATABASE_URL: database.db.connectionString, UNDERTONE_STORAGE_URL: `file://${join(folder, 'blobs')}`, UNDERTONE_MODEL_THREADS: '1', UNDERTONE_MIN_FREE_BYTES: '0' };
    [api, ...workers] = await Promise.all([
      startServer(join(folder, 'api'), environment, ['--no-worker']), startWorker(join(folder, 'one'), environment), startWorker(join(folder, 'two'), environment, ['--models', 'starter', '--concurrency', '1']),
    ]);
  });
  afterAll(async () => {
    await Promise.all([api, ...workers].map((each) => each.kill('SIGKILL')));
    await database.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  const model = async (): Promise<ModelSeen> => (await api.query<{ models: ModelSeen[] }>('{ models { id state nodes { nodeId state } } }')).models.find(({ id }) => id === 'starter')!;
  const subscribe = (query: string): { readonly seen: Events[]; readonly end: () => void } => {
    const client = createClient({ url: `${api.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, connectionParams: { Authorization: `Bearer ${TEST_ADMIN_KEY}` }, retryAttempts: 0 });
    const seen: Events[] = [];
    client.subscribe<Events>({ query }, { next: ({ data }) => void seen.push(data!), error: () => undefined, complete: () => undefined });
    return { seen, end: () => void client.dispose() };
  };
  async function accepted(seconds: number, seed: number): Promise<string> {
    const recordingId = await api.upload(speechLikeWav(seconds, seed), 'clip.wav');
    return (await api.query<{ analyzeRecording: { id: string } }>(REQUEST, { input: { recordingId } })).analyzeRecording.id;
  }

  it('shows the models that the workers hold, and the nodes that live', async () => {
    await until('the server knows both workers', async () => (await model()).nodes.length === 2);
    const { nodes } = await api.query<{ nodes: { roles: string[]; concurrency: number; modelIds: string[] }[] }>('{ nodes { roles concurrency modelIds } }');
    expect(nodes[0]).toEqual({ roles: ['API'], concurrency: 0, modelIds: [] });
    expect(nodes.slice(1).map(({ concurrency }) => concurrency).sort()).toEqual([1, 2]);
    expect(nodes.slice(1).every(({ roles, modelIds }) => roles[0] === 'WORKER' && modelIds.includes('starter'))).toBe(true);
  });

  it('follows the progress of an analysis that runs in another process, step by step to its end', { timeout: 60_000 }, async () => {
    const id = await accepted(40, 1);
    const progress = subscribe(`subscription { analysisProgress(id: "${id}") { status progress } }`);
    await until('it ends', () => progress.seen.at(-1)?.analysisProgress.status === 'SUCCEEDED', 50_000);
    progress.end();
    const steps = progress.seen.map(({ analysisProgress }) => analysisProgress.progress);
    expect(steps.filter((value) => value > 0 && value < 1).length).toBeGreaterThan(1);
    expect([...steps].sort((a, b) => a - b)).toEqual(steps);
  });

  it('unloads and loads a model on every worker from a server that holds none, and tells subscribers', { timeout: 90_000 }, async () => {
    const changes = subscribe('subscription { modelStateChanged { id state } }');
    const command = async (name: string) => (await api.query<Record<string, { __typename: string; state: string }>>(`mutation { ${name}(id: "starter") { __typename ... on Model { state } ... on Problem { message } } }`))[name];
    expect(await command('unloadModel')).toMatchObject({ __typename: 'Model', state: 'UNLOADED' });
    expect((await model()).nodes.map(({ state }) => state)).toEqual(['UNLOADED', 'UNLOADED']);
    expect(await command('loadModel')).toMatchObject({ __typename: 'Model' });
    await until('both have it', async () => (await model()).nodes.every(({ state }) => state === 'READY'));
    const states = changes.seen.map(({ modelStateChanged }) => modelStateChanged.state);
    expect([states.includes('UNLOADED'), states.at(-1)]).toEqual([true, 'READY']);
    changes.end();
  });

  it('wakes a worker at once: a short clip does not wait for a poll', { timeout: 60_000 }, async () => {
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      const id = await accepted(1, 100 + i);
      await until('it ends', async () => (await api.query<{ analysis: { status: string } }>(`{ analysis(id: "${id}") { status } }`)).analysis.status === 'SUCCEEDED');
      const row = await asSystem(() => database.db.client.analysis.findUniqueOrThrow({ where: { id } }));
      waits.push(row.startedAt!.getTime() - row.createdAt.getTime());
    }
    // By polls alone the wait would be half a second on average.
    expect(waits.sort((a, b) => a - b)[2]!).toBeLessThan(300);
  });

  it('goes on hearing the workers after every connection to the database was cut', { timeout: 90_000 }, async () => {
    const name = new URL(database.db.connectionString).pathname.slice(1);
    const id = await accepted(60, 2);
    const progress = subscribe(`subscription { analysisProgress(id: "${id}") { status } }`);
    await until('it runs', () => progress.seen.some(({ analysisProgress }) => analysisProgress.status === 'RUNNING'));
    await database.db.client.$executeRaw`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${name} AND pid <> pg_backend_pid()`.catch(() => 0);
    await until('its end is heard', () => progress.seen.at(-1)?.analysisProgress.status === 'SUCCEEDED', 60_000);
    progress.end();
    await until('a crash of a model host is heard again', async () => {
      killChild(workers[0]!.child.pid, () => 0);
      return (await model()).nodes.some(({ state }) => state !== 'READY');
    });
  });

  it('forgets a worker that ends in order at once and one that is killed within its heartbeats, and says whether any is left', { timeout: 90_000 }, async () => {
    const [first, second] = workers;
    expect(await second!.kill('SIGTERM')).toBe(0);
    await until('one is left', async () => (await model()).nodes.length === 1, 3_000);
    await first!.kill('SIGKILL');
    await until('none is left', async () => (await model()).nodes.length === 0, 40_000);
    const ready = await fetch(`${api.url}/readyz`);
    // Without workers analyses wait; everything else works, so the server stays in service and says what is missing.
    expect([ready.status, ((await ready.json()) as { checks: { name: string; ok: boolean }[] }).checks.find(({ name }) => name === 'model')?.ok]).toEqual([200, false]);
    const id = await accepted(1, 7);
    expect((await api.query<{ analysis: { status: string } }>(`{ analysis(id: "${id}") { status } }`)).analysis.status).toBe('QUEUED');
    workers = [await startWorker(join(folder, 'three'), environment)];
    await until('a new one takes it up', async () => (await api.query<{ analysis: { status: string } }>(`{ analysis(id: "${id}") { status } }`)).analysis.status === 'SUCCEEDED', 40_000);
  });

  it('refuses to start a worker for a model that is not there', { timeout: 60_000 }, async () => {
    await expect(startWorker(join(folder, 'four'), environment, ['--models', 'starter,no-such'])).rejects.toThrow(/MODEL_UNKNOWN/);
  });
});
