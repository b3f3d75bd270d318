import type { Page, PageRequest } from '../domain/records.js';
import type { DeliveryRecord, DeliveryState, DeliveryVariables, WebhookAttempt, WebhookEvent, WebhookKeyRecord, WebhookRecord } from '../domain/webhook.js';
import type { Transaction } from './database.js';
import type { WorkspaceSecretRow } from './repositories.js';

export type NewWebhook = Pick<WebhookRecord, 'id' | 'workspaceId' | 'name' | 'url' | 'events' | 'query' | 'signing' | 'createdBy'>;
/** What is left out or undefined stays. */
export type WebhookChanges = { readonly [K in 'name' | 'url' | 'events' | 'query']?: WebhookRecord[K] | undefined };
export type StoredWebhookKey = WebhookKeyRecord & Pick<WorkspaceSecretRow, 'publicKey' | 'wrapped' | 'wrappingKeyId' | 'workspaceId'>;

export interface WebhookRepository {
  insert(tx: Transaction, row: NewWebhook): Promise<WebhookRecord>;
  /** Null when there is none. With another URL its failures so far say nothing any more. */
  update(tx: Transaction, workspaceId: string, id: string, changes: WebhookChanges): Promise<WebhookRecord | null>;
  /** With its keys and its log. */
  delete(tx: Transaction, workspaceId: string, id: string): Promise<boolean>;
  findById(workspaceId: string, id: string, tx?: Transaction): Promise<WebhookRecord | null>;
  /** Oldest first; a workspace has few. */
  list(workspaceId: string): Promise<readonly WebhookRecord[]>;
  count(workspaceId: string): Promise<number>;
  /** Those that hear this event, paused ones included. */
  listening(tx: Transaction, workspaceId: string, event: WebhookEvent): Promise<readonly Pick<WebhookRecord, 'id' | 'workspaceId' | 'state'>[]>;
  noteSuccess(tx: Transaction, id: string, at: Date): Promise<void>;
  /** Its failures in a row with this one. */
  noteFailure(tx: Transaction, id: string, at: Date): Promise<Pick<WebhookRecord, 'failureCount' | 'failingSince'>>;
  /** ACTIVE → PAUSED; false when it was not active. */
  pause(tx: Transaction, id: string, reason: string, at: Date): Promise<boolean>;
  /** PAUSED → ACTIVE, its failures forgotten; false when it was not paused. */
  resume(tx: Transaction, workspaceId: string, id: string): Promise<boolean>;
  insertKey(tx: Transaction, key: WebhookKeyRecord, secret: WorkspaceSecretRow): Promise<void>;
  /** Those that have not expired, the newest first. */
  keys(webhookId: string, at: Date): Promise<readonly StoredWebhookKey[]>;
  /** Keys without an end end then; what has ended before `at` is removed, secret and all. */
  retireKeys(tx: Transaction, webhookId: string, at: Date, endsAt: Date): Promise<void>;
  /** How many webhooks of the platform are in each state. */
  countByState(): Promise<readonly { readonly state: string; readonly count: number }[]>;
}

export interface DeliveryJobFacts {
  readonly delivery: DeliveryRecord;
  readonly webhook: WebhookRecord;
}

export interface DeliveryRepository {
  /** False when this event is there for this webhook already. */
  insert(tx: Transaction, row: Pick<DeliveryRecord, 'id' | 'workspaceId' | 'webhookId' | 'event'> & { readonly occurrenceKey: string; readonly variables: DeliveryVariables; readonly state: DeliveryState; readonly nextAttemptAt: Date | null }): Promise<boolean>;
  findById(workspaceId: string, id: string): Promise<DeliveryRecord | null>;
  findForWork(id: string): Promise<DeliveryJobFacts | null>;
  /** Newest first. */
  list(workspaceId: string, webhookId: string, page: PageRequest, state: DeliveryState | null): Promise<Page<DeliveryRecord>>;
  /** Only while PENDING in this round and after these tries: false when another worker was first. */
  recordAttempt(tx: Transaction, delivery: Pick<DeliveryRecord, 'id' | 'round' | 'tryCount'>, attempt: WebhookAttempt, next: { readonly state: DeliveryState; readonly nextAttemptAt: Date | null; readonly endedAt: Date | null }): Promise<boolean>;
  /** Everything of a webhook that waits, or one delivery of it: PENDING → HELD. */
  hold(tx: Transaction, webhookId: string, id?: string): Promise<number>;
  /** HELD → PENDING and due at once; the jobs are the caller's. At most `first`, the oldest first. */
  release(tx: Transaction, webhookId: string, at: Date, first: number): Promise<readonly DeliveryRecord[]>;
  /** PENDING again in a new round; null when there is none. */
  reopen(tx: Transaction, workspaceId: string, id: string, at: Date): Promise<DeliveryRecord | null>;
  /** Due before then and still PENDING, of webhooks that are active: by id from after `afterId`. */
  overdue(before: Date, afterId: string | null, first: number): Promise<readonly DeliveryRecord[]>;
  /** Active webhooks that have deliveries HELD: what a resumption has not got to yet. */
  withHeld(): Promise<readonly { readonly id: string; readonly heldCount: number }[]>;
  /** Removes what has ended or is held and was made before then; at most `first`. */
  prune(before: Date, first: number): Promise<number>;
  /** How many `prune` would remove in all. */
  countPrunable(before: Date): Promise<number>;
}
