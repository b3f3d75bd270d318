import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { MaintenanceService } from '../src/services/maintenance.service.js';
import { coreTask, MINUTE_MS } from './core-task.js';

/** Every five minutes: no accepted analysis stays without a job, and none is tried for ever. */
export function lostAnalysesTask(maintenance: MaintenanceService): ScheduledTask {
  return coreTask({
    id: 'lost-analyses',
    description: 'Gives accepted analyses that lost their job a new one, and ends those that were begun too often.',
    schedule: '*/5 * * * *',
    timeoutMs: 4 * MINUTE_MS,
    work: (signal, isDryRun) => maintenance.recoverLostAnalyses(signal, isDryRun),
  });
}
