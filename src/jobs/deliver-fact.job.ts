import type { JobHandler } from '../queue/job-queue.js';
import type { FactOutbox } from '../services/fact-outbox.js';

/** One fact to one durable listener; the queue tries again where it failed. */
export function deliverFactJob(facts: Pick<FactOutbox, 'deliver'>): JobHandler<'deliver-fact'> {
  return ({ listener, fact }, context) => facts.deliver(listener, fact, context);
}
