import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { UsageService } from '../src/services/service-contracts.js';

/** Every night: what each workspace stores, by kind of data, for `usage`. */
export function usageReportTask(usage: UsageService): ScheduledTask {
  return {
    id: 'usage-report',
    schedule: '50 2 * * *',
    timeZone: 'UTC',
    timeoutMs: 60 * 60 * 1000,
    async run({ signal, log }) {
      log('measured what is stored', await usage.measureAll(signal));
    },
  };
}
