import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { graphql, parse, subscribe } from 'graphql';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composePlatform, type Platform } from '../../src/compose.js';
import { readSettings } from '../../src/config.js';
import type { Principal } from '../../src/domain/principal.js';
import { DEFAULT_WORKSPACE_ID } from '../../src/services/key.service.js';
import { until } from '../support/until.js';

const admin: Principal = { keyId: 'k', keyName: 'k', workspaceId: DEFAULT_WORKSPACE_ID, role: 'admin' };
/** Words that go against a voice of this label, and words that go with it. */
const AGAINST: Readonly<Record<string, string>> = {
  happy: 'I am so sad, my mother passed away and I cannot stop crying', sad: 'I am so happy, this is wonderful, what a beautiful day', angry: 'thank you, that is wonderful, I love it, great job', neutral: 'I will kill you, I am going to kill you tonight',
};
const QUEUE = '{ reviewQueue(filter: { reason: CONTRADICTION }) { totalCount nodes { segmentId analysisId status priority modelLabel reasons { kind message value } } } }';

interface Queue { readonly reviewQueue: { readonly totalCount: number; readonly nodes: readonly { readonly segmentId: string; readonly modelLabel: string; readonly reasons: readonly { readonly kind: string; readonly message: string }[] }[] } }

describe('a transcript whose words go against the voice', () => {
  let dataDir: string;
  let platform: Platform;
  let analysisId: string;
  const leaving = new AbortController();
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'undertone-contradiction-'));
    platform = await composePlatform(readSettings({ UNDERTONE_DATA_DIR: dataDir, UNDERTONE_LOG_LEVEL: 'error' }, '/nonexistent'), pino({ level: 'error' }));
    await platform.startWorker();
    const { recording } = await platform.services.recordings.upload(admin, { stream: createReadStream('samples/conversation.flac'), fileName: 'a.flac' }, {});
    ({ id: analysisId } = await platform.services.analyses.request(admin, recording.id, {}));
    expect((await platform.services.analyses.wait(admin, analysisId, 60_000)).problem).toBeNull();
  }, 120_000);
  afterAll(async () => {
    leaving.abort();
    await platform.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  const contextValue = () => platform.api.createContext({ principal: admin, signPath: (path) => path, signal: leaving.signal });
  const ask = async <T>(source: string, variableValues: Record<string, unknown> = {}): Promise<T> => {
    const { data, errors } = await graphql({ schema: platform.api.schema(), source, variableValues, contextValue: contextValue() });
    expect(errors).toBeUndefined();
    return data as T;
  };
  const segments = async () => (await platform.services.analyses.segments(admin, analysisId, { first: 200, after: null }, {})).items;
  const time = (seconds: number): string => new Date(Math.round(seconds * 1000)).toISOString().slice(11, 23).replace('.', ',');

  it('puts that segment into the queue of review, tells who watches it, and changes nothing of what the model said', async () => {
    const before = await segments();
    const segment = before.find(({ prediction }) => prediction !== null && prediction.label in AGAINST)!;
    const words = AGAINST[segment.prediction!.label]!;
    expect(await ask<Queue>(QUEUE)).toMatchObject({ reviewQueue: { totalCount: 0 } });
    const changes = (await subscribe({ schema: platform.api.schema(), document: parse('subscription { reviewQueueChanged { pendingCount item { id } } }'), contextValue: contextValue() })) as AsyncIterableIterator<unknown>;
    const told = changes.next();

    const content = `1\n${time(segment.startSeconds + 0.05)} --> ${time(segment.endSeconds - 0.05)}\n${words}\n`;
    const importing = 'mutation ($input: ImportTranscriptInput!) { importTranscript(input: $input) { __typename ... on Problem { message } } }';
    for (let time = 0; time < 2; time++) expect(await ask(importing, { input: { analysisId, content, language: 'en' } })).toMatchObject({ importTranscript: { __typename: 'Transcript' } });

    await until('it is in the queue', async () => (await ask<Queue>(QUEUE)).reviewQueue.totalCount > 0);
    const { reviewQueue } = await ask<Queue>(QUEUE);
    expect(reviewQueue).toMatchObject({ totalCount: 1, nodes: [{ segmentId: segment.id, analysisId, status: 'PENDING', priority: 80, modelLabel: segment.prediction!.label, reasons: [{ kind: 'CONTRADICTION', value: expect.any(Number) as number }] }] });
    expect(JSON.stringify(reviewQueue)).not.toMatch(/mother|happy,|wonderful|kill/);
    expect(await told).toEqual({ done: false, value: { data: { reviewQueueChanged: { pendingCount: 1, item: null } } } });
    const after = await segments();
    expect(after.map(({ prediction }) => prediction)).toEqual(before.map(({ prediction }) => prediction));
    expect(after.find(({ id }) => id === segment.id)!.text).toBe(words);
  });
});
