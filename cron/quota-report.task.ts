import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { UsageService } from '../src/services/service-contracts.js';
import { coreTask, MINUTE_MS } from './core-task.js';

/** Every morning: workspaces that have little of their quota left, before an upload is refused. */
export function quotaReportTask(usage: UsageService): ScheduledTask {
  return coreTask({
    id: 'quota-report',
    description: 'Tells of workspaces that have used nine tenths of their quota or more.',
    schedule: '5 7 * * *',
    timeoutMs: 10 * MINUTE_MS,
    work: (signal, isDryRun) => usage.reportQuotas(signal, isDryRun),
  });
}
