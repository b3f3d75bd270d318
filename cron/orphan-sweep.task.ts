import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { MaintenanceService } from '../src/services/maintenance.service.js';

/** Every night: removes stored files that no recording or analysis refers to (a process was killed between file and row). */
export function orphanSweepTask(maintenance: MaintenanceService): ScheduledTask {
  return {
    id: 'orphan-sweep',
    schedule: '20 3 * * *',
    timeZone: 'UTC',
    timeoutMs: 60 * 60 * 1000,
    async run({ signal, log }) {
      log('swept orphan blobs', await maintenance.sweepOrphanBlobs(signal));
    },
  };
}
