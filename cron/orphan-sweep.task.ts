import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { MaintenanceService } from '../src/services/maintenance.service.js';
import { coreTask, HOUR_MS } from './core-task.js';

/** Every night: removes stored files that no recording or analysis refers to (a process was killed between file and row). */
export function orphanSweepTask(maintenance: MaintenanceService): ScheduledTask {
  return coreTask({
    id: 'orphan-sweep',
    description: 'Removes stored files that nothing refers to, and uploads that were never finished.',
    schedule: '20 3 * * *',
    timeoutMs: HOUR_MS,
    work: (signal, isDryRun) => maintenance.sweepOrphanBlobs(signal, isDryRun),
  });
}
