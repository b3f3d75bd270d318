import { FACT_KINDS, type Fact } from './events.js';

/** What a webhook may listen to: the facts. `rule.fired` (the `webhook` action of a rule) and `webhook.test` come unasked. */
export const WEBHOOK_EVENTS = FACT_KINDS;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];
export type DeliveredEvent = WebhookEvent | 'rule.fired' | 'webhook.test';

export const WEBHOOK_SIGNINGS = ['ED25519', 'HMAC_SHA256'] as const;
export type WebhookSigning = (typeof WEBHOOK_SIGNINGS)[number];

export const WEBHOOK_STATES = ['ACTIVE', 'PAUSED'] as const;
export type WebhookState = (typeof WEBHOOK_STATES)[number];

/** HELD: its webhook is paused; it goes on when that is resumed. */
export const DELIVERY_STATES = ['PENDING', 'HELD', 'DELIVERED', 'FAILED'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** How one try ended. Only DELIVERED is a success: the whole answer came, in time and size, with a status of 200 to 299. */
export const ATTEMPT_OUTCOMES = [
  'DELIVERED', 'REFUSED_STATUS', 'REDIRECTED', 'GONE', 'TIMED_OUT', 'UNREACHABLE', 'BROKEN_OFF', 'TLS_FAILED', 'ANSWER_TOO_LARGE', 'ADDRESS_REFUSED', 'FAULT',
] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

export interface WebhookAttempt {
  /** ISO time. */
  readonly at: string;
  readonly outcome: AttemptOutcome;
  /** Null where no answer began. */
  readonly statusCode: number | null;
  readonly durationMs: number;
}

export interface WebhookRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string | null;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly query: string | null;
  readonly signing: WebhookSigning;
  readonly state: WebhookState;
  readonly pausedReason: string | null;
  readonly pausedAt: Date | null;
  readonly failureCount: number;
  readonly failingSince: Date | null;
  readonly lastDeliveredAt: Date | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Ids of what an event is about, as the stored query gets them; `id` is that of its main object. */
export interface DeliveryVariables {
  readonly id: string;
  readonly event: DeliveredEvent;
  readonly analysisId?: string;
  readonly recordingId?: string;
  readonly alertId?: string;
  readonly ruleId?: string;
  readonly reviewId?: string;
  readonly keyId?: string;
  /** What an event says beside ids. */
  readonly figures?: Readonly<Record<string, number | string>>;
}
export const ID_VARIABLES = ['analysisId', 'recordingId', 'alertId', 'ruleId', 'reviewId', 'keyId'] as const;

export interface DeliveryRecord {
  /** Sent as `webhook-id`; the same on every try and redelivery. */
  readonly id: string;
  readonly workspaceId: string;
  readonly webhookId: string;
  readonly event: DeliveredEvent;
  readonly variables: DeliveryVariables;
  readonly state: DeliveryState;
  readonly round: number;
  readonly tryCount: number;
  readonly attempts: readonly WebhookAttempt[];
  readonly attemptCount: number;
  readonly nextAttemptAt: Date | null;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

/** A signing key as the API shows it. */
export interface WebhookKeyRecord {
  readonly id: string;
  readonly webhookId: string;
  readonly signing: WebhookSigning;
  readonly createdAt: Date;
  /** Null for the newest. */
  readonly expiresAt: Date | null;
}

/** Which ids each event has beside `id`: a query must not demand one that may be absent. */
const IDS_OF_EVENT: Readonly<Record<WebhookEvent, readonly (typeof ID_VARIABLES)[number][]>> = {
  'analysis.completed': ['analysisId', 'recordingId'],
  'analysis.failed': ['analysisId', 'recordingId'],
  'recording.deleted': ['recordingId'],
  'alert.raised': ['alertId', 'ruleId', 'analysisId', 'recordingId'],
  'review.resolved': ['reviewId', 'analysisId'],
  'key.ending': ['keyId'],
  'quota.near': [],
  'disk.low': [],
};

/** Ids that every one of these events has. */
export function idsOfAll(events: readonly WebhookEvent[]): readonly string[] {
  return ID_VARIABLES.filter((name) => events.every((event) => IDS_OF_EVENT[event].includes(name)));
}

export function variablesOf(fact: Fact): DeliveryVariables & { readonly event: WebhookEvent } {
  const { kind: event } = fact;
  if (event === 'key.ending') return { id: fact.keyId, event, keyId: fact.keyId, figures: { endsAt: fact.endsAt } };
  if (event === 'quota.near') return { id: fact.workspaceId, event, figures: { storedBytes: fact.storedBytes, maxBytes: fact.maxBytes } };
  if (event === 'disk.low') return { id: fact.workspaceId, event, figures: { freeBytes: fact.freeBytes, lowBytes: fact.lowBytes } };
  if (event === 'recording.deleted') return { id: fact.recordingId, event, recordingId: fact.recordingId };
  if (event === 'review.resolved') return { id: fact.reviewId, event, reviewId: fact.reviewId, analysisId: fact.analysisId };
  const { analysisId, recordingId } = fact;
  if (event === 'alert.raised') return { id: fact.alertId, event, alertId: fact.alertId, ruleId: fact.ruleId, analysisId, recordingId };
  return { id: analysisId, event, analysisId, recordingId };
}

/** Told again every day as long as they hold: one delivery a day. */
const DAILY: ReadonlySet<WebhookEvent> = new Set(['key.ending', 'quota.near', 'disk.low']);

/** What makes two tellings of a fact one delivery. */
export function occurrenceOf(variables: DeliveryVariables & { readonly event: WebhookEvent }, at: Date): string {
  return `${variables.event} ${variables.id}${DAILY.has(variables.event) ? ` ${at.toISOString().slice(0, 10)}` : ''}`;
}
