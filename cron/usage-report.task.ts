import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { UsageService } from '../src/services/service-contracts.js';
import { coreTask, HOUR_MS } from './core-task.js';

/** Every night: what each workspace stores, by kind of data, for `usage`. */
export function usageReportTask(usage: UsageService): ScheduledTask {
  return coreTask({
    id: 'usage-report',
    description: 'Measures what each workspace stores, by kind of data.',
    schedule: '50 2 * * *',
    timeoutMs: HOUR_MS,
    work: (signal, isDryRun) => usage.measureAll(signal, isDryRun),
  });
}
