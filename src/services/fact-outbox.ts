import type { Database, Transaction } from '../db/database.js';
import type { EventBus, Fact } from '../domain/events.js';
import type { FactDelivery } from '../plugins/fact-delivery.js';
import { inWorkspace } from '../domain/workspace-scope.js';
import type { JobQueue } from '../queue/job-queue.js';
import type { NoticeBoard } from './notices.js';
import type { WebhookDispatch } from './webhook-dispatch.js';

/** How a fact leaves: a queue row for each durable listener and each webhook in the transaction that makes it true, then the news of it in this process. */
export interface FactOutbox {
  put(tx: Transaction, fact: Fact): Promise<void>;
  /** After the commit. */
  announce(fact: Fact): void;
  /** What a job of the queue does: rejects where the listener failed, for another try. */
  deliver(listener: string, fact: Fact, context: { readonly signal: AbortSignal; readonly isLastAttempt: boolean }): Promise<void>;
}

/** Tells a fact that no row makes true. */
export type Notices = (fact: Fact) => Promise<void>;

export function createNotices(database: Pick<Database, 'transaction'>, facts: Pick<FactOutbox, 'put' | 'announce'>): Notices {
  return async (fact) => {
    await inWorkspace(fact.workspaceId, () => database.transaction((tx) => facts.put(tx, fact)));
    facts.announce(fact);
  };
}

export interface FactOutboxParts {
  readonly queue: Pick<JobQueue, 'enqueueAll' | 'wake'>;
  readonly events: EventBus;
  readonly delivery: Pick<FactDelivery, 'listenersTo' | 'deliver'>;
  /** What goes out of the house. */
  readonly webhooks: Pick<WebhookDispatch, 'tell' | 'wake'>;
  readonly notices: Pick<NoticeBoard, 'tell' | 'wake'>;
  readonly onLost: (listener: string) => void;
}

export function createFactOutbox(parts: FactOutboxParts): FactOutbox {
  const { queue, events, delivery, webhooks, notices } = parts;
  /** Facts that somebody outside waits for: a wake reaches every node, so it is kept for those. */
  const awaited = { byWebhooks: new WeakSet<Fact>(), byPeople: new WeakSet<Fact>() };
  return {
    async put(tx, fact) {
      if ((await webhooks.tell(tx, fact)) > 0) awaited.byWebhooks.add(fact);
      if ((await notices.tell(tx, fact)) > 0) awaited.byPeople.add(fact);
      await queue.enqueueAll(tx, 'deliver-fact', delivery.listenersTo(fact.kind).map((listener) => ({ payload: { listener, fact }, priority: 'bulk', key: `${listener} ${keyOf(fact)}` })));
    },
    announce(fact) {
      events.publish(fact);
      // Whoever waits for the result reads it first: with one connection to the database they would wait for these looks too.
      setImmediate(() => {
        if (delivery.listenersTo(fact.kind).length > 0) queue.wake('deliver-fact');
        if (awaited.byWebhooks.has(fact)) webhooks.wake();
        if (awaited.byPeople.has(fact)) notices.wake();
      });
    },
    async deliver(listener, fact, context) {
      // Tried again, a delivery whose plugin is gone would find nobody either.
      if (!(await delivery.deliver(listener, fact, context))) parts.onLost(listener);
    },
  };
}

function keyOf(fact: Fact): string {
  if (fact.kind === 'recording.deleted') return `${fact.kind} ${fact.recordingId}`;
  if (fact.kind === 'alert.raised') return `${fact.kind} ${fact.alertId}`;
  if (fact.kind === 'review.resolved') return `${fact.kind} ${fact.reviewId}`;
  if (fact.kind === 'analysis.transcribed') return `${fact.kind} ${fact.analysisId} ${fact.revision}`;
  // Told again as long as it holds: one that still waits to be delivered is enough.
  if (fact.kind === 'key.ending') return `${fact.kind} ${fact.keyId}`;
  if (fact.kind === 'quota.near' || fact.kind === 'disk.low') return `${fact.kind} ${fact.workspaceId}`;
  return `${fact.kind} ${fact.analysisId}`;
}
