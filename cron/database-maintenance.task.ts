import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { MaintenanceService } from '../src/services/maintenance.service.js';

/** Every Sunday: statistics for the planner, and rows about runs of tasks that nobody asks for any more. */
export function databaseMaintenanceTask(maintenance: MaintenanceService): ScheduledTask {
  return {
    id: 'database-maintenance',
    description: 'Refreshes the statistics of the tables and forgets runs of tasks older than 90 days.',
    schedule: '30 3 * * 0',
    timeZone: 'UTC',
    timeoutMs: 60 * 60 * 1000,
    async run({ log }) {
      log('maintained the database', await maintenance.maintainDatabase());
    },
  };
}
