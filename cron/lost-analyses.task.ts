import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { MaintenanceService } from '../src/services/maintenance.service.js';

/** Every five minutes: no accepted analysis stays without a job, and none is tried for ever. */
export function lostAnalysesTask(maintenance: MaintenanceService): ScheduledTask {
  return {
    id: 'lost-analyses',
    schedule: '*/5 * * * *',
    timeZone: 'UTC',
    timeoutMs: 4 * 60 * 1000,
    async run({ signal, log }) {
      const figures = await maintenance.recoverLostAnalyses(signal);
      if (figures.requeuedCount + figures.failedCount > 0) log('recovered lost analyses', figures);
    },
  };
}
