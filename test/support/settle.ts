import { createAnalysisRepository } from '../../src/db/analysis.repository.js';
import type { Database } from '../../src/db/database.js';
import { createRecordingRepository } from '../../src/db/recording.repository.js';
import { createBossQueue } from '../../src/queue/boss-queue.js';
import { createEventBus } from '../../src/services/event-bus.js';
import { createMaintenanceService, type MaintenanceService } from '../../src/services/maintenance.service.js';
import type { BlobStore, StorageBackend } from '../../src/storage/blob-store.js';
import { createFilesystemStore } from '../../src/storage/filesystem-store.js';
import { until } from './until.js';

/** Long enough for everything that the tasks wait for: an orphan's hour, a lost job's ten minutes. */
const LATER_MS = 2 * 60 * 60 * 1000;
const quiet = { warn: () => undefined, error: () => undefined };

async function withTasks<T>(db: Database, blobs: StorageBackend, work: (maintenance: MaintenanceService) => Promise<T>): Promise<T> {
  const queue = createBossQueue({ connectionString: db.connectionString, reclaimActive: false, log: quiet });
  await queue.start();
  try {
    return await work(createMaintenanceService({
      database: db, recordings: createRecordingRepository(db), analyses: createAnalysisRepository(db), blobs, queue, models: { isHeld: () => true }, events: createEventBus(() => undefined), now: () => Date.now() + LATER_MS,
    }));
  } finally {
    await queue.stop({ deadlineMs: 0 });
  }
}

/** Waits until every accepted analysis has ended, with the tasks of two hours later helping once. Answers what they had to do. */
export async function settle({ db }: { readonly db: Database }, blobRoot: string, ledger: { readonly analyses: ReadonlySet<string> }): Promise<{ readonly requeuedCount: number; readonly failedCount: number }> {
  const unfinished = (): Promise<number> => db.client.analysis.count({ where: { id: { in: [...ledger.analyses] }, status: { in: ['QUEUED', 'RUNNING'] } } }).catch(() => -1);
  await until('the database answers', async () => (await unfinished()) >= 0, 30_000);
  const blobs = await createFilesystemStore({ root: blobRoot, minFreeBytes: 0 });
  const done = await withTasks(db, blobs, (maintenance) => maintenance.recoverLostAnalyses(new AbortController().signal));
  await until('every accepted analysis has ended', async () => (await unfinished()) === 0, 120_000);
  return done;
}

/** Runs the sweep of two hours later, twice: the second finds nothing. */
export async function sweep({ db }: { readonly db: Database }, blobRoot: string): Promise<BlobStore> {
  const blobs = await createFilesystemStore({ root: blobRoot, minFreeBytes: 0 });
  await withTasks(db, blobs, async (maintenance) => {
    await maintenance.sweepOrphanBlobs(new AbortController().signal);
    const again = await maintenance.sweepOrphanBlobs(new AbortController().signal);
    if (again.removedCount > 0) throw new Error(`a second sweep removed ${again.removedCount} blobs more`);
  });
  return blobs;
}
