import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { MaintenanceService } from '../src/services/maintenance.service.js';
import { coreTask, HOUR_MS } from './core-task.js';

/** Every Sunday: statistics for the planner, and rows about runs of tasks that nobody asks for any more. */
export function databaseMaintenanceTask(maintenance: MaintenanceService): ScheduledTask {
  return coreTask({
    id: 'database-maintenance',
    description: 'Refreshes the statistics of the tables and forgets runs of tasks older than 90 days.',
    schedule: '30 3 * * 0',
    timeoutMs: HOUR_MS,
    work: (_signal, isDryRun) => maintenance.maintainDatabase(isDryRun),
  });
}
