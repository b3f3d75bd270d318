import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { speechLikeWav } from '../support/speech-like.js';
import { startServer, TEST_ADMIN_KEY, type ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';

const MEBIBYTE = 1024 * 1024;
const DISK_BYTES = 24 * MEBIBYTE;
const FLOOR_BYTES = 4 * MEBIBYTE;
const REQUEST = 'mutation($input: AnalyzeRecordingInput!) { analyzeRecording(input: $input) { __typename ... on Analysis { id } } }';
const RETRY = 'mutation($id: ID!) { retryDeadLetter(id: $id) { __typename ... on DeadLetter { analysisId } ... on Problem { message } } }';

describe('a server whose blobs lie on a small disk (needs root, to mount it)', () => {
  let folder: string;
  let disk: string;
  let server: ServerProcess;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ut-trouble-'));
    disk = mkdtempSync(join(tmpdir(), 'ut-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES},mode=700`, 'tmpfs', disk]);
    server = await startServer(folder, { UNDERTONE_STORAGE_URL: `file://${join(disk, 'blobs')}`, UNDERTONE_MIN_FREE_BYTES: String(FLOOR_BYTES), UNDERTONE_LOG_LEVEL: 'silent' });
  });
  afterAll(async () => {
    await server.kill('SIGTERM');
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true });
    rmSync(folder, { recursive: true, force: true });
  });

  const filler = (): string => join(disk, 'filler');
  const fill = (bytes: number): void => writeFileSync(filler(), Buffer.alloc(bytes, 1));
  const clear = (): void => rmSync(filler(), { force: true });
  async function put(body: Buffer | Readable): Promise<{ status: number; code: string | undefined }> {
    const chunked = body instanceof Readable ? { duplex: 'half', body: Readable.toWeb(body) } : { body: new Uint8Array(body) };
    const response = await fetch(`${server.url}/recordings?fileName=a.wav`, { method: 'PUT', headers: { authorization: `Bearer ${TEST_ADMIN_KEY}` }, ...chunked } as RequestInit);
    const answer = (await response.json()) as { error?: { code?: string } };
    return { status: response.status, code: answer.error?.code };
  }
  async function unready(): Promise<readonly string[]> {
    const response = await fetch(`${server.url}/readyz`);
    const { checks } = (await response.json()) as { checks: { name: string; ok: boolean }[] };
    const failing = checks.filter(({ ok }) => !ok).map(({ name }) => name);
    expect(response.status).toBe(failing.length === 0 ? 200 : 503);
    return failing;
  }
  const status = async (id: string): Promise<string> => (await server.query<{ analysis: { status: string } }>(`{ analysis(id: "${id}") { status } }`)).analysis.status;
  const analyze = async (recordingId: string): Promise<string> => (await server.query<{ analyzeRecording: { id: string } }>(REQUEST, { input: { recordingId } })).analyzeRecording.id;

  it('refuses uploads under the floor, says that it is not ready, and takes them again when there is room', { timeout: 60_000 }, async () => {
    const kept = speechLikeWav(1, 1);
    const id = await server.upload(kept, 'kept.wav');
    fill(DISK_BYTES - FLOOR_BYTES / 2 - MEBIBYTE);
    expect(await put(speechLikeWav(1, 2))).toEqual({ status: 507, code: 'STORAGE_FULL' });
    await until('it says so', async () => (await unready()).includes('disk'));
    // What is stored can be read all the same.
    const { recording } = await server.query<{ recording: { audioUrl: string } }>('query($id: ID!) { recording(id: $id) { audioUrl } }', { id });
    expect(Buffer.from(await (await fetch(`${server.url}${recording.audioUrl}`)).arrayBuffer()).equals(kept)).toBe(true);
    clear();
    await until('it is ready again', async () => (await unready()).length === 0);
    expect((await put(speechLikeWav(1, 2))).status).toBe(201);
  });

  it('refuses an upload that announces more than there is room for before it has come', { timeout: 60_000 }, async () => {
    const before = Date.now();
    expect(await put(Buffer.alloc(DISK_BYTES, 3))).toEqual({ status: 507, code: 'STORAGE_FULL' });
    expect(Date.now() - before).toBeLessThan(5_000);
  });

  it('says STORAGE_FULL when the disk runs full in the middle of an upload of unknown length, and keeps nothing of it', { timeout: 60_000 }, async () => {
    const piece = Buffer.alloc(MEBIBYTE, 5);
    const endless = Readable.from((function* () { for (let i = 0; i < 40; i++) yield piece; })());
    expect(await put(endless)).toEqual({ status: 507, code: 'STORAGE_FULL' });
    await until('the room is there again', async () => (await unready()).length === 0);
    expect((await put(speechLikeWav(1, 4))).status).toBe(201);
  });

  it('puts an analysis that found no room among the dead letters, from which it succeeds when there is room', { timeout: 120_000 }, async () => {
    const recordingId = await server.upload(speechLikeWav(2, 5), 'later.wav');
    fill(DISK_BYTES - FLOOR_BYTES / 2 - MEBIBYTE);
    const id = await analyze(recordingId);
    await until('its tries are used up', async () => (await status(id)) === 'FAILED', 60_000);
    const letters = async () => (await server.query<{ deadLetters: { nodes: { id: string; analysisId: string; code: string; attemptCount: number }[] } }>('{ deadLetters { nodes { id analysisId code attemptCount } } }')).deadLetters.nodes;
    await until('its letter is there', async () => (await letters()).length === 1);
    const [letter] = await letters();
    expect(letter).toMatchObject({ analysisId: id, code: 'STORAGE_FULL', attemptCount: 3 });
    clear();
    expect((await server.query<{ retryDeadLetter: object }>(RETRY, { id: letter!.id })).retryDeadLetter).toEqual({ __typename: 'DeadLetter', analysisId: id });
    await until('it has succeeded', async () => (await status(id)) === 'SUCCEEDED', 60_000);
    expect(await letters()).toEqual([]);
  });

  it('says STORAGE_FAILED and that it is not ready while the disk is read-only, and recovers', { timeout: 60_000 }, async () => {
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    expect(await put(speechLikeWav(1, 6))).toEqual({ status: 503, code: 'STORAGE_FAILED' });
    await until('it says so', async () => (await unready()).includes('storage'));
    execFileSync('mount', ['-o', 'remount,rw', disk]);
    await until('it is ready again', async () => (await unready()).length === 0);
    expect((await put(speechLikeWav(1, 6))).status).toBe(201);
  });
});
