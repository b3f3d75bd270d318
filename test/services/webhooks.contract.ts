import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuditRepository } from '../../src/db/audit.repository.js';
import { createDeliveryRepository } from '../../src/db/webhook-delivery.repository.js';
import { createWebhookRepository } from '../../src/db/webhook.repository.js';
import { masterKey } from '../../src/domain/envelope.js';
import type { Fact } from '../../src/domain/events.js';
import { networkTest } from '../../src/domain/network-address.js';
import type { Principal } from '../../src/domain/principal.js';
import { verifyDelivery, type VerifyingKey } from '../../src/domain/webhook-signature.js';
import type { DeliveryRecord } from '../../src/domain/webhook.js';
import { deliverWebhookJob } from '../../src/jobs/deliver-webhook.job.js';
import { faultOfUrl } from '../../src/outbound/guarded-address.js';
import { createGuardedPost } from '../../src/outbound/guarded-post.js';
import { createBossQueue } from '../../src/queue/boss-queue.js';
import type { JobQueue } from '../../src/queue/job-queue.js';
import { createAuditSink } from '../../src/services/audit.js';
import { createWebhookBody, MAX_BODY_BYTES, type StoredQueries } from '../../src/services/webhook-body.js';
import type { WebhookWithSecret } from '../../src/services/webhook-contracts.js';
import { createWebhookDispatch } from '../../src/services/webhook-dispatch.js';
import { createWebhookKeys } from '../../src/services/webhook-keys.js';
import { createWebhookSender } from '../../src/services/webhook-sender.js';
import { createWebhookService } from '../../src/services/webhook.service.js';
import { hang, ok, startReceiver, withStatus, type Answer, type Receiver } from '../support/receivers.js';
import type { TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const admin: Principal = { keyId: 'key_1', keyName: 'k', workspaceId: 'ws_hooks', role: 'admin' };
const never = new AbortController().signal;
const PAGE = { first: 50, after: null };
const fact = (recordingId: string): Fact => ({ kind: 'recording.deleted', workspaceId: 'ws_hooks', recordingId });
/** The same in every process, as the key file is. */
const master = masterKey(randomBytes(32));
/** Deliveries that wait for this long wait for ever here. */
const LONG = 3600;

interface WorldOptions {
  readonly delays?: readonly number[];
  readonly answer?: (query: string) => unknown;
  readonly timeoutMs?: number;
}

/** What webhooks do from a fact to the receiver, on any PostgreSQL. */
export function describeWebhooks(engine: string, open: () => Promise<TestDatabase>): void {
  describe(`webhooks on ${engine}`, () => {
    let database: TestDatabase;
    const opened: (() => Promise<void>)[] = [];
    beforeAll(async () => {
      database = await open();
      await database.db.client.workspace.create({ data: { id: 'ws_hooks', name: 'Hooks' } });
    });
    afterEach(async () => {
      for (const close of opened.splice(0).reverse()) await close();
      await database.db.client.$executeRaw`DELETE FROM pgboss.job`;
      await database.db.client.webhook.deleteMany();
      await database.db.client.workspaceSecret.deleteMany();
    });
    afterAll(() => database.dispose());

    /** One process with a clock and waits of the test's own. */
    async function world({ delays = [0, 0], answer = () => null, timeoutMs = 20_000 }: WorldOptions = {}) {
      const clock = { aheadMs: 0 };
      const now = (): number => Date.now() + clock.aheadMs;
      const { db } = database;
      const queue: JobQueue = createBossQueue({ connectionString: db.connectionString, reclaimActive: false, log: { warn: () => undefined, error: () => undefined }, pollIntervalMs: 25, retryDelaySeconds: 0 });
      await queue.start();
      opened.push(() => queue.stop({ deadlineMs: 0 }));
      const [webhooks, deliveries] = [createWebhookRepository(db), createDeliveryRepository(db)];
      const keys = createWebhookKeys(webhooks, { current: () => master, find: () => master }, now);
      const dispatch = createWebhookDispatch({ transaction: (work) => db.transaction(work), webhooks, deliveries, queue, now });
      const queries: StoredQueries = { faults: () => [], run: (_workspace, query) => Promise.resolve({ data: answer(query), errors: [] }) };
      const rules = { allowHttp: true, isAllowed: networkTest(['loopback']) };
      const audit = createAuditSink(createAuditRepository(db));
      const paused: string[] = [];
      const attempted: string[] = [];
      const open: number[] = [];
      const service = createWebhookService({ database: db, webhooks, deliveries, dispatch, keys, queries, audit, rules: { list: () => Promise.resolve([]) }, logDays: 30, faultOfUrl: (url) => faultOfUrl(url, rules), now });
      const sender = createWebhookSender({
        database: db, webhooks, deliveries, dispatch, keys, audit, bodyOf: createWebhookBody(queries), post: createGuardedPost({ ...rules, timeoutMs }), retryDelaysSeconds: delays, now,
        observer: { attempted: (event, outcome) => attempted.push(`${event} ${outcome}`), connections: (count) => open.push(count), paused: ({ id }) => paused.push(id) }, onPause: () => Promise.resolve(),
      });
      const work = () => queue.work('deliver-webhook', { concurrency: 16 }, deliverWebhookJob(sender));
      const tell = async (...facts: Fact[]): Promise<void> => {
        for (const one of facts) await db.transaction((tx) => dispatch.tell(tx, one));
        dispatch.wake();
      };
      const log = async (webhookId: string): Promise<readonly DeliveryRecord[]> => (await service.deliveries(admin, webhookId, PAGE, null)).items;
      return { clock, queue, service, keys, dispatch, webhooks, deliveries, paused, attempted, open, work, tell, log };
    }
    async function receiver(answer?: Answer): Promise<Receiver> {
      const started = await startReceiver(answer);
      opened.push(() => started.close());
      return started;
    }
    const hmacOf = ({ secret }: Pick<WebhookWithSecret, 'secret'>): VerifyingKey => ({ kind: 'HMAC_SHA256', secret: Buffer.from(secret!.slice('whsec_'.length), 'base64') });

    it('tell one receiver once of a fact, signed, with the ids that it is about', async () => {
      const { service, work, tell, log } = await world();
      const { url, received } = await receiver();
      await work();
      const webhook = await service.create(admin, { url, events: ['recording.deleted'] });
      await service.create(admin, { url, events: ['analysis.completed'] });
      await tell(fact('rec_1'), fact('rec_1'));
      await until('it is delivered', async () => (await log(webhook.id))[0]?.state === 'DELIVERED');
      expect(received).toHaveLength(1);
      const [delivery] = await log(webhook.id);
      expect(JSON.parse(received[0]!.body.toString())).toEqual({ id: delivery!.id, type: 'recording.deleted', timestamp: delivery!.createdAt.toISOString(), workspaceId: 'ws_hooks', ids: { recordingId: 'rec_1' }, data: null });
      expect(received[0]!.headers['webhook-id']).toBe(delivery!.id);
      expect(verifyDelivery(received[0]!.headers, received[0]!.body, [hmacOf(webhook)], Date.now())).toBe(true);
      expect(delivery).toMatchObject({ attemptCount: 1, attempts: [{ outcome: 'DELIVERED', statusCode: 204 }], nextAttemptAt: null });
    });

    it('show a secret once, keep it sealed, and sign with old and new keys until the old ones end', async () => {
      const { clock, service, keys, work, tell } = await world();
      const { url, received } = await receiver();
      await work();
      const first = await service.create(admin, { url, events: ['recording.deleted'] });
      expect(first.secret).toMatch(/^whsec_/);
      expect(await service.find(admin, first.id)).not.toHaveProperty('secret');
      const stored = await database.db.client.workspaceSecret.findMany({ where: { purpose: 'webhook' } });
      expect(stored.some(({ wrapped }) => Buffer.from(wrapped).includes(hmacOf(first).kind === 'HMAC_SHA256' ? Buffer.from(first.secret!.slice(6), 'base64') : ''))).toBe(false);
      const second = await service.rotateSecret(admin, first.id, 2);
      await tell(fact('rec_1'));
      await until('it has come', () => received.length === 1);
      expect([first, second].map((key) => verifyDelivery(received[0]!.headers, received[0]!.body, [hmacOf(key)], Date.now()))).toEqual([true, true]);
      clock.aheadMs = 2.1 * 3_600_000;
      await tell(fact('rec_2'));
      await until('the next has come', () => received.length === 2);
      expect([first, second].map((key) => verifyDelivery(received[1]!.headers, received[1]!.body, [hmacOf(key)], Date.now() + clock.aheadMs))).toEqual([false, true]);
      await service.rotateSecret(admin, first.id, 0);
      expect(await keys.list(first.id)).toHaveLength(1);
      await service.delete(admin, first.id, { evenIfCalled: false });
      expect(await database.db.client.workspaceSecret.count({ where: { purpose: 'webhook' } })).toBe(0);
    });

    it('sign with Ed25519 for whoever has the public key, which is all that can be had', async () => {
      const { service, work, tell } = await world();
      const { url, received } = await receiver();
      await work();
      const webhook = await service.create(admin, { url, events: ['recording.deleted'], signing: 'ED25519' });
      expect(webhook.secret).toBeNull();
      const [key] = await service.publicKeys(webhook.id);
      expect(key!.text).toBe(`whpk_${Buffer.from(key!.publicKey.export({ format: 'jwk' }).x!, 'base64url').toString('base64')}`);
      await tell(fact('rec_1'));
      await until('it has come', () => received.length === 1);
      expect(received[0]!.headers['webhook-signature']).toMatch(/^v1a,/);
      expect(verifyDelivery(received[0]!.headers, received[0]!.body, [{ kind: 'ED25519', publicKey: key!.publicKey }], Date.now())).toBe(true);
    });

    it('try again until the receiver takes it, always under the same id', async () => {
      const { service, work, tell, log, attempted } = await world();
      const { url, received } = await receiver((response, request, count) => (count < 3 ? withStatus(500) : ok)(response, request, count));
      await work();
      const { id } = await service.create(admin, { url, events: ['recording.deleted'] });
      await tell(fact('rec_1'));
      await until('it is delivered', async () => (await log(id))[0]?.state === 'DELIVERED');
      expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
      expect((await log(id))[0]!.attempts.map(({ outcome, statusCode }) => [outcome, statusCode])).toEqual([['REFUSED_STATUS', 500], ['REFUSED_STATUS', 500], ['DELIVERED', 204]]);
      expect(attempted).toEqual(['recording.deleted REFUSED_STATUS', 'recording.deleted REFUSED_STATUS', 'recording.deleted DELIVERED']);
      expect(await service.find(admin, id)).toMatchObject({ state: 'ACTIVE', failureCount: 0, lastDeliveredAt: expect.any(Date) as Date });
    });

    it('wait as long as the receiver asks for', async () => {
      const { service, work, tell, log } = await world({ delays: [1, 1] });
      const { url } = await receiver(withStatus(429, { 'retry-after': String(LONG) }));
      await work();
      const { id } = await service.create(admin, { url, events: ['recording.deleted'] });
      await tell(fact('rec_1'));
      await until('it was tried', async () => (await log(id))[0]?.attemptCount === 1);
      const [delivery] = await log(id);
      expect(delivery!.state).toBe('PENDING');
      expect((delivery!.nextAttemptAt!.getTime() - Date.now()) / 1000).toBeGreaterThan(LONG - 60);
    });

    it('pause at once at 410, hold what happens, and deliver it in the end under the ids it had', async () => {
      const { service, work, tell, log, paused } = await world({ delays: [LONG] });
      const target = await receiver(withStatus(410));
      await work();
      const { id } = await service.create(admin, { url: target.url, events: ['recording.deleted'] });
      await tell(fact('rec_1'));
      await until('it is paused', async () => (await service.find(admin, id))!.state === 'PAUSED');
      await tell(fact('rec_2'));
      expect((await log(id)).map(({ state }) => state)).toEqual(['HELD', 'HELD']);
      expect(await service.find(admin, id)).toMatchObject({ pausedReason: 'The receiver answered 410 Gone.', failureCount: 1 });
      await until('it was told', () => paused.length === 1);
      const [held] = await log(id);
      await expect(service.redeliver(admin, held!.id)).rejects.toMatchObject({ code: 'CONFLICT' });
      target.answer = ok;
      await service.resume(admin, id);
      await until('all came', async () => (await log(id)).every(({ state }) => state === 'DELIVERED'));
      expect(target.received.slice(1).map(({ headers }) => headers['webhook-id']).sort()).toEqual((await log(id)).map((one) => one.id).sort());
      expect((await database.db.client.auditEvent.findMany({ where: { subjectId: id }, orderBy: { sequence: 'asc' } })).map(({ action, actorKeyId }) => [action, actorKeyId])).toEqual([['webhook.created', 'key_1'], ['webhook.paused', 'system'], ['webhook.resumed', 'key_1']]);
      await expect(service.resume(admin, id)).rejects.toMatchObject({ code: 'CONFLICT' });
    });

    it('pause when a delivery has used up its tries and nothing else came through, and deliver it again when asked', async () => {
      const { service, work, tell, log } = await world({ delays: [0, 0] });
      const target = await receiver(withStatus(503));
      await work();
      const { id } = await service.create(admin, { url: target.url, events: ['recording.deleted'] });
      await tell(fact('rec_1'));
      await until('it is paused', async () => (await service.find(admin, id))!.state === 'PAUSED');
      const [failed] = await log(id);
      expect(failed).toMatchObject({ state: 'FAILED', attemptCount: 3, nextAttemptAt: null });
      target.answer = ok;
      await service.resume(admin, id);
      await service.redeliver(admin, failed!.id);
      await until('it is delivered', async () => (await log(id))[0]?.state === 'DELIVERED');
      expect((await log(id))[0]).toMatchObject({ id: failed!.id, attemptCount: 4, round: 1 });
      expect(new Set(target.received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([failed!.id]));
    });

    it('pause after fifty failures in a row once they last an hour, and not before', async () => {
      const { clock, service, work, tell } = await world({ delays: Array.from({ length: 60 }, () => LONG) });
      const { url, received } = await receiver(withStatus(500));
      await work();
      const { id } = await service.create(admin, { url, events: ['recording.deleted'] });
      await tell(...Array.from({ length: 50 }, (_, index) => fact(`rec_${index}`)));
      await until('all were tried', async () => (await service.find(admin, id))!.failureCount === 50);
      expect((await service.find(admin, id))!.state).toBe('ACTIVE');
      clock.aheadMs = 3_700_000;
      await tell(fact('rec_last'));
      await until('it is paused', async () => (await service.find(admin, id))!.state === 'PAUSED');
      expect(received).toHaveLength(51);
      expect((await service.find(admin, id))!.pausedReason).toMatch(/^51 tries in a row failed, over 6\d minutes\.$/);
    });

    it('hold a paused webhook back, but not its test, which is tried once and changes nothing', async () => {
      const { service, work, tell, log, deliveries } = await world({ answer: () => ({ x: 1 }) });
      const target = await receiver(withStatus(500));
      await work();
      const { id } = await service.create(admin, { url: target.url, events: ['recording.deleted'], query: '{ viewer { role } }' });
      await service.pause(admin, id);
      await expect(service.pause(admin, id)).rejects.toMatchObject({ code: 'CONFLICT' });
      await tell(fact('rec_1'));
      const failing = await service.test(admin, id);
      await until('the test failed', async () => (await deliveries.findById('ws_hooks', failing.id))!.state === 'FAILED');
      target.answer = ok;
      const { id: testId } = await service.test(admin, id);
      await until('the test came', async () => (await service.findDelivery(admin, testId))!.state === 'DELIVERED');
      expect(JSON.parse(target.received[1]!.body.toString())).toMatchObject({ type: 'webhook.test', ids: {}, data: null });
      expect(await service.find(admin, id)).toMatchObject({ state: 'PAUSED', failureCount: 0, lastDeliveredAt: null });
      expect((await log(id)).map(({ event, state }) => `${event} ${state}`).sort()).toEqual(['recording.deleted HELD', 'webhook.test DELIVERED', 'webhook.test FAILED']);
    });

    it('deliver again, under the same id, what a process was at when it ended', async () => {
      const dying = await world();
      const target = await receiver(hang);
      const { id } = await dying.service.create(admin, { url: target.url, events: ['recording.deleted'] });
      await dying.work();
      await dying.tell(fact('rec_1'));
      await until('it is under way', () => target.received.length === 1);
      await dying.queue.stop({ deadlineMs: 0 });
      expect((await dying.log(id))[0]).toMatchObject({ state: 'PENDING', attemptCount: 0 });
      target.answer = ok;
      const next = await world();
      await next.work();
      await until('it is delivered', async () => (await next.log(id))[0]?.state === 'DELIVERED');
      expect(new Set(target.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    });

    it('open at most four connections to one receiver, so that one that hangs leaves room for others', async () => {
      const { service, work, tell, open } = await world({ timeoutMs: 60_000, delays: [LONG] });
      const [slow, quick] = [await receiver(hang), await receiver()];
      await work();
      await service.create(admin, { url: slow.url, events: ['recording.deleted'] });
      await tell(...Array.from({ length: 30 }, (_, index) => fact(`rec_${index}`)));
      await until('four are open', () => slow.received.length === 4);
      await service.create(admin, { url: quick.url, events: ['analysis.failed'] });
      await tell({ kind: 'analysis.failed', workspaceId: 'ws_hooks', analysisId: 'ana_1', recordingId: 'rec_1' });
      await until('the other is told', () => quick.received.length === 1);
      expect(slow.received).toHaveLength(4);
      expect(Math.max(...open)).toBe(5);
    });

    it('send the answer of the stored query, and say so where it is too large', async () => {
      const { service, work, tell, log } = await world({ answer: (query) => ({ text: query.includes('large') ? 'x'.repeat(MAX_BODY_BYTES) : 'small' }) });
      const { url, received } = await receiver();
      await work();
      const { id } = await service.create(admin, { url, events: ['recording.deleted'], query: 'query small { x }' });
      await tell(fact('rec_1'));
      await until('it has come', () => received.length === 1);
      await service.update(admin, id, { query: 'query large { x }' });
      await tell(fact('rec_2'));
      await until('both have come', async () => (await log(id)).filter(({ state }) => state === 'DELIVERED').length === 2);
      const [small, large] = received.map(({ body }) => JSON.parse(body.toString()) as { data: unknown; errors?: { extensions: unknown }[] });
      expect(small).toMatchObject({ data: { text: 'small' } });
      expect(large).toMatchObject({ data: null, ids: { recordingId: 'rec_2' }, errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }] });
    });

    it('give a job to what has none, go on with a resumption, and forget what is old', async () => {
      const { clock, service, work, tell, log, webhooks, deliveries } = await world();
      const { url, received } = await receiver();
      const { id } = await service.create(admin, { url, events: ['recording.deleted'] });
      await tell(fact('rec_1'));
      expect(await service.catchUp(never)).toEqual({ scheduledCount: 0 });
      await database.db.client.$executeRaw`DELETE FROM pgboss.job`;
      await database.db.transaction((tx) => webhooks.pause(tx, id, 'x', new Date()));
      await tell(fact('rec_2'));
      await database.db.transaction((tx) => webhooks.resume(tx, 'ws_hooks', id));
      clock.aheadMs = 120_000;
      expect(await service.catchUp(never)).toEqual({ scheduledCount: 2 });
      expect(await service.catchUp(never)).toEqual({ scheduledCount: 0 });
      await work();
      await until('both are delivered', async () => (await log(id)).every(({ state }) => state === 'DELIVERED'));
      expect(received).toHaveLength(2);
      clock.aheadMs = 29 * 24 * 3_600_000;
      expect(await service.pruneLog(never)).toEqual({ removedCount: 0 });
      clock.aheadMs = 31 * 24 * 3_600_000;
      expect(await service.pruneLog(never)).toEqual({ removedCount: 2 });
      expect(await deliveries.list('ws_hooks', id, PAGE, null)).toMatchObject({ totalCount: 0 });
    });

    it('page through the log, by state as well, and show nothing to others', async () => {
      const { service, tell, log } = await world();
      const { id } = await service.create(admin, { url: 'https://example.org/hook', events: ['recording.deleted'] });
      await service.pause(admin, id);
      await tell(...Array.from({ length: 5 }, (_, index) => fact(`rec_${index}`)));
      const first = await service.deliveries(admin, id, { first: 2, after: null }, 'HELD');
      const second = await service.deliveries(admin, id, { first: 2, after: first.cursors.at(-1)! }, 'HELD');
      expect([...first.items, ...second.items].map((one) => one.id)).toEqual((await log(id)).slice(0, 4).map((one) => one.id));
      expect(first).toMatchObject({ totalCount: 5, hasNextPage: true });
      expect((await service.deliveries(admin, id, PAGE, 'DELIVERED')).totalCount).toBe(0);
      const other: Principal = { ...admin, workspaceId: 'ws_default' };
      expect(await service.find(other, id)).toBeNull();
      expect(await service.findDelivery(other, first.items[0]!.id)).toBeNull();
      expect((await service.deliveries(other, id, PAGE, null)).totalCount).toBe(0);
      expect(await service.keys(other, id)).toEqual([]);
      for (const call of [() => service.delete(other, id, { evenIfCalled: false }), () => service.resume(other, id), () => service.pause(other, id), () => service.test(other, id)]) await expect(call()).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(service.redeliver(other, first.items[0]!.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(service.list({ ...admin, role: 'analyst' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    });

    it('refuse an address that must not be called, and more webhooks than a workspace may have', async () => {
      const { service } = await world();
      const input = { url: 'https://example.org/', events: ['alert.raised'] as const };
      for (const url of ['https://10.0.0.1/', 'ftp://example.org/', 'x']) await expect(service.create(admin, { ...input, url })).rejects.toMatchObject({ code: 'BAD_INPUT', details: { field: 'url' } });
      const { id } = await service.create(admin, input);
      await expect(service.update(admin, id, { url: 'http://[::ffff:10.0.0.1]/' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
      await expect(service.rotateSecret(admin, id, 200)).rejects.toMatchObject({ code: 'BAD_INPUT' });
      expect(await service.update(admin, id, { name: 'Ours', events: [] })).toMatchObject({ name: 'Ours', events: [], url: input.url });
      for (let count = 1; count < 50; count += 1) await service.create(admin, input);
      await expect(service.create(admin, input)).rejects.toMatchObject({ code: 'CONFLICT' });
    });
  });
}
