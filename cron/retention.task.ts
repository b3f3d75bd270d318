import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { RetentionSweep } from '../src/services/retention-sweep.js';

const TIMEOUT_MS = 4 * 60 * 60 * 1000;

/** Every night: what policies say is archived, verified and deleted, and what an earlier night left unfinished is finished. */
export function retentionTask(retention: RetentionSweep): ScheduledTask {
  return {
    id: 'retention',
    description: 'Archives and deletes what the retention policies say; without policies it does nothing.',
    schedule: '10 2 * * *',
    timeZone: 'UTC',
    timeoutMs: TIMEOUT_MS,
    async run({ signal, log }) {
      const figures = await retention.run(signal, TIMEOUT_MS - 5 * 60 * 1000);
      log('ran retention', figures);
    },
    async dryRun({ log }) {
      log('retention would do this', await retention.preview());
    },
  };
}
