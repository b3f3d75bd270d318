import type { Principal } from '../domain/principal.js';
import type { Page, PageRequest } from '../domain/records.js';
import type { DeliveryRecord, DeliveryState, WebhookEvent, WebhookKeyRecord, WebhookRecord, WebhookSigning } from '../domain/webhook.js';
import type { WebhookPublicKey } from './webhook-keys.js';

/** A webhook right after a key was made for it: the only time that the secret is shown. */
export interface WebhookWithSecret extends WebhookRecord {
  readonly secret: string | null;
}

export interface WebhookInput {
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly query?: string | null;
  readonly signing?: WebhookSigning | null;
  readonly name?: string | null;
}
/** What is not named stays; a query or name of null is taken away. */
export type WebhookChanges = Partial<Pick<WebhookInput, 'url' | 'events' | 'query' | 'name'>>;

/** For admins: an address may carry a token of its own, and a webhook sends data out of the house. */
export interface WebhookService {
  /** Oldest first. */
  list(principal: Principal): Promise<readonly WebhookRecord[]>;
  find(principal: Principal, id: string): Promise<WebhookRecord | null>;
  /** BAD_INPUT for an address that must not be called or a query that does not fit the schema; CONFLICT at the most that a workspace may have. */
  create(principal: Principal, input: WebhookInput): Promise<WebhookWithSecret>;
  update(principal: Principal, id: string, changes: WebhookChanges): Promise<WebhookRecord>;
  /** With its log; what waits is not delivered any more. CONFLICT with the names of the enabled rules that call it, unless `evenIfCalled`. */
  delete(principal: Principal, id: string, options: { readonly evenIfCalled: boolean }): Promise<{ readonly id: string }>;
  /** A new key beside the old ones, which sign for `overlapHours` more. */
  rotateSecret(principal: Principal, id: string, overlapHours: number): Promise<WebhookWithSecret>;
  /** CONFLICT when it is paused already. What happens meanwhile is held. */
  pause(principal: Principal, id: string): Promise<WebhookRecord>;
  /** CONFLICT unless it is paused. What was held is delivered. */
  resume(principal: Principal, id: string): Promise<WebhookRecord>;
  /** One delivery of `webhook.test`, tried once. */
  test(principal: Principal, id: string): Promise<DeliveryRecord>;
  /** The same id again, with all tries anew. CONFLICT while its webhook is paused. */
  redeliver(principal: Principal, deliveryId: string): Promise<DeliveryRecord>;
  deliveries(principal: Principal, webhookId: string, page: PageRequest, state: DeliveryState | null): Promise<Page<DeliveryRecord>>;
  findDelivery(principal: Principal, id: string): Promise<DeliveryRecord | null>;
  keys(principal: Principal, webhookId: string): Promise<readonly WebhookKeyRecord[]>;
  /** For receivers, without a key: public halves alone. Empty for an id that is none and for HMAC. */
  publicKeys(webhookId: string): Promise<readonly WebhookPublicKey[]>;
  /** For the schedule: deliveries without a job get one; with `isDryRun` they are counted. */
  catchUp(signal: AbortSignal, isDryRun?: boolean): Promise<{ readonly scheduledCount: number }>;
  /** For the schedule: what is older than the log is kept; with `isDryRun` it is counted. */
  pruneLog(signal: AbortSignal, isDryRun?: boolean): Promise<{ readonly removedCount: number }>;
}
