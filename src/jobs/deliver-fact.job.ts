import { inWorkspace } from '../domain/workspace-scope.js';
import type { JobHandler } from '../queue/job-queue.js';
import type { FactOutbox } from '../services/fact-outbox.js';

/** One fact to one durable listener; the queue tries again where it failed. It is the platform's own job, about the fact's workspace. */
export function deliverFactJob(facts: Pick<FactOutbox, 'deliver'>): JobHandler<'deliver-fact'> {
  return ({ listener, fact }, context) => inWorkspace(fact.workspaceId, () => facts.deliver(listener, fact, context));
}
