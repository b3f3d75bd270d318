import { fromPrisma, PgBoss } from 'pg-boss';
import type { JobName, JobQueue } from './job-queue.js';
import { deadLetterList } from './dead-letters.js';
import { backOff, DEAD_LETTER_OPTIONS, DEAD_LETTERS, JOB_NAMES, PRIORITY_RANK, QUEUE_OPTIONS, RETRY_DELAY_SECONDS } from './job-settings.js';
import { jobTable } from './job-table.js';
import { QUEUE_SCHEMA } from './queue-schema.js';
import { QueueWorker, type QueueLog } from './queue-worker.js';

export interface BossQueueOptions {
  /** PostgreSQL, the same database that `enqueue`'s transactions are in. */
  readonly connectionString: string;
  /**
   * The database is ours alone (embedded, its folder locked): at start, jobs that a dead process held are due at once,
   * and the search for dead workers is left to a slow rhythm. Never with a shared server: it would take live jobs.
   */
  readonly reclaimActive: boolean;
  readonly log: QueueLog;
  /** Fallback for jobs of other processes and retries that fall due; jobs of this process come by `wake`. */
  readonly pollIntervalMs?: number;
  /** Wait before the second try; it doubles for each further one. 0: none, ever (tests). */
  readonly retryDelaySeconds?: number;
  /** Told of every `wake`, to pass it on to the other nodes. */
  readonly onWake?: (name: JobName) => void;
}

/** Durable jobs on pg-boss, in a schema of their own. */
export function createBossQueue(options: BossQueueOptions): JobQueue {
  const { connectionString, reclaimActive, log } = options;
  const boss = new PgBoss({
    connectionString,
    schema: QUEUE_SCHEMA,
    application_name: 'undertone-queue',
    max: reclaimActive ? 2 : 4,
    connectionTimeoutMillis: 20_000,
    // No schedules (cron/ has them), no registry of instances, no rebuilding of indexes behind our back.
    schedule: false,
    registerInstance: false,
    reindex: false,
    monitorVacuum: false,
    // Dead workers are found within heartbeat + this. The pass counts the whole table, so it is rare where it finds nothing.
    superviseIntervalSeconds: reclaimActive ? 60 : 5,
    monitorIntervalSeconds: reclaimActive ? 60 : 5,
    maintenanceIntervalSeconds: 60 * 60,
    flowIntervalSeconds: 60 * 60,
    bamIntervalSeconds: 60 * 60,
    queueCacheIntervalSeconds: 60 * 60,
  });
  boss.on('error', (err) => log.error({ err }, 'the job queue met an error'));
  const table = jobTable(boss);
  const queueOptions = { ...QUEUE_OPTIONS, ...backOff(options.retryDelaySeconds ?? RETRY_DELAY_SECONDS) };
  const workers = new Map<JobName, Pick<QueueWorker<JobName>, 'wake' | 'stop'>>();
  let isStarted = false;
  const stopWork = async ({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> => {
    const stopping = [...workers.values()];
    workers.clear();
    await Promise.all(stopping.map((worker) => worker.stop(deadlineMs)));
  };

  const enqueueAll: JobQueue['enqueueAll'] = async (tx, name, jobs) => {
    if (jobs.length === 0) return;
    await boss.insert(name, jobs.map(({ payload, priority, key, workspaceId, needs, startAfterSeconds = 0 }) => ({
      data: payload, priority: PRIORITY_RANK[priority], singletonKey: key,
      ...(workspaceId === undefined ? {} : { group: { id: workspaceId, ...(needs === undefined ? {} : { tier: needs }) } }),
      ...(startAfterSeconds > 0 ? { startAfter: Math.ceil(startAfterSeconds) } : {}),
    })), { db: fromPrisma(tx) });
  };

  return {
    start: async () => {
      await boss.start();
      await table.prepare();
      await boss.createQueue(DEAD_LETTERS, DEAD_LETTER_OPTIONS);
      for (const name of JOB_NAMES) {
        // `exclusive`: one job a key waits or runs.
        await boss.createQueue(name, { policy: 'exclusive' });
        await boss.updateQueue(name, queueOptions);
        const reclaimed = reclaimActive ? await table.reclaimActive(name) : 0;
        if (reclaimed > 0) log.warn({ job: name, reclaimed }, 'jobs of a process that ended without notice are taken up again');
      }
      isStarted = true;
    },
    enqueue: (tx, name, payload, given) => enqueueAll(tx, name, [{ ...given, payload }]),
    enqueueAll,
    wake: (name) => {
      workers.get(name)?.wake();
      options.onWake?.(name);
    },
    wakeHere: (name) => workers.get(name)?.wake(),
    work: (name, { concurrency, interactiveSlots = 0, holds = () => null }, handler) => {
      if (!isStarted) throw new Error('start() the queue before work()');
      if (workers.has(name)) throw new Error(`this process works on ${name} already`);
      const worker = new QueueWorker(boss, table, name, handler, { concurrency, interactiveSlots, holds, log, pollIntervalMs: options.pollIntervalMs ?? 1_000 });
      workers.set(name, worker);
      worker.start();
      return Promise.resolve();
    },
    depth: (name, workspaceId) => table.depth(name, workspaceId),
    oldestAgeSeconds: (name) => table.oldestAgeSeconds(name),
    has: (name, key) => table.has(name, key),
    without: (name, keys) => table.without(name, keys),
    ...deadLetterList(boss),
    stopWork,
    stop: async ({ deadlineMs }) => {
      await stopWork({ deadlineMs });
      isStarted = false;
      await boss.stop({ graceful: false, close: true });
    },
  };
}
