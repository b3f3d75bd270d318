import type { JobHandler } from '../queue/job-queue.js';
import type { WebhookSender } from '../services/webhook-sender.js';

/** One try of one delivery; the sender makes the job of the next. */
export function deliverWebhookJob(sender: WebhookSender): JobHandler<'deliver-webhook'> {
  return (payload, context) => sender.run(payload, context);
}
