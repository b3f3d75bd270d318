import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { EvaluationService } from '../src/services/evaluation-contracts.js';

/** Every night: evaluation sets that are scheduled run again with the default model; a fall of UA raises an alarm. */
export function evaluationTask(evaluations: Pick<EvaluationService, 'runScheduled'>): ScheduledTask {
  return {
    id: 'evaluation',
    schedule: '10 1 * * *',
    timeZone: 'UTC',
    timeoutMs: 10 * 60 * 1000,
    async run({ signal, log }) {
      const figures = await evaluations.runScheduled(signal);
      if (figures.startedCount > 0) log('started scheduled evaluations', figures);
    },
  };
}
