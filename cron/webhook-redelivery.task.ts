import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { WebhookService } from '../src/services/webhook-contracts.js';
import { coreTask, MINUTE_MS } from './core-task.js';

/** Every minute: whatever should have been delivered and has no job gets one; a resumption with a long queue goes on. */
export function webhookRedeliveryTask(webhooks: Pick<WebhookService, 'catchUp'>): ScheduledTask {
  return coreTask({
    id: 'webhook-redelivery',
    description: 'Takes up deliveries of webhooks that are due and that nobody works on.',
    schedule: '* * * * *',
    timeoutMs: 5 * MINUTE_MS,
    work: (signal, isDryRun) => webhooks.catchUp(signal, isDryRun),
  });
}
