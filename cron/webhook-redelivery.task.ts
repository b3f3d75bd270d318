import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { WebhookService } from '../src/services/webhook-contracts.js';

/** Every minute: whatever should have been delivered and has no job gets one; a resumption with a long queue goes on. */
export function webhookRedeliveryTask(webhooks: Pick<WebhookService, 'catchUp'>): ScheduledTask {
  return {
    id: 'webhook-redelivery',
    description: 'Takes up deliveries of webhooks that are due and that nobody works on.',
    schedule: '* * * * *',
    timeZone: 'UTC',
    timeoutMs: 5 * 60 * 1000,
    async run({ signal, log }) {
      log('took up deliveries of webhooks', await webhooks.catchUp(signal));
    },
  };
}
