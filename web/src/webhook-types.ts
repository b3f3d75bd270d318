export const WEBHOOK_EVENTS = ['ANALYSIS_COMPLETED', 'ANALYSIS_FAILED', 'ALERT_RAISED', 'REVIEW_RESOLVED', 'RECORDING_DELETED', 'KEY_ENDING', 'QUOTA_NEAR', 'DISK_LOW'] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];
export type WebhookSigning = 'HMAC_SHA256' | 'ED25519';

export interface Webhook {
  readonly id: string;
  readonly name: string | null;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly query: string | null;
  readonly signing: WebhookSigning;
  readonly state: 'ACTIVE' | 'PAUSED';
  readonly pausedReason: string | null;
  readonly failureCount: number;
  readonly lastDeliveredAt: string | null;
  readonly createdAt: string;
}

export interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly state: 'PENDING' | 'HELD' | 'DELIVERED' | 'FAILED';
  readonly attemptCount: number;
  readonly attempts: readonly { readonly at: string; readonly outcome: string; readonly statusCode: number | null; readonly durationMs: number }[];
  readonly nextAttemptAt: string | null;
  readonly createdAt: string;
}
