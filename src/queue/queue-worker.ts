import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PgBoss } from 'pg-boss';
import { isUndertoneError } from '../domain/errors.js';
import type { JobHandler, JobName, JobPayloads } from './job-queue.js';
import { AGED_AFTER_SECONDS, AGED_TURN, MAX_TRIES, PRIORITY_RANK, TOUCH_INTERVAL_MS } from './job-settings.js';
import type { ClaimRequest } from './job-claim.js';
import type { ClaimedJob, JobTable } from './job-table.js';

/** The part of a logger (pino's shape) that is used here. */
export interface QueueLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface WorkerOptions {
  readonly concurrency: number;
  /** Slots beside those that only interactive jobs get: without one, `concurrency` long bulk jobs would hold up a short clip for minutes. */
  readonly interactiveSlots: number;
  /** What it holds; jobs that need something else are left alone. Null: it takes all. */
  readonly holds: () => readonly string[] | null;
  readonly pollIntervalMs: number;
  readonly log: QueueLog;
}

interface Running {
  readonly job: ClaimedJob;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
  /** True when nothing may be written about it any more: another worker has it, or it was handed back. */
  isLost: boolean;
  /** The handler has ended and its end is being written. */
  isSettling: boolean;
}

/** Workspaces whose last turn is remembered; one that is forgotten is served first, once. */
const MAX_SERVED = 500;
/** Before a job is tried again whose handler did not reach the database. */
const DATABASE_PAUSE_SECONDS = 1;
/** How long handlers have to come to an end after their signal. */
const ABORT_GRACE_MS = 2_000;

/**
 * Claims and runs jobs of one name. Our own loop instead of pg-boss's, whose delivery waits for a poll, counts a stop
 * as a failed try, and does not tell a handler when its claim was lost.
 */
export class QueueWorker<N extends JobName> {
  readonly #running = new Map<string, Running>();
  #isClaiming = false;
  /** False from a claim that was not filled until somebody says that there is more: the end of a job alone is no reason to ask again. */
  #mayWait = { bulk: true, interactive: true };
  #isStopping = false;
  #timers: NodeJS.Timeout[] = [];
  #claimed: Promise<void> = Promise.resolve();
  /** Workspaces in the order of their last turn here. In memory: each worker is fair by itself, so all together are. */
  readonly #served = new Set<string>();
  #interactiveInARow = 0;

  constructor(
    private readonly boss: Pick<PgBoss, 'complete' | 'fail'>,
    private readonly table: Pick<JobTable, 'claim' | 'touch' | 'forbidRetry' | 'handBack'>,
    private readonly name: N,
    private readonly handler: JobHandler<N>,
    private readonly options: WorkerOptions,
  ) {}

  start(): void {
    this.#timers = [setInterval(() => this.wake(), this.options.pollIntervalMs), setInterval(() => void this.#touch(), TOUCH_INTERVAL_MS)];
    this.wake();
  }

  /** There may be new jobs: looks for them now, or as soon as there is a slot. */
  wake(): void {
    // A claim under way may have looked before the new job was there: it is followed by another.
    this.#mayWait = { bulk: true, interactive: true };
    this.#look();
  }

  async stop(deadlineMs: number): Promise<void> {
    this.#isStopping = true;
    await this.#claimed;
    const allEnded = (): Promise<unknown> => Promise.all([...this.#running.values()].map(({ ended }) => ended));
    await within(allEnded(), deadlineMs);
    for (const { abort } of this.#running.values()) abort.abort(new Error('the worker is stopping'));
    if (this.#running.size > 0) await within(allEnded(), ABORT_GRACE_MS);
    for (const timer of this.#timers) clearInterval(timer);
    for (const running of this.#running.values()) await this.#handBack(running);
  }

  #look(): void {
    if (this.#isStopping || this.#isClaiming || this.#free() <= 0) return;
    const isForAll = this.#freeForAll() > 0;
    if (!this.#mayWait.interactive && !(isForAll && this.#mayWait.bulk)) return;
    this.#isClaiming = true;
    this.#claimed = this.#claim(isForAll).finally(() => {
      this.#isClaiming = false;
      this.#look();
    });
  }

  async #claim(isForAll: boolean): Promise<void> {
    const limit = isForAll ? this.#freeForAll() : this.#free();
    const request: ClaimRequest = { limit, minPriority: isForAll ? null : PRIORITY_RANK.interactive, maxPriority: null, waitedSeconds: 0, holds: this.options.holds(), served: [...this.#served] };
    this.#mayWait = { bulk: this.#mayWait.bulk && !isForAll, interactive: false };
    try {
      const { jobs, isAged } = await this.#agedOr(request);
      for (const job of jobs) this.#begin(job);
      if (!isAged && jobs.length < limit) return;
      // Interactive jobs come first: where a bulk one was handed out, none of them was left.
      const interactive = this.#mayWait.interactive || isAged || jobs.every(isInteractive);
      this.#mayWait = { bulk: this.#mayWait.bulk || isForAll, interactive };
    } catch (err) {
      this.options.log.error({ err, job: this.name }, 'jobs could not be claimed; trying again at the next poll');
    }
  }

  /** After many interactive jobs in a row one bulk job that has waited long, if there is one: else a busy day would starve the batches. */
  async #agedOr(request: ClaimRequest): Promise<{ readonly jobs: readonly ClaimedJob[]; readonly isAged: boolean }> {
    if (request.minPriority === null && this.#interactiveInARow >= AGED_TURN - 1) {
      this.#interactiveInARow = 0;
      const aged = await this.table.claim(this.name, { ...request, limit: 1, maxPriority: PRIORITY_RANK.interactive - 1, waitedSeconds: AGED_AFTER_SECONDS });
      if (aged.length > 0) return { jobs: aged, isAged: true };
    }
    return { jobs: await this.table.claim(this.name, request), isAged: false };
  }

  #freeForAll(): number {
    const bulkCount = [...this.#running.values()].filter(({ job }) => !isInteractive(job)).length;
    return Math.min(this.#free(), this.options.concurrency - bulkCount);
  }

  #free(): number {
    return this.options.concurrency + this.options.interactiveSlots - this.#running.size;
  }

  #begin(job: ClaimedJob): void {
    this.#interactiveInARow = isInteractive(job) ? this.#interactiveInARow + 1 : 0;
    this.#served.delete(job.lane);
    this.#served.add(job.lane);
    const [longestAgo] = this.#served;
    if (this.#served.size > MAX_SERVED && longestAgo !== undefined) this.#served.delete(longestAgo);
    const abort = new AbortController();
    const running: Running = { job, abort, isLost: false, isSettling: false, ended: Promise.resolve() };
    const ended = this.#run(running).finally(() => {
      this.#running.delete(job.id);
      this.#look();
    });
    this.#running.set(job.id, Object.assign(running, { ended }));
  }

  async #run(running: Running): Promise<void> {
    const { job, abort } = running;
    const failures = failuresOf(job) + 1;
    const isLastAttempt = failures >= MAX_TRIES || job.retryCount >= job.retryLimit;
    try {
      let error: unknown = null;
      try {
        await this.handler(job.data as JobPayloads[N], { signal: abort.signal, attempt: job.retryCount + 1, isLastAttempt, priority: isInteractive(job) ? 'interactive' : 'bulk', workspaceId: job.lane === '' ? null : job.lane });
      } catch (thrown) {
        error = thrown ?? new Error('the handler threw nothing');
      }
      if (running.isLost) return;
      running.isSettling = true;
      // Whoever waits for the result reads it first: with one connection to the database they would wait for this write too.
      await nextTurn();
      if (error === null) await this.boss.complete(this.name, job);
      else if (abort.signal.aborted || isOfDatabase(error)) await this.#handBack(running, abort.signal.aborted ? 0 : DATABASE_PAUSE_SECONDS);
      else await this.#fail(running, error, failures, isLastAttempt);
    } catch (err) {
      // The claim stands until the heartbeat runs out; then the job is delivered again, which handlers expect.
      this.options.log.error({ err, job: this.name, jobId: job.id }, 'the end of a job could not be written');
    }
  }

  async #fail({ job }: Running, error: unknown, failures: number, isLastAttempt: boolean): Promise<void> {
    const isFinal = isLastAttempt || (isUndertoneError(error) && !error.retryable);
    if (isFinal) await this.table.forbidRetry(this.name, job);
    const { code, message } = isUndertoneError(error) ? error : { code: 'INTERNAL', message: 'A fault of Undertone; see the log.' };
    this.options.log.warn({ err: error, job: this.name, jobId: job.id, failures, isFinal }, 'a job failed');
    await this.boss.fail(this.name, job, { failures, code, message });
  }

  async #handBack(running: Running, delaySeconds = 0): Promise<void> {
    if (running.isLost) return;
    running.isLost = true;
    await this.table.handBack(this.name, running.job, delaySeconds).catch((err: unknown) => this.options.log.error({ err, jobId: running.job.id }, 'a job could not be handed back; its heartbeat will run out'));
  }

  /** Says that we live, and learns which claims are not ours any more. */
  async #touch(): Promise<void> {
    const touched = [...this.#running.values()];
    if (touched.length === 0) return;
    try {
      const ours = await this.table.touch(this.name, touched.map(({ job }) => job));
      for (const running of touched) {
        if (ours.has(running.job.id) || running.isSettling || !this.#running.has(running.job.id)) continue;
        running.isLost = true;
        running.abort.abort(new Error("the job is not this worker's any more"));
      }
    } catch (err) {
      this.options.log.warn({ err, job: this.name }, 'the heartbeat could not be written');
    }
  }
}

/** Nothing was wrong with the job: a restart of the database must not use up its tries. */
function isOfDatabase(error: unknown): boolean {
  return isUndertoneError(error) && error.code === 'DATABASE_UNAVAILABLE';
}

function isInteractive(job: ClaimedJob): boolean {
  return job.priority >= PRIORITY_RANK.interactive;
}

/** Failures of handlers so far, which the last failure left with the job. A delivery that died leaves none behind. */
function failuresOf({ output }: ClaimedJob): number {
  const failures = (output as { failures?: unknown } | null)?.failures;
  return typeof failures === 'number' ? failures : 0;
}

async function within(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)))]);
  clearTimeout(timer);
}
