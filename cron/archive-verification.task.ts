import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { ArchiveService } from '../src/services/archive.service.js';
import { coreTask, HOUR_MS } from './core-task.js';

/** Every night a share of the archives, those first that were not read for the longest: each is read once in four weeks. */
export function archiveVerificationTask(archives: ArchiveService): ScheduledTask {
  return coreTask({
    id: 'archive-verification',
    description: 'Reads a share of the archives back, so that each is known to be good at least once a month.',
    schedule: '40 4 * * *',
    timeoutMs: 4 * HOUR_MS,
    async work(signal, isDryRun) {
      const figures = await archives.verifySample(signal, isDryRun);
      if (figures.badCount > 0) throw new Error(`${figures.badCount} archives are not good: their \`problem\` says why. Restore them from a copy while there is one.`);
      return figures;
    },
  });
}
