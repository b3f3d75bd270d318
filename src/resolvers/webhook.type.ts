import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ATTEMPT_OUTCOMES, DELIVERY_STATES, WEBHOOK_SIGNINGS, WEBHOOK_STATES, type AttemptOutcome, type DeliveryState, type WebhookEvent, type WebhookSigning, type WebhookState } from '../domain/webhook.js';
import { connectionType } from './page.type.js';
import { DateTime } from './scalars.js';

const sameNames = <T extends string>(names: readonly T[]): Record<T, T> => Object.fromEntries(names.map((name) => [name, name])) as Record<T, T>;
const described = <T extends string>(texts: Record<T, string>): Record<T, { description: string }> => Object.fromEntries(Object.entries<string>(texts).map(([name, description]) => [name, { description }])) as Record<T, { description: string }>;

export const WebhookEventEnum = {
  ANALYSIS_COMPLETED: 'analysis.completed', ANALYSIS_FAILED: 'analysis.failed', ALERT_RAISED: 'alert.raised', REVIEW_RESOLVED: 'review.resolved', RECORDING_DELETED: 'recording.deleted',
  KEY_ENDING: 'key.ending', QUOTA_NEAR: 'quota.near', DISK_LOW: 'disk.low',
} as const;
registerEnumType(WebhookEventEnum, {
  name: 'WebhookEvent', description: 'What a webhook can be told of.',
  valuesConfig: described({
    ANALYSIS_COMPLETED: 'An analysis has succeeded; `$id` is the analysis.', ANALYSIS_FAILED: 'An analysis ended without a result; `$id` is the analysis.', ALERT_RAISED: 'A rule raised an alert; `$id` is the alert.',
    REVIEW_RESOLVED: 'Somebody has decided about a review; `$id` is the review.', RECORDING_DELETED: 'A recording is gone with all under it; `$id` is the recording.',
    KEY_ENDING: 'An API key ends within two weeks; told daily, `$id` is the key.', QUOTA_NEAR: 'Nine tenths of the storage quota are used; told daily.', DISK_LOW: 'The disk of the installation runs short; told daily, to the workspace of its operators.',
  }),
});
export const WebhookSigningEnum = sameNames(WEBHOOK_SIGNINGS);
registerEnumType(WebhookSigningEnum, { name: 'WebhookSigning', description: 'How deliveries are signed.', valuesConfig: described({ ED25519: 'With a private key that nobody is shown; receivers take the public one from `/.well-known/webhooks/ID/jwks.json`.', HMAC_SHA256: 'With a secret that both sides have.' }) });
const WebhookStateEnum = sameNames(WEBHOOK_STATES);
registerEnumType(WebhookStateEnum, { name: 'WebhookState', description: 'Whether a webhook is delivered to.', valuesConfig: described({ ACTIVE: 'It is.', PAUSED: 'Not now; what happens is held until `resumeWebhook`.' }) });
export const WebhookDeliveryStateEnum = sameNames(DELIVERY_STATES);
registerEnumType(WebhookDeliveryStateEnum, {
  name: 'WebhookDeliveryState', description: 'Where a delivery is in its life.',
  valuesConfig: described({ PENDING: 'It is due, or waits for its next try.', HELD: 'Its webhook is paused.', DELIVERED: 'The receiver took it.', FAILED: 'All tries are used up; `redeliverWebhook` begins anew.' }),
});
const OutcomeEnum = sameNames(ATTEMPT_OUTCOMES);
registerEnumType(OutcomeEnum, {
  name: 'WebhookOutcome', description: 'How one try ended.',
  valuesConfig: described({
    DELIVERED: 'A status of 200 to 299, and the answer came whole.', REFUSED_STATUS: 'Another status.', REDIRECTED: 'A redirect, which is never followed.', GONE: '410: the webhook is paused at once.', TIMED_OUT: 'No whole answer in time.',
    UNREACHABLE: 'No connection, or no such name.', BROKEN_OFF: 'The connection ended in mid-answer, or what came was no HTTP.', TLS_FAILED: 'No trusted encrypted connection.', ANSWER_TOO_LARGE: 'The answer has more than 64 KiB.',
    ADDRESS_REFUSED: 'The name stands for an address that must not be called.', FAULT: 'A fault of Undertone; see the log.',
  }),
});

@ObjectType({ simpleResolvers: true, description: 'One try to deliver. What was sent and answered is not kept.' })
export class WebhookAttempt {
  @Field(() => String, { description: 'When it began, RFC 3339.' })
  at!: string;
  @Field(() => OutcomeEnum, { description: 'How it ended.' })
  outcome!: AttemptOutcome;
  @Field(() => Int, { nullable: true, description: 'HTTP status, where an answer began.' })
  statusCode!: number | null;
  @Field(() => Int, { description: 'How long it took, in milliseconds.' })
  durationMs!: number;
}

@ObjectType('WebhookDelivery', { simpleResolvers: true, description: 'One event to one webhook: delivered at least once, always under the same id.' })
export class WebhookDeliveryType {
  @Field(() => ID, { description: 'Opaque id (`whd_…`), sent as `webhook-id`: receivers drop what they have seen by it.' })
  id!: string;
  @Field(() => ID, { description: 'The webhook.' })
  webhookId!: string;
  @Field(() => String, { description: '`type` of the payload: `analysis.completed`, `rule.fired` …' })
  event!: string;
  @Field(() => WebhookDeliveryStateEnum, { description: 'Where it is.' })
  state!: DeliveryState;
  @Field(() => Int, { description: 'Tries so far, of all rounds.' })
  attemptCount!: number;
  @Field(() => [WebhookAttempt], { description: 'The last tries, at most 24, oldest first.' })
  attempts!: readonly WebhookAttempt[];
  @Field(() => DateTime, { nullable: true, description: 'When the next try is due.' })
  nextAttemptAt!: Date | null;
  @Field(() => DateTime, { description: 'When it happened.' })
  createdAt!: Date;
  @Field(() => DateTime, { nullable: true, description: 'When it was delivered or given up.' })
  endedAt!: Date | null;
}
export const WebhookDeliveryConnection = connectionType('WebhookDelivery', 'deliveries', () => WebhookDeliveryType);

@ObjectType({ simpleResolvers: true, description: 'A key that deliveries are signed with now; never the key itself.' })
export class WebhookKey {
  @Field(() => ID, { description: 'Opaque id (`whs_…`); `kid` in the key set.' })
  id!: string;
  @Field(() => WebhookSigningEnum, { description: 'What it signs with.' })
  signing!: WebhookSigning;
  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: Date;
  @Field(() => DateTime, { nullable: true, description: 'When it ends; null for the newest.' })
  expiresAt!: Date | null;
}

@ObjectType('Webhook', { simpleResolvers: true, description: 'An address that is told what happens in the workspace, with a payload of your choice.' })
export class WebhookType {
  @Field(() => ID, { description: 'Opaque id (`whk_…`).' })
  id!: string;
  @Field(() => String, { nullable: true, description: 'For people.' })
  name!: string | null;
  @Field(() => String, { description: 'Where deliveries go.' })
  url!: string;
  @Field(() => [WebhookEventEnum], { description: 'What it hears; empty for one that only rules call.' })
  events!: readonly WebhookEvent[];
  @Field(() => String, { nullable: true, description: 'GraphQL whose answer is `data` of the payload; null: ids alone.' })
  query!: string | null;
  @Field(() => WebhookSigningEnum, { description: 'How deliveries are signed.' })
  signing!: WebhookSigning;
  @Field(() => String, { nullable: true, description: 'The secret (`whsec_…`), only in the answer of `createWebhook` and `rotateWebhookSecret`; null ever after and for Ed25519.' })
  secret!: string | null;
  @Field(() => WebhookStateEnum, { description: 'Whether it is delivered to.' })
  state!: WebhookState;
  @Field(() => String, { nullable: true, description: 'Why it is paused.' })
  pausedReason!: string | null;
  @Field(() => DateTime, { nullable: true, description: 'Since when it is paused.' })
  pausedAt!: Date | null;
  @Field(() => Int, { description: 'Tries in a row that failed.' })
  failureCount!: number;
  @Field(() => DateTime, { nullable: true, description: 'When the last delivery came through.' })
  lastDeliveredAt!: Date | null;
  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: Date;
  @Field(() => DateTime, { description: 'When it was last changed.' })
  updatedAt!: Date;
}

@ObjectType({ simpleResolvers: true, description: 'A webhook that is gone, with its log.' })
export class DeletedWebhook {
  @Field(() => ID, { description: 'The id it had.' })
  id!: string;
}

const QUERY = 'A GraphQL query. It may use `$id`, `$event`, `$analysisId`, `$recordingId`, `$alertId`, `$ruleId`, `$reviewId` and `$keyId`, and reads what a viewer reads.';

@InputType({ description: 'A webhook.' })
export class CreateWebhookInput {
  @Field(() => String, { description: 'Where deliveries go: https, on the public internet unless the operator allows more.' })
  url!: string;
  @Field(() => [WebhookEventEnum], { description: 'What it hears; empty for one that only rules call.' })
  events!: readonly WebhookEvent[];
  @Field(() => String, { nullable: true, description: `${QUERY} Without one the payload has ids alone.` })
  query?: string | null;
  @Field(() => WebhookSigningEnum, { nullable: true, defaultValue: 'HMAC_SHA256', description: 'How deliveries are signed; it cannot be changed later.' })
  signing?: WebhookSigning | null;
  @Field(() => String, { nullable: true, description: 'For people, at most 100 characters.' })
  name?: string | null;
}

@InputType({ description: 'What is to change; what is not named stays.' })
export class UpdateWebhookInput {
  @Field(() => String, { nullable: true, description: 'Another address.' })
  url?: string;
  @Field(() => [WebhookEventEnum], { nullable: true, description: 'All that it hears.' })
  events?: readonly WebhookEvent[];
  @Field(() => String, { nullable: true, description: `${QUERY} Null: ids alone.` })
  query?: string | null;
  @Field(() => String, { nullable: true, description: 'Another name; null for none.' })
  name?: string | null;
}
