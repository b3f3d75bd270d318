import type { Database, Transaction } from '../db/database.js';
import type { DeliveryJobFacts, DeliveryRepository, WebhookRepository } from '../db/webhook-repositories.js';
import { PAUSE_AFTER, parseRetryAfter, waitAfter } from '../domain/webhook-schedule.js';
import { signDelivery } from '../domain/webhook-signature.js';
import type { AttemptOutcome, DeliveryState, WebhookAttempt, WebhookRecord } from '../domain/webhook.js';
import type { GuardedPost, PostResult } from '../outbound/guarded-post.js';
import type { JobPayloads } from '../queue/job-queue.js';
import { systemPrincipal, type AuditSink } from './audit.js';
import type { WebhookBody } from './webhook-body.js';
import type { WebhookDispatch } from './webhook-dispatch.js';
import type { WebhookKeys } from './webhook-keys.js';

/** Connections to one webhook at once, in one process: a receiver that hangs must not take every slot. */
const CONNECTIONS_A_WEBHOOK = 4;
/** How long a delivery waits that found no connection free. */
const BUSY_SECONDS = 1;

export interface WebhookObserver {
  attempted(event: string, outcome: AttemptOutcome, seconds: number): void;
  connections(count: number): void;
  /** After the commit. */
  paused(webhook: WebhookRecord): void;
}

export interface WebhookSender {
  /** One try of one delivery. Safe to repeat: what is out of date does nothing. */
  run(payload: JobPayloads['deliver-webhook'], context: { readonly signal: AbortSignal; readonly isLastAttempt: boolean }): Promise<void>;
}

export interface WebhookSenderParts {
  readonly database: Database;
  readonly webhooks: WebhookRepository;
  readonly deliveries: DeliveryRepository;
  readonly dispatch: WebhookDispatch;
  readonly keys: WebhookKeys;
  readonly bodyOf: WebhookBody;
  readonly post: GuardedPost;
  readonly audit: AuditSink;
  readonly observer: WebhookObserver;
  /** Tells people, in the transaction of the pause. */
  readonly onPause: (tx: Transaction, webhook: WebhookRecord) => Promise<void>;
  readonly now?: () => number;
  readonly random?: () => number;
  /** Shorter in tests. */
  readonly retryDelaysSeconds?: readonly number[];
}

export function createWebhookSender(parts: WebhookSenderParts): WebhookSender {
  const { database, webhooks, deliveries, dispatch, keys, bodyOf, post, observer, now = Date.now } = parts;
  const open = new Map<string, number>();
  let openCount = 0;

  async function send({ delivery, webhook }: DeliveryJobFacts, signal: AbortSignal): Promise<PostResult> {
    const body = await bodyOf(delivery, webhook, signal);
    const headers = { 'content-type': 'application/json; charset=utf-8', ...signDelivery(delivery.id, now(), body, await keys.signing(webhook.id)) };
    return post(webhook.url, headers, body, signal);
  }

  /** The end of a try and all that follows from it, in one transaction. */
  async function record({ delivery, webhook }: DeliveryJobFacts, at: Date, result: PostResult): Promise<void> {
    const isTest = delivery.event === 'webhook.test';
    const wait = isTest ? null : waitAfter(delivery.tryCount + 1, parseRetryAfter(result.retryAfter, now()), parts.random, parts.retryDelaysSeconds);
    const isGone = result.outcome === 'GONE' && !isTest;
    const state: DeliveryState = result.outcome === 'DELIVERED' ? 'DELIVERED' : isGone || wait !== null ? 'PENDING' : 'FAILED';
    const nextAttemptAt = state === 'PENDING' ? new Date(now() + (wait ?? 0) * 1000) : null;
    const attempt: WebhookAttempt = { at: at.toISOString(), outcome: result.outcome, statusCode: result.statusCode, durationMs: result.durationMs };
    const pausedNow = await database.transaction(async (tx) => {
      if (!(await deliveries.recordAttempt(tx, delivery, attempt, { state, nextAttemptAt, endedAt: state === 'PENDING' ? null : new Date(now()) }))) return false;
      if (isTest) return false;
      if (state === 'DELIVERED') {
        await webhooks.noteSuccess(tx, webhook.id, new Date(now()));
        return false;
      }
      const { failureCount, failingSince } = await webhooks.noteFailure(tx, webhook.id, at);
      const reason = isGone ? 'The receiver answered 410 Gone.' : reasonToPause(failureCount, failingSince, state, delivery.tryCount + 1);
      if (reason !== null && (await pause(tx, webhook, reason))) return true;
      if (state === 'PENDING' && wait !== null) await dispatch.schedule(tx, { ...delivery, tryCount: delivery.tryCount + 1 }, wait);
      return false;
    });
    observer.attempted(delivery.event, result.outcome, result.durationMs / 1000);
    if (pausedNow) observer.paused(webhook);
  }

  function reasonToPause(failureCount: number, failingSince: Date | null, state: DeliveryState, tries: number): string | null {
    const failingMs = failingSince === null ? 0 : now() - failingSince.getTime();
    // As many in a row as it had tries: nothing else came through in that day.
    const isTriedOut = state === 'FAILED' && failureCount >= tries;
    if (!isTriedOut && (failureCount < PAUSE_AFTER.failures || failingMs < PAUSE_AFTER.failingMs)) return null;
    return isTriedOut ? `A delivery failed on each of its ${tries} tries, and nothing else came through meanwhile.` : `${failureCount} tries in a row failed, over ${Math.floor(failingMs / 60_000)} minutes.`;
  }

  async function pause(tx: Transaction, webhook: WebhookRecord, reason: string): Promise<boolean> {
    if (!(await webhooks.pause(tx, webhook.id, reason, new Date(now())))) return false;
    await deliveries.hold(tx, webhook.id);
    await parts.audit.record(tx, systemPrincipal(webhook.workspaceId), { action: 'webhook.paused', subjectKind: 'webhook', subjectId: webhook.id, reason });
    await parts.onPause(tx, webhook);
    return true;
  }

  return {
    async run({ deliveryId, round, tryCount, turn }, { signal, isLastAttempt }) {
      const found = await deliveries.findForWork(deliveryId);
      if (found === null) return;
      const { delivery, webhook } = found;
      if (delivery.state !== 'PENDING' || delivery.round !== round || delivery.tryCount !== tryCount) return;
      if (webhook.state === 'PAUSED' && delivery.event !== 'webhook.test') {
        await database.transaction((tx) => deliveries.hold(tx, webhook.id, delivery.id));
        return;
      }
      const here = open.get(webhook.id) ?? 0;
      if (here >= CONNECTIONS_A_WEBHOOK) {
        await database.transaction((tx) => dispatch.schedule(tx, delivery, BUSY_SECONDS, turn + 1));
        return;
      }
      open.set(webhook.id, here + 1);
      observer.connections((openCount += 1));
      const at = new Date(now());
      try {
        const result = await send(found, signal).catch((error: unknown): PostResult => {
          // Ours, and not the receiver's: the queue tries again at once, and in the end it counts as a failed try.
          if (!isLastAttempt || signal.aborted) throw error;
          return { outcome: 'FAULT', statusCode: null, durationMs: now() - at.getTime(), retryAfter: undefined };
        });
        await record(found, at, result);
      } finally {
        const left = open.get(webhook.id)! - 1;
        if (left === 0) open.delete(webhook.id);
        else open.set(webhook.id, left);
        observer.connections((openCount -= 1));
      }
    },
  };
}
