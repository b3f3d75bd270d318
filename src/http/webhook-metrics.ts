import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { AttemptOutcome } from '../domain/webhook.js';

export interface WebhookMetrics {
  attempted(event: string, outcome: AttemptOutcome, seconds: number): void;
  connections(count: number): void;
  /** To be called once; asked when somebody reads the metrics. */
  observe(countByState: () => Promise<readonly { readonly state: string; readonly count: number }[]>): void;
}

/** Labels are events and outcomes of a fixed list: never webhooks, addresses or workspaces. */
export function createWebhookMetrics(registry: Registry): WebhookMetrics {
  const registers = [registry];
  const attempts = new Counter({ name: 'undertone_webhook_attempts_total', help: 'Tries to deliver, by event and how they ended.', labelNames: ['event', 'outcome'], registers });
  const duration = new Histogram({ name: 'undertone_webhook_attempt_duration_seconds', help: 'One try to deliver, from the resolving of the name to the end of the answer.', labelNames: ['outcome'], buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60], registers });
  const connections = new Gauge({ name: 'undertone_webhook_connections', help: 'Deliveries under way in this process.', registers });
  return {
    attempted(event, outcome, seconds) {
      attempts.inc({ event, outcome });
      duration.observe({ outcome }, seconds);
    },
    connections: (count) => connections.set(count),
    observe(countByState) {
      new Gauge({
        name: 'undertone_webhooks', help: 'Webhooks of the platform by state.', labelNames: ['state'], registers,
        async collect() {
          this.reset();
          // The database may be away: the other metrics say so, and must be readable.
          for (const { state, count } of await countByState().catch(() => [])) this.set({ state }, count);
        },
      });
    },
  };
}
