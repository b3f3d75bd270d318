import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { WebhookService } from '../src/services/webhook-contracts.js';
import { coreTask, MINUTE_MS } from './core-task.js';

/** Every night: the log of deliveries is kept as long as the setting says, and so is what a paused webhook holds. */
export function webhookLogTask(webhooks: Pick<WebhookService, 'pruneLog'>): ScheduledTask {
  return coreTask({
    id: 'webhook-log',
    description: 'Forgets deliveries of webhooks that are older than UNDERTONE_WEBHOOK_LOG_DAYS.',
    schedule: '20 3 * * *',
    timeoutMs: 30 * MINUTE_MS,
    work: (signal, isDryRun) => webhooks.pruneLog(signal, isDryRun),
  });
}
