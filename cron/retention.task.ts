import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { RetentionSweep } from '../src/services/retention-sweep.js';
import { coreTask, HOUR_MS, MINUTE_MS } from './core-task.js';

const TIMEOUT_MS = 4 * HOUR_MS;

/** Every night: what policies say is archived, verified and deleted, and what an earlier night left unfinished is finished. */
export function retentionTask(retention: RetentionSweep): ScheduledTask {
  return coreTask({
    id: 'retention',
    description: 'Archives and deletes what the retention policies say; without policies it does nothing.',
    schedule: '10 2 * * *',
    timeoutMs: TIMEOUT_MS,
    work: (signal, isDryRun) => (isDryRun ? retention.preview() : retention.run(signal, TIMEOUT_MS - 5 * MINUTE_MS)),
  });
}
