import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type ServerProcess } from '../support/server-process.js';
import { speechLikeWav } from '../support/speech-like.js';

interface AnalysisView { readonly status: string; readonly progress: number; readonly segments: { readonly totalCount: number } }

const VIEW = 'query($id: ID!) { analysis(id: $id) { status progress segments { totalCount } } }';
const REQUEST = 'mutation($input: AnalyzeRecordingInput!) { analyzeRecording(input: $input) { __typename ... on Analysis { id } ... on Problem { code message } } }';

describe('a server that is killed', () => {
  let dataDir: string;
  let server: ServerProcess | undefined;
  beforeAll(async () => { dataDir = await mkdtemp(join(tmpdir(), 'undertone-death-')); });
  afterEach(async () => { await server?.kill('SIGKILL'); });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  const view = async (id: string) => (await server!.query<{ analysis: AnalysisView }>(VIEW, { id })).analysis;
  async function until(id: string, isSo: (seen: AnalysisView) => boolean): Promise<AnalysisView> {
    for (;;) {
      const seen = await view(id);
      if (isSo(seen)) return seen;
      await new Promise((resolve) => { setImmediate(resolve); });
    }
  }

  it('finishes the analysis after a restart, once, with nothing of the upload lost', { timeout: 120_000 }, async () => {
    const bytes = speechLikeWav(90, 1);
    server = await startServer(dataDir);
    const recordingId = await server.upload(bytes, 'long.wav');
    const requested = await server.query<{ analyzeRecording: { id: string } }>(REQUEST, { input: { recordingId, idempotencyKey: 'death' } });
    const { id } = requested.analyzeRecording;
    await until(id, (seen) => seen.status === 'RUNNING');
    await server.kill('SIGKILL');

    server = await startServer(dataDir);
    const finished = await until(id, (seen) => seen.status !== 'QUEUED' && seen.status !== 'RUNNING');
    expect(finished).toMatchObject({ status: 'SUCCEEDED', progress: 1 });
    expect(finished.segments.totalCount).toBeGreaterThan(0);

    const repeated = await server.query<{ analyzeRecording: { id: string } }>(REQUEST, { input: { recordingId, idempotencyKey: 'death' } });
    expect(repeated.analyzeRecording.id).toBe(id);
    const { analyses } = await server.query<{ analyses: { totalCount: number } }>('{ analyses { totalCount } }');
    expect(analyses.totalCount).toBe(1);
    const { recording } = await server.query<{ recording: { audioUrl: string } }>('query($id: ID!) { recording(id: $id) { audioUrl } }', { id: recordingId });
    const audio = await fetch(`${server.url}${recording.audioUrl}`);
    expect(Buffer.from(await audio.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it('ends with code 0 on SIGTERM and leaves no temporary folder behind, of its own or of the one that was killed', { timeout: 60_000 }, async () => {
    server = await startServer(dataDir);
    expect(await server.kill('SIGTERM')).toBe(0);
    const left = await readdir(join(dataDir, 'tmp')).catch(() => []);
    expect(left).toEqual([]);
  });

  it('refuses a second server on the same folder by name of the error', { timeout: 60_000 }, async () => {
    server = await startServer(dataDir);
    await expect(startServer(dataDir)).rejects.toThrow(/DATA_DIR_LOCKED/);
  });
});
