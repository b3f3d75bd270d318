import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { DiskWatermark } from '../src/services/disk-watermark.js';
import { coreTask, HOUR_MS, MINUTE_MS } from './core-task.js';

/** Every ten minutes: tells that space runs short, and under the watermark does at once what would be done in the night. */
export function diskWatermarkTask(watermark: DiskWatermark): ScheduledTask {
  return coreTask({
    id: 'disk-watermark',
    description: 'Tells when free space runs short; under UNDERTONE_LOW_DISK_BYTES removes waste and does what the retention policies have due, policy by policy, until there is room.',
    schedule: '*/10 * * * *',
    timeoutMs: HOUR_MS,
    work: (signal, isDryRun) => watermark.check(signal, { isDryRun, timeoutMs: HOUR_MS - 5 * MINUTE_MS }),
  });
}
