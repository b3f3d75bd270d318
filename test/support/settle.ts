import { createAnalysisRepository } from '../../src/db/analysis.repository.js';
import { createApiKeyRepository } from '../../src/db/api-key.repository.js';
import { createTaskRunRepository } from '../../src/db/task-run.repository.js';
import type { Database } from '../../src/db/database.js';
import { createRecordingRepository } from '../../src/db/recording.repository.js';
import { createBossQueue } from '../../src/queue/boss-queue.js';
import { createDataKeyRepository } from '../../src/db/data-key.repository.js';
import { asSystem } from '../../src/domain/workspace-scope.js';
import { parseMasterKey } from '../../src/domain/envelope.js';
import { createEventBus } from '../../src/services/event-bus.js';
import { createMaintenanceService, type MaintenanceService } from '../../src/services/maintenance.service.js';
import { createVault } from '../../src/services/vault.js';
import { createWorkspaceSecrets } from '../../src/services/workspace-secrets.js';
import type { BlobStore, StorageBackend } from '../../src/storage/blob-store.js';
import { createFilesystemStore } from '../../src/storage/filesystem-store.js';
import { createSealedStore } from '../../src/storage/sealed-store.js';
import { TEST_ADMIN_KEY, TEST_WORKSPACE_KEY } from './server-process.js';
import { until } from './until.js';

/** Long enough for everything that the tasks wait for: an orphan's hour, a lost job's ten minutes. */
const LATER_MS = 2 * 60 * 60 * 1000;
const quiet = { warn: () => undefined, error: () => undefined };

async function withTasks<T>(db: Database, blobs: StorageBackend, work: (maintenance: MaintenanceService) => Promise<T>): Promise<T> {
  const queue = createBossQueue({ connectionString: db.connectionString, reclaimActive: false, log: quiet });
  await queue.start();
  try {
    const maintenance = createMaintenanceService({
      database: db, recordings: createRecordingRepository(db), analyses: createAnalysisRepository(db), blobs, queue, models: { isHeld: () => true }, keys: createApiKeyRepository(db), taskRuns: createTaskRunRepository(db, 'ws_default'), events: createEventBus(() => undefined), notify: () => Promise.resolve(), now: () => Date.now() + LATER_MS,
    });
    return await asSystem(() => work(maintenance));
  } finally {
    await queue.stop({ deadlineMs: 0 });
  }
}

/** Waits until every accepted analysis has ended, with the tasks of two hours later helping once. Answers what they had to do. */
export async function settle({ db }: { readonly db: Database }, blobRoot: string, ledger: { readonly analyses: ReadonlySet<string> }): Promise<{ readonly requeuedCount: number; readonly failedCount: number }> {
  const unfinished = (): Promise<number> => asSystem(() => db.client.analysis.count({ where: { id: { in: [...ledger.analyses] }, status: { in: ['QUEUED', 'RUNNING'] } } })).catch(() => -1);
  await until('the database answers', async () => (await unfinished()) >= 0, 30_000);
  const blobs = await createFilesystemStore({ root: blobRoot, minFreeBytes: 0 });
  const done = await withTasks(db, blobs, (maintenance) => maintenance.recoverLostAnalyses(new AbortController().signal));
  await until('every accepted analysis has ended', async () => (await unfinished()) === 0, 120_000);
  return done;
}

/**
 * Waits until no job is left to the workers that run: one whose process was killed between its result and its end comes
 * again, after its wait of at most a minute, to find nothing to do.
 */
export async function jobsDone({ db }: { readonly db: Database }): Promise<void> {
  const left = async (): Promise<bigint> => (await db.client.$queryRaw<{ count: bigint }[]>`SELECT count(*) AS count FROM pgboss.job WHERE state <= 'active' AND name <> 'dead-letters'`)[0]!.count;
  await until('no job is left', async () => (await left()) === 0n, 120_000);
}

/** The same of a server whose database only it can reach. */
export async function queuesEmpty({ url }: { readonly url: string }): Promise<void> {
  const waiting = async (): Promise<number> => {
    const metrics = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${TEST_ADMIN_KEY}` } })).text();
    const depths = [...metrics.matchAll(/^undertone_queue_depth_jobs\{[^}]*\} (\d+)$/gm)].map((match) => Number(match[1]));
    if (depths.length === 0) throw new Error('the metrics tell no depth of a queue');
    return depths.reduce((sum, depth) => sum + depth, 0);
  };
  await until('the queues are empty', async () => (await waiting()) === 0, 120_000);
}

/** Runs the sweep of two hours later, twice: the second finds nothing. Answers a reader of what is left, opened with the key of the tests. */
export async function sweep({ db }: { readonly db: Database }, blobRoot: string): Promise<Pick<BlobStore, 'readAll' | 'stat' | 'list'>> {
  const blobs = await createFilesystemStore({ root: blobRoot, minFreeBytes: 0 });
  await withTasks(db, blobs, async (maintenance) => {
    await maintenance.sweepOrphanBlobs(new AbortController().signal);
    const again = await maintenance.sweepOrphanBlobs(new AbortController().signal);
    if (again.removedCount > 0) throw new Error(`a second sweep removed ${again.removedCount} blobs more`);
  });
  const key = parseMasterKey(TEST_WORKSPACE_KEY)!;
  const keyring = { current: () => key, find: (id: string) => (id === key.id ? key : undefined) };
  const dataKeys = createDataKeyRepository(db);
  const vault = createVault({ database: db, dataKeys, keyring, secrets: createWorkspaceSecrets(dataKeys, keyring) });
  const sealed = createSealedStore(blobs, { keys: vault, temporaryDir: () => blobRoot });
  return { readAll: (blobKey) => asSystem(() => sealed.readAll(blobKey)), stat: (blobKey) => sealed.stat(blobKey), list: (prefix) => blobs.list(prefix) };
}
