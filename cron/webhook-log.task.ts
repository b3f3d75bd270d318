import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { WebhookService } from '../src/services/webhook-contracts.js';

/** Every night: the log of deliveries is kept as long as the setting says, and so is what a paused webhook holds. */
export function webhookLogTask(webhooks: Pick<WebhookService, 'pruneLog'>): ScheduledTask {
  return {
    id: 'webhook-log',
    description: 'Forgets deliveries of webhooks that are older than UNDERTONE_WEBHOOK_LOG_DAYS.',
    schedule: '20 3 * * *',
    timeZone: 'UTC',
    timeoutMs: 30 * 60 * 1000,
    async run({ signal, log }) {
      log('forgot deliveries of webhooks', await webhooks.pruneLog(signal));
    },
  };
}
