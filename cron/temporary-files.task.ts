import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import { coreTask, MINUTE_MS } from './core-task.js';

/** Every hour: temporary folders of processes that were killed. `sweep` answers how many went, or would go. */
export function temporaryFilesTask(sweep: (isDryRun: boolean) => Promise<number>): ScheduledTask {
  return coreTask({
    id: 'temporary-files',
    description: 'Removes temporary files of processes that are no more.',
    schedule: '15 * * * *',
    timeoutMs: 10 * MINUTE_MS,
    work: async (_signal, isDryRun) => ({ removedCount: await sweep(isDryRun) }),
  });
}
