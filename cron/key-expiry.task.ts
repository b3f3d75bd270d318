import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { MaintenanceService } from '../src/services/maintenance.service.js';

/** Every morning: keys that end within two weeks, before somebody finds out by being refused. */
export function keyExpiryTask(maintenance: MaintenanceService): ScheduledTask {
  return {
    id: 'key-expiry',
    description: 'Tells of API keys that end within two weeks.',
    schedule: '0 7 * * *',
    timeZone: 'UTC',
    timeoutMs: 60 * 1000,
    async run({ log }) {
      const figures = await maintenance.announceEndingKeys();
      if (figures.endingCount > 0) log('API keys end soon', figures);
    },
  };
}
