import type { Transaction } from '../db/database.js';
import type { DeliveryRepository, WebhookRepository } from '../db/webhook-repositories.js';
import type { Fact } from '../domain/events.js';
import { newId } from '../domain/ids.js';
import { occurrenceOf, variablesOf, type DeliveryRecord, type DeliveryVariables, type WebhookRecord } from '../domain/webhook.js';
import type { JobQueue } from '../queue/job-queue.js';

/** Jobs that a resumption makes at once; the rest comes with the scheduled task, so that a long pause does not end in one transaction. */
const RELEASE_BATCH = 500;
/** Due for so long and still without a job: it was lost, or its resumption has not got to it. */
const OVERDUE_MS = 60_000;

type Target = Pick<WebhookRecord, 'id' | 'workspaceId' | 'state'>;

/** How deliveries come to be and get their jobs: always in the transaction that makes what they tell of true. */
export interface WebhookDispatch {
  /** One delivery for each webhook that hears the fact; answers how many are new. */
  tell(tx: Transaction, fact: Fact): Promise<number>;
  /** Null when this occurrence was told to this webhook before. */
  put(tx: Transaction, webhook: Target, variables: DeliveryVariables, occurrenceKey: string): Promise<string | null>;
  /** The job of a delivery's next try. `turn` keeps a job that is put off apart from the one that runs. */
  schedule(tx: Transaction, delivery: Pick<DeliveryRecord, 'id' | 'workspaceId' | 'round' | 'tryCount'>, startAfterSeconds: number, turn?: number): Promise<void>;
  /** What a pause has held back becomes due. */
  release(tx: Transaction, webhookId: string): Promise<number>;
  /** After the commit. */
  wake(): void;
  /** For the schedule: gives a job to every delivery that is due and has none, and goes on with resumptions. */
  catchUp(signal: AbortSignal, isDryRun?: boolean): Promise<{ readonly scheduledCount: number }>;
}

export interface WebhookDispatchParts {
  readonly transaction: <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>;
  readonly webhooks: WebhookRepository;
  readonly deliveries: DeliveryRepository;
  readonly queue: Pick<JobQueue, 'enqueue' | 'wake' | 'without'>;
  readonly now?: () => number;
}

export function createWebhookDispatch({ transaction, webhooks, deliveries, queue, now = Date.now }: WebhookDispatchParts): WebhookDispatch {
  const schedule: WebhookDispatch['schedule'] = (tx, { id, workspaceId, round, tryCount }, startAfterSeconds, turn = 0) =>
    queue.enqueue(tx, 'deliver-webhook', { deliveryId: id, round, tryCount, turn }, { priority: 'bulk', key: keyOf(id, round, tryCount, turn), workspaceId, startAfterSeconds });

  async function put(tx: Transaction, webhook: Target, variables: DeliveryVariables, occurrenceKey: string): Promise<string | null> {
    const id = newId('webhookDelivery');
    // A test asks whether the receiver is there again, so a pause does not hold it back.
    const isHeld = webhook.state === 'PAUSED' && variables.event !== 'webhook.test';
    const row = { id, workspaceId: webhook.workspaceId, webhookId: webhook.id, event: variables.event, occurrenceKey, variables, state: isHeld ? 'HELD' as const : 'PENDING' as const, nextAttemptAt: isHeld ? null : new Date(now()) };
    if (!(await deliveries.insert(tx, row))) return null;
    if (!isHeld) await schedule(tx, { id, workspaceId: webhook.workspaceId, round: 0, tryCount: 0 }, 0);
    return id;
  }

  async function release(tx: Transaction, webhookId: string): Promise<number> {
    const released = await deliveries.release(tx, webhookId, new Date(now()), RELEASE_BATCH);
    for (const delivery of released) await schedule(tx, delivery, 0);
    return released.length;
  }

  return {
    put, schedule, release,
    wake: () => queue.wake('deliver-webhook'),
    async tell(tx, fact) {
      const variables = variablesOf(fact);
      let count = 0;
      for (const webhook of await webhooks.listening(tx, fact.workspaceId, fact.kind)) {
        if ((await put(tx, webhook, variables, occurrenceOf(variables, new Date(now())))) !== null) count += 1;
      }
      return count;
    },
    async catchUp(signal, isDryRun = false) {
      let scheduledCount = 0;
      const before = new Date(now() - OVERDUE_MS);
      for (let afterId: string | null = null; !signal.aborted; ) {
        const overdue = await deliveries.overdue(before, afterId, RELEASE_BATCH);
        const keys = new Map(overdue.flatMap((delivery) => [0, 1].map((turn) => [keyOf(delivery.id, delivery.round, delivery.tryCount, turn), delivery] as const)));
        const without = new Set(await queue.without('deliver-webhook', [...keys.keys()]));
        const lost = overdue.filter(({ id, round, tryCount }) => [0, 1].every((turn) => without.has(keyOf(id, round, tryCount, turn))));
        if (lost.length > 0 && !isDryRun) await transaction(async (tx) => { for (const delivery of lost) await schedule(tx, delivery, 0); });
        scheduledCount += lost.length;
        if (overdue.length < RELEASE_BATCH) break;
        afterId = overdue.at(-1)!.id;
      }
      for (const { id, heldCount } of await deliveries.withHeld()) {
        if (!signal.aborted) scheduledCount += isDryRun ? Math.min(heldCount, RELEASE_BATCH) : await transaction((tx) => release(tx, id));
      }
      if (scheduledCount > 0 && !isDryRun) queue.wake('deliver-webhook');
      return { scheduledCount };
    },
  };
}

function keyOf(id: string, round: number, tryCount: number, turn: number): string {
  return `${id} ${round}.${tryCount}.${turn % 2}`;
}
