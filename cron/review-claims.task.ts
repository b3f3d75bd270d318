import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { ReviewClaims } from '../src/services/review-claims.js';
import { coreTask, MINUTE_MS } from './core-task.js';

/** Every minute, which is also the shortest claim: a place that became free is told to those who watch the queue. */
export function reviewClaimsTask(claims: ReviewClaims): ScheduledTask {
  return coreTask({
    id: 'review-claims',
    description: 'Ends claims of reviewers whose time is over and tells whoever watches the queue.',
    schedule: '* * * * *',
    timeoutMs: MINUTE_MS,
    work: (signal, isDryRun) => claims.expire(signal, isDryRun),
  });
}
