import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type ServerProcess } from '../support/server-process.js';
import { speechLikeWav } from '../support/speech-like.js';

interface RunView { readonly status: string; readonly progress: number; readonly json: string | null; readonly csv: string }

const ITEM_COUNT = 30;
const LABELS = ['angry', 'sad', 'happy'];
const VIEW = 'query($id: ID!) { evaluationRun(id: $id) { status progress json csv } }';
const CREATE = 'mutation($input: CreateEvaluationSetInput!) { createEvaluationSet(input: $input) { ... on EvaluationSet { id } ... on Problem { code message } } }';
const RUN = 'mutation($input: RunEvaluationInput!) { runEvaluation(input: $input) { ... on EvaluationRun { id } ... on Problem { code message } } }';

describe('a server that is killed in the middle of an evaluation', () => {
  let dataDir: string;
  let server: ServerProcess | undefined;
  beforeAll(async () => { dataDir = await mkdtemp(join(tmpdir(), 'undertone-evaluation-')); });
  afterEach(async () => { await server?.kill('SIGKILL'); });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  async function until(id: string, isSo: (seen: RunView) => boolean): Promise<RunView[]> {
    const all: RunView[] = [];
    for (;;) {
      const { evaluationRun: seen } = await server!.query<{ evaluationRun: RunView }>(VIEW, { id });
      all.push(seen);
      if (isSo(seen)) return all;
      await new Promise((resolve) => { setImmediate(resolve); });
    }
  }
  const start = async (setId: string, idempotencyKey: string): Promise<string> => (await server!.query<{ runEvaluation: { id: string } }>(RUN, { input: { setId, idempotencyKey } })).runEvaluation.id;
  const hasEnded = ({ status }: RunView): boolean => status !== 'QUEUED' && status !== 'RUNNING';
  const figures = ({ json, csv }: RunView): object => ({ report: { ...(JSON.parse(json!) as object), createdAt: null }, csv });

  it('goes on where it was after a restart and gives the figures of a run that nothing disturbed', { timeout: 300_000 }, async () => {
    server = await startServer(dataDir);
    const items = [];
    for (let i = 0; i < ITEM_COUNT; i++) items.push({ recordingId: await server.upload(speechLikeWav(3, 21 + i / 64), `${i}.wav`), label: LABELS[i % 3], speaker: `s${i % 5}`, language: 'en' });
    const { createEvaluationSet: set } = await server.query<{ createEvaluationSet: { id: string } }>(CREATE, { input: { name: 'Killed', items } });
    const whole = (await until(await start(set.id, 'whole'), hasEnded)).at(-1)!;
    expect(whole).toMatchObject({ status: 'SUCCEEDED', progress: 1 });

    const id = await start(set.id, 'killed');
    const before = (await until(id, (seen) => hasEnded(seen) || seen.progress > 0.2)).at(-1)!;
    expect(before.status).toBe('RUNNING');
    await server.kill('SIGKILL');

    server = await startServer(dataDir);
    const after = await until(id, hasEnded);
    expect(after.at(-1)).toMatchObject({ status: 'SUCCEEDED', progress: 1 });
    // One that began anew would have told of less than was there.
    expect(Math.min(...after.map(({ progress }) => progress))).toBeGreaterThanOrEqual(before.progress);
    expect(figures(after.at(-1)!)).toEqual(figures(whole));
    expect(await start(set.id, 'killed')).toBe(id);
  });
});
