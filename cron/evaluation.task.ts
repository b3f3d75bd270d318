import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { EvaluationService } from '../src/services/evaluation-contracts.js';
import { coreTask, MINUTE_MS } from './core-task.js';

/** Every night: evaluation sets that are scheduled run again with the default model; a fall of UA raises an alarm. */
export function evaluationTask(evaluations: Pick<EvaluationService, 'runScheduled'>): ScheduledTask {
  return coreTask({
    id: 'evaluation',
    description: 'Starts the evaluation sets that are scheduled, with the default model.',
    schedule: '10 1 * * *',
    timeoutMs: 10 * MINUTE_MS,
    work: (signal, isDryRun) => evaluations.runScheduled(signal, isDryRun),
  });
}
