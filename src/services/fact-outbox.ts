import type { Database, Transaction } from '../db/database.js';
import type { EventBus, Fact } from '../domain/events.js';
import type { FactDelivery } from '../plugins/fact-delivery.js';
import type { JobQueue } from '../queue/job-queue.js';

/** How a fact leaves: one queue row a durable listener in the transaction that makes it true, then the news of it in this process. */
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
    await database.transaction((tx) => facts.put(tx, fact));
    facts.announce(fact);
  };
}

export function createFactOutbox(parts: { readonly queue: JobQueue; readonly events: EventBus; readonly delivery: Pick<FactDelivery, 'listenersTo' | 'deliver'>; readonly onLost: (listener: string) => void }): FactOutbox {
  const { queue, events, delivery } = parts;
  return {
    async put(tx, fact) {
      for (const listener of delivery.listenersTo(fact.kind)) await queue.enqueue(tx, 'deliver-fact', { listener, fact }, { priority: 'bulk', key: `${listener} ${keyOf(fact)}` });
    },
    announce(fact) {
      events.publish(fact);
      if (delivery.listenersTo(fact.kind).length > 0) queue.wake('deliver-fact');
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
  // Told again as long as it holds: one that still waits to be delivered is enough.
  if (fact.kind === 'key.ending') return `${fact.kind} ${fact.keyId}`;
  if (fact.kind === 'quota.near' || fact.kind === 'disk.low') return `${fact.kind} ${fact.workspaceId}`;
  return `${fact.kind} ${fact.analysisId}`;
}
