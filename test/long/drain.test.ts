import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { speechLikeWav } from '../support/speech-like.js';
import { startServer, TEST_ADMIN_KEY, type ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';

const REQUEST = 'mutation($input: AnalyzeRecordingInput!) { analyzeRecording(input: $input) { __typename ... on Analysis { id } ... on Problem { code } } }';

describe('a server that is asked to stop', () => {
  let dataDir: string;
  let server: ServerProcess | undefined;
  beforeAll(async () => { dataDir = await mkdtemp(join(tmpdir(), 'ut-drain-')); });
  afterAll(async () => {
    await server?.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  });
  const start = async (drainMs: number): Promise<ServerProcess> => {
    server = await startServer(dataDir, { UNDERTONE_DRAIN_MS: String(drainMs), UNDERTONE_MODEL_THREADS: '1', UNDERTONE_MIN_FREE_BYTES: '0' });
    return server;
  };
  async function running(on: ServerProcess, seconds: number, seed: number): Promise<{ id: string; recordingId: string }> {
    const recordingId = await on.upload(speechLikeWav(seconds, seed), 'long.wav');
    const { analyzeRecording } = await on.query<{ analyzeRecording: { id: string } }>(REQUEST, { input: { recordingId } });
    await until('it runs', async () => (await statusOf(on, analyzeRecording.id)) === 'RUNNING');
    return { id: analyzeRecording.id, recordingId };
  }
  const statusOf = async (on: ServerProcess, id: string): Promise<string> => (await on.query<{ analysis: { status: string } }>(`{ analysis(id: "${id}") { status } }`)).analysis.status;

  it('refuses new work, says so, goes on reading, and finishes what runs', { timeout: 240_000 }, async () => {
    const first = await start(180_000);
    const { id, recordingId } = await running(first, 400, 1);
    const ended = first.kill('SIGTERM');
    await until('it is not ready', async () => (await fetch(`${first.url}/readyz`)).status === 503);
    const { checks } = (await (await fetch(`${first.url}/readyz`)).json()) as { checks: { name: string; ok: boolean }[] };
    expect(checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['accepting']);
    expect((await first.query<{ analyzeRecording: { code: string } }>(REQUEST, { input: { recordingId } })).analyzeRecording.code).toBe('SHUTTING_DOWN');
    const upload = await fetch(`${first.url}/recordings?fileName=a.wav`, { method: 'PUT', headers: { authorization: `Bearer ${TEST_ADMIN_KEY}` }, body: new Uint8Array(speechLikeWav(1, 2)) });
    expect([upload.status, ((await upload.json()) as { error: { code: string } }).error.code]).toEqual([503, 'SHUTTING_DOWN']);
    expect(await statusOf(first, id)).toBe('RUNNING');
    expect(await ended).toBe(0);
    const second = await start(60_000);
    expect(await statusOf(second, id)).toBe('SUCCEEDED');
    expect(await second.kill('SIGTERM')).toBe(0);
  });

  it('hands back at the deadline what has not ended, which costs no try and succeeds in the next process', { timeout: 120_000 }, async () => {
    const first = await start(0);
    const { id } = await running(first, 240, 3);
    const since = Date.now();
    expect(await first.kill('SIGTERM')).toBe(0);
    expect(Date.now() - since).toBeLessThan(15_000);
    const second = await start(0);
    await until('it has succeeded', async () => (await statusOf(second, id)) === 'SUCCEEDED', 90_000);
  });
});
