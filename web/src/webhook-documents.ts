import { operation } from './operation.js';
import type { PageInfo, Problem } from './types.js';
import type { Delivery, Webhook, WebhookEvent, WebhookSigning } from './webhook-types.js';

const WEBHOOK_FIELDS = 'id name url events query signing state pausedReason failureCount lastDeliveredAt createdAt';
const PROBLEM = '... on Problem { code message }';

type Answer = { __typename: string; id?: string; secret?: string | null } & Partial<Problem>;

export const WEBHOOKS = operation<{ webhooks: readonly Webhook[] }>(`query Webhooks { webhooks { ${WEBHOOK_FIELDS} } }`);

export const DELIVERIES = operation<
  { webhook: { deliveries: { nodes: readonly Delivery[]; pageInfo: PageInfo; totalCount: number } } | null }, { id: string; first: number; after: string | undefined }
>(`query Deliveries($id: ID!, $first: Int!, $after: String) {
  webhook(id: $id) {
    deliveries(first: $first, after: $after) {
      nodes { id event state attemptCount attempts { at outcome statusCode durationMs } nextAttemptAt createdAt }
      pageInfo { hasNextPage endCursor } totalCount
    }
  }
}`);

export const CREATE_WEBHOOK = operation<
  { createWebhook: Answer }, { input: { url: string; events: readonly WebhookEvent[]; signing: WebhookSigning; name?: string; query?: string } }
>(`mutation CreateWebhook($input: CreateWebhookInput!) { createWebhook(input: $input) { __typename ... on Webhook { id secret } ${PROBLEM} } }`);

export const DELETE_WEBHOOK = operation<{ deleteWebhook: Answer }, { id: string; evenIfCalled: boolean }>(`mutation DeleteWebhook($id: ID!, $evenIfCalled: Boolean!) { deleteWebhook(id: $id, evenIfCalled: $evenIfCalled) { __typename ... on DeletedWebhook { id } ${PROBLEM} } }`);

export const PAUSE_WEBHOOK = operation<{ pauseWebhook: Answer }, { id: string }>(`mutation PauseWebhook($id: ID!) { pauseWebhook(id: $id) { __typename ... on Webhook { id } ${PROBLEM} } }`);

export const RESUME_WEBHOOK = operation<{ resumeWebhook: Answer }, { id: string }>(`mutation ResumeWebhook($id: ID!) { resumeWebhook(id: $id) { __typename ... on Webhook { id } ${PROBLEM} } }`);

export const TEST_WEBHOOK = operation<{ testWebhook: Answer }, { id: string }>(`mutation TestWebhook($id: ID!) { testWebhook(id: $id) { __typename ... on WebhookDelivery { id } ${PROBLEM} } }`);

export const ROTATE_WEBHOOK = operation<{ rotateWebhookSecret: Answer }, { id: string }>(`mutation RotateWebhook($id: ID!) { rotateWebhookSecret(id: $id) { __typename ... on Webhook { id secret } ${PROBLEM} } }`);

export const REDELIVER = operation<{ redeliverWebhook: Answer }, { deliveryId: string }>(`mutation Redeliver($deliveryId: ID!) { redeliverWebhook(deliveryId: $deliveryId) { __typename ... on WebhookDelivery { id } ${PROBLEM} } }`);
