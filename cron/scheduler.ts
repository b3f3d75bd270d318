import cron, { type ScheduledTask as CronJob } from 'node-cron';
import type { ScheduledTask } from '../src/domain/scheduled-task.js';

export interface TaskRun {
  readonly taskId: string;
  readonly startedAt: Date;
  readonly durationMs: number;
  /** Null when it went well. */
  readonly failure: string | null;
}

export interface SchedulerOptions {
  readonly log: (message: string, figures: Readonly<Record<string, number>>) => void;
  readonly onRun: (run: TaskRun, error: unknown) => void;
}

export interface Scheduler {
  start(): void;
  /** Runs one task by hand; throws RangeError naming the known ids when there is none of that id. */
  runNow(taskId: string): Promise<TaskRun>;
  /** Waits for a run that is under way, its signal aborted. */
  stop(): Promise<void>;
}

/** Drives tasks by node-cron. A task never overlaps itself; a failure is reported and the next firing tries again. */
export function createScheduler(tasks: readonly ScheduledTask[], options: SchedulerOptions): Scheduler {
  const jobs: CronJob[] = [];
  // The library would write to the console, and stdout belongs to results.
  const note = (message: string | Error): void => options.log(message instanceof Error ? message.message : message, {});
  const logger = { info: note, warn: note, error: note, debug: () => undefined };
  const running = new Map<string, { readonly abort: AbortController; readonly done: Promise<TaskRun> }>();

  async function execute(task: ScheduledTask, abort: AbortController): Promise<TaskRun> {
    const startedAt = new Date();
    const timer = setTimeout(() => abort.abort(new Error(`${task.id} took longer than ${task.timeoutMs} ms`)), task.timeoutMs);
    let error: unknown = null;
    try {
      await task.run({ signal: abort.signal, log: options.log });
    } catch (thrown) {
      error = thrown;
    } finally {
      clearTimeout(timer);
    }
    const failure = error === null ? null : error instanceof Error ? error.message : 'failed';
    const run = { taskId: task.id, startedAt, durationMs: Date.now() - startedAt.getTime(), failure };
    options.onRun(run, error);
    return run;
  }

  function fire(task: ScheduledTask): Promise<TaskRun> {
    const underWay = running.get(task.id);
    if (underWay !== undefined) return underWay.done;
    const abort = new AbortController();
    const done = execute(task, abort).finally(() => running.delete(task.id));
    running.set(task.id, { abort, done });
    return done;
  }

  return {
    start() {
      for (const task of tasks) jobs.push(cron.schedule(task.schedule, () => fire(task), { name: task.id, timezone: task.timeZone, noOverlap: true, logger }));
    },
    runNow(taskId) {
      const task = tasks.find((one) => one.id === taskId);
      if (task === undefined) throw new RangeError(`There is no task ${taskId}. Known: ${tasks.map((one) => one.id).join(', ')}.`);
      return fire(task);
    },
    async stop() {
      for (const job of jobs) await job.destroy();
      for (const { abort } of running.values()) abort.abort();
      await Promise.allSettled([...running.values()].map((run) => run.done));
    },
  };
}
