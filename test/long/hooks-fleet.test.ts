import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { asSystem } from '../../src/domain/workspace-scope.js';
import { startReceiver, withStatus, ok, type Receiver } from '../support/receivers.js';
import { speechLikeWav } from '../support/speech-like.js';
import { startServer, startWorker, TEST_ADMIN_KEY, type ServerProcess } from '../support/server-process.js';
import { openServerTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';
import { needsServer } from './needs-server.js';

const url = needsServer();
const RECORDINGS = 6;
interface Item { readonly id: string; readonly status: string; readonly claims: readonly { readonly keyName: string }[] }
interface Change { readonly pendingCount: number; readonly item: Item | null }
const ITEM = '... on ReviewItem { id status claims { keyName } } ... on Problem { code message }';

describe('two servers and two workers on one database (needs TEST_DATABASE_URL)', () => {
  let folder: string;
  let database: TestDatabase;
  let receiver: Receiver;
  let servers: readonly ServerProcess[] = [];
  let workers: readonly Awaited<ReturnType<typeof startWorker>>[] = [];
  const stops: (() => void)[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ut-hooks-fleet-'));
    database = await openServerTestDatabase(url);
    receiver = await startReceiver();
    const environment = { DATABASE_URL: database.db.connectionString, UNDERTONE_STORAGE_URL: `file://${join(folder, 'blobs')}`, UNDERTONE_MODEL_THREADS: '1', UNDERTONE_MIN_FREE_BYTES: '0', UNDERTONE_WEBHOOK_HTTP: 'true', UNDERTONE_WEBHOOK_ALLOW: 'loopback' };
    servers = await Promise.all(['a', 'b'].map((name) => startServer(join(folder, name), environment, ['--no-worker'])));
    workers = await Promise.all(['c', 'd'].map((name) => startWorker(join(folder, name), environment)));
  }, 240_000);
  afterAll(async () => {
    stops.forEach((stop) => stop());
    await Promise.all([...servers, ...workers].map((each) => each.kill('SIGKILL')));
    await receiver.close();
    await database.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  function watch(server: ServerProcess): Change[] {
    const client = createClient({ url: `${server.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, connectionParams: { Authorization: `Bearer ${TEST_ADMIN_KEY}` } });
    const seen: Change[] = [];
    client.subscribe<{ reviewQueueChanged: Change }>({ query: 'subscription { reviewQueueChanged { pendingCount item { id status claims { keyName } } } }' }, { next: ({ data }) => void seen.push(data!.reviewQueueChanged), error: () => undefined, complete: () => undefined });
    stops.push(() => void client.dispose());
    return seen;
  }
  const arrivals = (type: string): string[] => receiver.received.filter(({ body }) => (JSON.parse(body.toString()) as { type: string }).type === type).map(({ headers }) => headers['webhook-id']!);

  it('tell a webhook of each analysis and alert once, whichever node did the work', { timeout: 240_000 }, async () => {
    const [a, b] = servers as [ServerProcess, ServerProcess];
    const { createWebhook: { id } } = await a.query<{ createWebhook: { id: string } }>('mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { ... on Webhook { id } ... on Problem { code message } } }', { input: { url: receiver.url, events: ['ANALYSIS_COMPLETED', 'ALERT_RAISED'], query: 'query ($analysisId: ID!) { analysis(id: $analysisId) { id status } }' } });
    const { createRule: rule } = await b.query<{ createRule: object }>('mutation ($input: RuleInput!) { createRule(input: $input) { __typename ... on Problem { message } } }', { input: { definition: { name: 'Any', when: { duration: { atLeast: 0.1 } }, oncePer: 'analysis', actions: [{ alert: {} }, { webhook: { id } }, { review: {} }] } } });
    expect(rule).toEqual({ __typename: 'Rule' });
    // The first answers fail: each delivery is tried again, by whichever worker has it then.
    receiver.answer = (response, request, count) => (count <= 4 ? withStatus(503)(response, request, count) : ok(response, request, count));
    for (let i = 0; i < RECORDINGS; i++) {
      const recordingId = await servers[i % 2]!.upload(speechLikeWav(3, i + 1), `clip-${i}.wav`);
      await servers[(i + 1) % 2]!.query('mutation ($input: AnalyzeRecordingInput!) { analyzeRecording(input: $input) { __typename } }', { input: { recordingId } });
    }
    const states = (): Promise<readonly { state: string; event: string; id: string }[]> => asSystem(() => database.db.client.webhookDelivery.findMany({ select: { state: true, event: true, id: true } }));
    await until('everything is delivered', async () => {
      const rows = await states();
      return rows.length === 3 * RECORDINGS && rows.every(({ state }) => state === 'DELIVERED');
    }, 200_000);
    const rows = await states();
    for (const type of ['analysis.completed', 'alert.raised', 'rule.fired']) {
      const ids = arrivals(type);
      expect(new Set(ids), type).toEqual(new Set(rows.filter(({ event }) => event === type).map((row) => row.id)));
      expect(new Set(ids).size, type).toBe(RECORDINGS);
    }
    // Four were refused and came again under the same id; nothing else came twice.
    expect(receiver.received).toHaveLength(3 * RECORDINGS + 4);
  });

  it('show each other what happens in the review queue, and tell of a claim that ended once', { timeout: 240_000 }, async () => {
    const [a, b] = servers as [ServerProcess, ServerProcess];
    const { reviewQueue: { nodes } } = await a.query<{ reviewQueue: { nodes: Item[] } }>('{ reviewQueue(first: 50) { nodes { id status claims { keyName } } } }');
    expect(nodes.length).toBeGreaterThanOrEqual(RECORDINGS);
    const watchers = servers.map(watch);
    // What was sent before a subscription stands is not heard: ask until each has heard.
    await until('both listen', async () => {
      await a.query(`mutation ($id: ID!) { claimReview(id: $id) { ${ITEM} } releaseReview(id: $id) { ${ITEM} } }`, { id: nodes[0]!.id });
      return watchers.every((seen) => seen.length > 0);
    }, 60_000);
    const heardOf = (seen: readonly Change[], id: string): (readonly [string, number])[] => seen.flatMap(({ item }) => (item?.id === id ? [[item.status, item.claims.length] as const] : []));

    const answered = nodes[1]!.id;
    await a.query(`mutation ($id: ID!) { claimReview(id: $id) { ${ITEM} } }`, { id: answered });
    await until('both heard of the claim', () => watchers.every((seen) => heardOf(seen, answered).some(([, claims]) => claims === 1)));
    await b.query(`mutation ($id: ID!) { resolveReview(input: { id: $id, freeLabel: "calm" }) { ${ITEM} } }`, { id: answered });
    await until('both heard of the answer', () => watchers.every((seen) => heardOf(seen, answered).some(([status]) => status === 'RESOLVED')));

    const ended = nodes[2]!.id;
    await b.query(`mutation ($id: ID!) { claimReview(id: $id) { ${ITEM} } }`, { id: ended });
    await until('both heard of the second claim', () => watchers.every((seen) => heardOf(seen, ended).some(([, claims]) => claims === 1)));
    await asSystem(() => database.db.client.reviewClaim.updateMany({ where: { reviewId: ended }, data: { expiresAt: new Date(Date.now() - 1) } }));
    for (const server of servers) expect((await server.query<{ reviewItem: Item }>('query ($id: ID!) { reviewItem(id: $id) { id status claims { keyName } } }', { id: ended })).reviewItem.claims).toEqual([]);
    const endings = (seen: readonly Change[]): number => heardOf(seen, ended).filter(([status, claims]) => status === 'PENDING' && claims === 0).length;
    // By hand, as its minute would: on both, and the one that comes second has nothing left to tell.
    const run = (server: ServerProcess): Promise<unknown> => server.query('mutation { runTask(id: "review-claims") { __typename } }');
    await run(b);
    await until('both heard that it ended', () => watchers.every((seen) => endings(seen) > 0));
    await run(a);
    await a.query(`mutation ($id: ID!) { claimReview(id: $id) { ${ITEM} } }`, { id: nodes[3]!.id });
    await until('both heard what came after', () => watchers.every((seen) => heardOf(seen, nodes[3]!.id).length > 0));
    expect(watchers.map(endings)).toEqual([1, 1]);
  });
});
