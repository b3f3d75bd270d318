import { z } from 'zod';
import type { Database } from '../db/database.js';
import type { RuleRepository } from '../db/repositories.js';
import type { DeliveryRepository, WebhookRepository } from '../db/webhook-repositories.js';
import { digestOf } from '../domain/audit.js';
import { UndertoneError } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import type { Principal } from '../domain/principal.js';
import { allowsScope } from '../domain/scopes.js';
import { WEBHOOK_EVENTS, WEBHOOK_SIGNINGS, type WebhookEvent, type WebhookRecord } from '../domain/webhook.js';
import type { AuditEntry, AuditSink } from './audit.js';
import { requireRole, requireScope } from './permissions.js';
import { parseWith } from './recording-input.js';
import { requireUncalled } from './rule-webhooks.js';
import type { StoredQueries } from './webhook-body.js';
import type { WebhookService } from './webhook-contracts.js';
import type { WebhookDispatch } from './webhook-dispatch.js';
import type { WebhookKeys } from './webhook-keys.js';

/** A workspace's webhooks are asked for with every fact. */
const MOST_WEBHOOKS = 50;
const MAX_OVERLAP_HOURS = 168;
const PRUNE_BATCH = 1000;
const DAY_MS = 24 * 3600 * 1000;

const url = z.string().trim().min(1).max(2000);
const events = z.array(z.enum(WEBHOOK_EVENTS)).max(WEBHOOK_EVENTS.length).transform((given) => [...new Set(given)]);
const query = z.string().trim().min(1).max(20_000).nullable();
const name = z.string().trim().min(1).max(100).nullable();
const inputSchema = z.object({ url, events, query: query.default(null), signing: z.enum(WEBHOOK_SIGNINGS).nullish().transform((given) => given ?? 'HMAC_SHA256'), name: name.default(null) });
const changesSchema = z.object({ url: url.optional(), events: events.optional(), query: query.optional(), name: name.optional() });
const overlapSchema = z.object({ overlapHours: z.number().min(0).max(MAX_OVERLAP_HOURS) });

export interface WebhookServiceParts {
  readonly database: Database;
  readonly webhooks: WebhookRepository;
  readonly deliveries: DeliveryRepository;
  readonly dispatch: WebhookDispatch;
  readonly keys: WebhookKeys;
  readonly queries: StoredQueries;
  readonly audit: AuditSink;
  readonly rules: Pick<RuleRepository, 'list'>;
  /** What is wrong with an address as it stands, for people; null when it may be stored. */
  readonly faultOfUrl: (url: string) => string | null;
  readonly logDays: number;
  readonly now?: () => number;
}

export function createWebhookService({ database, webhooks, deliveries, dispatch, keys, queries, audit, rules, faultOfUrl, logDays, now = Date.now }: WebhookServiceParts): WebhookService {
  function notFound(what: string, id: string): UndertoneError {
    return new UndertoneError('NOT_FOUND', `There is no ${what} ${id.slice(0, 64)}.`, { id: id.slice(0, 64) });
  }
  async function existing(principal: Principal, id: string): Promise<WebhookRecord> {
    const webhook = await webhooks.findById(principal.workspaceId, id);
    if (webhook === null) throw notFound('webhook', id);
    return webhook;
  }
  function check(given: { readonly url?: string | undefined }, asked: { readonly query: string | null; readonly events: readonly WebhookEvent[] }): void {
    const wrongUrl = given.url === undefined ? null : faultOfUrl(given.url);
    if (wrongUrl !== null) throw new UndertoneError('BAD_INPUT', `The URL ${wrongUrl}.`, { field: 'url' });
    const [wrongQuery] = asked.query === null ? [] : queries.faults(asked.query, asked.events);
    if (wrongQuery !== undefined) throw new UndertoneError('BAD_INPUT', `The query cannot be stored: ${wrongQuery}`, { field: 'query' });
  }
  /** A stored query reads whatever a viewer may: nobody has more read for them than they may read themselves. */
  const requireReading = (principal: Principal): void => requireRole(principal, 'viewer');
  const entry = (action: string, { id }: { readonly id: string }, before: WebhookRecord | null = null, after: WebhookRecord | null = null): AuditEntry => ({ action, subjectKind: 'webhook', subjectId: id, beforeDigest: before && digestOf(before), afterDigest: after && digestOf(after) });

  return {
    async list(principal) {
      requireScope(principal, 'webhooks:read');
      return webhooks.list(principal.workspaceId);
    },
    async find(principal, id) {
      requireScope(principal, 'webhooks:read');
      return webhooks.findById(principal.workspaceId, id);
    },
    async create(principal, input) {
      requireScope(principal, 'webhooks:write');
      const given = parseWith(inputSchema, input);
      if (given.query !== null) requireReading(principal);
      check(given, given);
      if ((await webhooks.count(principal.workspaceId)) >= MOST_WEBHOOKS) throw new UndertoneError('CONFLICT', `The workspace has ${MOST_WEBHOOKS} webhooks, the most that it may have. Delete one, or let one hear several events.`);
      return database.transaction(async (tx) => {
        const webhook = await webhooks.insert(tx, { ...given, id: newId('webhook'), workspaceId: principal.workspaceId, createdBy: principal.keyId });
        const { secret } = await keys.make(tx, webhook, new Date(now()));
        await audit.record(tx, principal, entry('webhook.created', webhook, null, webhook));
        return { ...webhook, secret };
      });
    },
    async update(principal, id, changes) {
      requireScope(principal, 'webhooks:write');
      const given = parseWith(changesSchema, changes);
      const before = await existing(principal, id);
      // Also for where the answer goes and when, which is as good as the query itself.
      const isTold = given.url !== undefined || given.query !== undefined || given.events !== undefined;
      if (isTold && (given.query === undefined ? before.query : given.query) !== null) requireReading(principal);
      check(given, { query: given.query === undefined ? before.query : given.query, events: given.events ?? before.events });
      return database.transaction(async (tx) => {
        const webhook = await webhooks.update(tx, principal.workspaceId, id, given);
        if (webhook === null) throw notFound('webhook', id);
        await audit.record(tx, principal, entry('webhook.changed', webhook, before, webhook));
        return webhook;
      });
    },
    async delete(principal, id, { evenIfCalled }) {
      requireScope(principal, 'webhooks:write');
      const before = await existing(principal, id);
      if (!evenIfCalled) requireUncalled(id, await rules.list(principal.workspaceId), allowsScope(principal, 'rules:read'));
      return database.transaction(async (tx) => {
        if (!(await webhooks.delete(tx, principal.workspaceId, id))) throw notFound('webhook', id);
        await audit.record(tx, principal, entry('webhook.deleted', { id }, before));
        return { id };
      });
    },
    async rotateSecret(principal, id, overlapHours) {
      requireScope(principal, 'webhooks:write');
      const hours = parseWith(overlapSchema, { overlapHours }).overlapHours;
      const webhook = await existing(principal, id);
      return database.transaction(async (tx) => {
        const { secret } = await keys.make(tx, webhook, new Date(now() + hours * 3_600_000));
        await audit.record(tx, principal, entry('webhook.key-rotated', webhook));
        return { ...webhook, secret };
      });
    },
    async pause(principal, id) {
      requireScope(principal, 'webhooks:write');
      await existing(principal, id);
      await database.transaction(async (tx) => {
        if (!(await webhooks.pause(tx, id, 'By hand.', new Date(now())))) throw new UndertoneError('CONFLICT', 'This webhook is paused already.');
        await deliveries.hold(tx, id);
        await audit.record(tx, principal, entry('webhook.paused', { id }));
      });
      return existing(principal, id);
    },
    async resume(principal, id) {
      requireScope(principal, 'webhooks:write');
      await existing(principal, id);
      await database.transaction(async (tx) => {
        if (!(await webhooks.resume(tx, principal.workspaceId, id))) throw new UndertoneError('CONFLICT', 'This webhook is not paused.');
        await dispatch.release(tx, id);
        await audit.record(tx, principal, entry('webhook.resumed', { id }));
      });
      dispatch.wake();
      return existing(principal, id);
    },
    async test(principal, id) {
      requireScope(principal, 'webhooks:write');
      const webhook = await existing(principal, id);
      // Each test is an occurrence of its own.
      const deliveryId = await database.transaction(async (tx) => {
        const put = (await dispatch.put(tx, webhook, { id, event: 'webhook.test' }, `webhook.test ${newId('webhookDelivery')}`))!;
        await audit.record(tx, principal, entry('webhook.tested', { id }));
        return put;
      });
      dispatch.wake();
      return (await deliveries.findById(principal.workspaceId, deliveryId))!;
    },
    async redeliver(principal, deliveryId) {
      requireScope(principal, 'webhooks:write');
      const delivery = await deliveries.findById(principal.workspaceId, deliveryId);
      if (delivery === null) throw notFound('delivery', deliveryId);
      const { state } = await existing(principal, delivery.webhookId);
      if (state === 'PAUSED') throw new UndertoneError('CONFLICT', 'The webhook of this delivery is paused. Resume it first; what was held is then delivered by itself.');
      const again = await database.transaction(async (tx) => {
        const opened = await deliveries.reopen(tx, principal.workspaceId, deliveryId, new Date(now()));
        if (opened === null) throw notFound('delivery', deliveryId);
        await dispatch.schedule(tx, opened, 0);
        await audit.record(tx, principal, { action: 'webhook.redelivered', subjectKind: 'webhook-delivery', subjectId: deliveryId });
        return opened;
      });
      dispatch.wake();
      return again;
    },
    async deliveries(principal, webhookId, page, state) {
      requireScope(principal, 'webhooks:read');
      return deliveries.list(principal.workspaceId, webhookId, page, state);
    },
    async findDelivery(principal, id) {
      requireScope(principal, 'webhooks:read');
      return deliveries.findById(principal.workspaceId, id);
    },
    async keys(principal, webhookId) {
      requireScope(principal, 'webhooks:read');
      return (await webhooks.findById(principal.workspaceId, webhookId)) === null ? [] : keys.list(webhookId);
    },
    publicKeys: (webhookId) => keys.publicKeys(webhookId),
    catchUp: (signal, isDryRun) => dispatch.catchUp(signal, isDryRun),
    async pruneLog(signal, isDryRun = false) {
      const before = new Date(now() - logDays * DAY_MS);
      if (isDryRun) return { removedCount: await deliveries.countPrunable(before) };
      let removedCount = 0;
      for (let count = PRUNE_BATCH; count === PRUNE_BATCH; removedCount += count) {
        signal.throwIfAborted();
        count = await deliveries.prune(before, PRUNE_BATCH);
      }
      return { removedCount };
    },
  };
}
