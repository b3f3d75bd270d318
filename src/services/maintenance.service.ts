import type { Database } from '../db/database.js';
import type { AnalysisRepository, ApiKeyRepository, RecordingRepository, UnfinishedAnalysis } from '../db/repositories.js';
import type { TaskRunRepository } from '../db/retention-repositories.js';
import type { EventBus } from '../domain/events.js';
import { asSystem } from '../domain/workspace-scope.js';
import type { JobQueue } from '../queue/job-queue.js';
import type { StorageBackend } from '../storage/blob-store.js';
import type { Notices } from './fact-outbox.js';
import type { ModelDirectory } from './model-directory.js';

/** An upload commits its file a moment before its row; a sweep must never come between the two. */
const ORPHAN_AGE_MS = 60 * 60 * 1000;
/** An accepted analysis that has had no job for this long has lost it. */
const LOST_JOB_AGE_MS = 10 * 60 * 1000;
/** Times that one analysis may be begun: a recording that kills its worker each time must not be tried for ever. */
const MAX_BEGINNINGS = 8;
/** An upload that is longer on its way than this belongs to a process that died. */
const UNFINISHED_AGE_MS = 24 * 60 * 60 * 1000;
/** An analysis waits so long for a worker that holds its model; then nobody is expected to. */
const UNHELD_MODEL_MS = 24 * 60 * 60 * 1000;
const BATCH = 500;
const KEY_NOTICE_MS = 14 * 24 * 3600 * 1000;
const RUN_MEMORY_MS = 90 * 24 * 3600 * 1000;

export interface MaintenanceParts {
  readonly database: Database;
  readonly recordings: RecordingRepository;
  readonly analyses: AnalysisRepository;
  readonly blobs: Pick<StorageBackend, 'list' | 'delete' | 'removeUnfinished'>;
  readonly queue: JobQueue;
  readonly keys: ApiKeyRepository;
  readonly taskRuns: TaskRunRepository;
  readonly models: Pick<ModelDirectory, 'isHeld'>;
  readonly events: EventBus;
  readonly notify: Notices;
  readonly now?: () => number;
}

/** With `isDryRun` each counts what it would do, and does nothing. */
export interface MaintenanceService {
  /** Removes blobs that no row refers to and that are older than an hour, and uploads that were never finished. */
  sweepOrphanBlobs(signal: AbortSignal, isDryRun?: boolean): Promise<{ readonly seenCount: number; readonly removedCount: number; readonly removedBytes: number; readonly abortedCount: number }>;
  /** Gives accepted analyses that lost their job a new one, and ends those that were begun too often or whose model no worker has held for a day. */
  recoverLostAnalyses(signal: AbortSignal, isDryRun?: boolean): Promise<{ readonly requeuedCount: number; readonly failedCount: number }>;
  /** Tells of each API key that ends within two weeks (`key.ending`). */
  announceEndingKeys(isDryRun?: boolean): Promise<{ readonly endingCount: number }>;
  /** Forgets old runs of tasks and refreshes what the planner knows of the tables. */
  maintainDatabase(isDryRun?: boolean): Promise<{ readonly forgottenRunCount: number }>;
}

export function createMaintenanceService(parts: MaintenanceParts): MaintenanceService {
  const { database, recordings, analyses, blobs, queue, models, keys, taskRuns, events, notify, now = Date.now } = parts;

  async function end({ id, workspaceId, recordingId }: UnfinishedAnalysis, code: 'INFERENCE_CRASHED' | 'MODEL_UNKNOWN', message: string, isDryRun: boolean): Promise<number> {
    if (isDryRun) return 1;
    if (!(await analyses.fail(id, { code, message }))) return 0;
    events.publish({ kind: 'analysis.progress', workspaceId, analysisId: id, status: 'FAILED', progress: 1 });
    events.publish({ kind: 'analysis.failed', workspaceId, analysisId: id, recordingId });
    return 1;
  }

  return {
    // What another workspace refers to must not look like nobody's.
    sweepOrphanBlobs: (signal, isDryRun = false) => asSystem(async () => {
      let seenCount = 0;
      let removedCount = 0;
      let removedBytes = 0;

      async function removeUnreferenced(batch: ReadonlyMap<string, number>): Promise<void> {
        const orphans = await recordings.unreferencedBlobKeys([...batch.keys()]);
        for (const key of orphans) {
          const removed = isDryRun || await database.transaction(async (tx) => {
            await recordings.lockBlob(tx, key);
            if ((await recordings.countBlobReferences(tx, key)) > 0) return false;
            await blobs.delete(key);
            return true;
          });
          if (!removed) continue;
          removedCount += 1;
          removedBytes += batch.get(key) ?? 0;
        }
      }

      for (const prefix of ['sha256/', 'tracks/']) {
        let batch = new Map<string, number>();
        for await (const blob of blobs.list(prefix)) {
          signal.throwIfAborted();
          seenCount += 1;
          if (now() - blob.modifiedAt.getTime() < ORPHAN_AGE_MS) continue;
          batch.set(blob.key, blob.byteLength);
          if (batch.size < BATCH) continue;
          await removeUnreferenced(batch);
          batch = new Map();
        }
        await removeUnreferenced(batch);
      }
      return { seenCount, removedCount, removedBytes, abortedCount: isDryRun ? 0 : await blobs.removeUnfinished(UNFINISHED_AGE_MS) };
    }),

    async recoverLostAnalyses(signal, isDryRun = false) {
      let requeuedCount = 0;
      let failedCount = 0;
      for (let after: string | null = null; ;) {
        const unfinished: readonly UnfinishedAnalysis[] = await analyses.listUnfinished(new Date(now() - LOST_JOB_AGE_MS), after);
        const last = unfinished.at(-1);
        if (last === undefined) break;
        after = last.id;
        const lost = new Set(await queue.without('analyze-recording', unfinished.map(({ id }) => id)));
        for (const analysis of unfinished) {
          signal.throwIfAborted();
          const { id, workspaceId, modelId, attempt } = analysis;
          if (attempt === 0 && now() - analysis.createdAt.getTime() > UNHELD_MODEL_MS && !models.isHeld(modelId)) {
            failedCount += await end(analysis, 'MODEL_UNKNOWN', `No worker has held the model "${modelId}" since the analysis was accepted. Install it on a worker, or analyse again with another model.`, isDryRun);
          } else if (lost.has(id) && attempt >= MAX_BEGINNINGS) {
            failedCount += await end(analysis, 'INFERENCE_CRASHED', `The analysis was begun ${attempt} times and its worker ended in the middle each time. Try another model or a shorter cut of the recording.`, isDryRun);
          } else if (lost.has(id)) {
            if (!isDryRun) await database.transaction((tx) => queue.enqueue(tx, 'analyze-recording', { analysisId: id }, { priority: 'bulk', key: id, workspaceId, needs: modelId }));
            requeuedCount += 1;
          }
        }
      }
      if (requeuedCount > 0 && !isDryRun) queue.wake('analyze-recording');
      return { requeuedCount, failedCount };
    },

    async announceEndingKeys(isDryRun = false) {
      const ending = await keys.endingBefore(new Date(now() + KEY_NOTICE_MS));
      if (!isDryRun) for (const { id, workspaceId, expiresAt } of ending) await notify({ kind: 'key.ending', workspaceId, keyId: id, endsAt: expiresAt!.toISOString() });
      return { endingCount: ending.length };
    },

    async maintainDatabase(isDryRun = false) {
      const before = new Date(now() - RUN_MEMORY_MS);
      if (isDryRun) return { forgottenRunCount: await taskRuns.countForgettable(before) };
      const forgottenRunCount = await taskRuns.prune(before);
      await database.client.$executeRawUnsafe('ANALYZE');
      return { forgottenRunCount };
    },
  };
}
