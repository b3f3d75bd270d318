import type { ScheduledTask } from '../src/domain/scheduled-task.js';

/** Every hour: temporary folders of processes that were killed. `sweep` answers how many went. */
export function temporaryFilesTask(sweep: () => Promise<number>): ScheduledTask {
  return {
    id: 'temporary-files',
    description: 'Removes temporary files of processes that are no more.',
    schedule: '15 * * * *',
    timeZone: 'UTC',
    timeoutMs: 10 * 60 * 1000,
    async run({ log }) {
      const removedCount = await sweep();
      if (removedCount > 0) log('removed temporary folders', { removedCount });
    },
  };
}
