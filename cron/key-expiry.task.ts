import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { MaintenanceService } from '../src/services/maintenance.service.js';
import { coreTask, MINUTE_MS } from './core-task.js';

/** Every morning: keys that end within two weeks, before somebody finds out by being refused. */
export function keyExpiryTask(maintenance: MaintenanceService): ScheduledTask {
  return coreTask({
    id: 'key-expiry',
    description: 'Tells of API keys that end within two weeks.',
    schedule: '0 7 * * *',
    timeoutMs: MINUTE_MS,
    work: (_signal, isDryRun) => maintenance.announceEndingKeys(isDryRun),
  });
}
