import cron, { type ScheduledTask as CronJob } from 'node-cron';
import { UndertoneError } from '../src/domain/errors.js';
import { newId } from '../src/domain/ids.js';
import type { ScheduledTask, TaskRunCause, TaskRunStore } from '../src/domain/scheduled-task.js';
import { asSystem } from '../src/domain/workspace-scope.js';
import { previousFiring } from './previous-firing.js';

export interface TaskRun {
  readonly taskId: string;
  readonly startedAt: Date;
  readonly durationMs: number;
  /** Null when it went well. */
  readonly failure: string | null;
  readonly cause: TaskRunCause;
}

export interface SchedulerOptions {
  readonly log: (message: string, figures: Readonly<Record<string, number>>) => void;
  readonly onRun: (run: TaskRun, error: unknown) => void;
  /** Shared by all nodes: lets exactly one have each firing. */
  readonly runs: TaskRunStore;
  /** Host and process, for people. */
  readonly node: string;
  readonly now?: () => number;
}

export interface Scheduler {
  readonly tasks: readonly ScheduledTask[];
  /** Fires from now on, and once for each task whose time passed while no node ran. */
  start(): void;
  nextRunAt(taskId: string): Date | null;
  /** Runs one task by hand; joins a run under way here. RangeError for an unknown id, CONFLICT while another node runs it. */
  runNow(taskId: string, options?: { readonly isDryRun: boolean }): Promise<TaskRun>;
  /** Waits for a run that is under way, its signal aborted. */
  stop(): Promise<void>;
}

const MINUTE_MS = 60_000;

/** Drives tasks by node-cron. A task never overlaps itself, here or on another node; a failure is reported and the next firing tries again. */
export function createScheduler(tasks: readonly ScheduledTask[], options: SchedulerOptions): Scheduler {
  const { runs, node, now = Date.now } = options;
  let catchingUp: Promise<void> = Promise.resolve();
  let lastByHand = 0;
  // The library would write to the console, and stdout belongs to results.
  const note = (message: string | Error): void => options.log(message instanceof Error ? message.message : message, {});
  const logger = { info: note, warn: note, error: note, debug: () => undefined };
  const running = new Map<string, { readonly abort: AbortController; readonly done: Promise<TaskRun | null> }>();
  const jobs = new Map<string, CronJob>(tasks.map((task) => [task.id, cron.createTask(task.schedule, ({ date }) => fire(task, 'SCHEDULE', minuteOf(date)), { name: task.id, timezone: task.timeZone, noOverlap: true, logger })]));

  async function execute(task: ScheduledTask, cause: TaskRunCause, firingAt: Date, isDryRun: boolean, abort: AbortController): Promise<TaskRun | null> {
    const startedAt = new Date(now());
    const id = newId('taskRun');
    // Half a minute more than it may take: only a dead process is passed by.
    const deadlineAt = new Date(startedAt.getTime() + task.timeoutMs + MINUTE_MS / 2);
    if (!(await runs.claim({ id, taskId: task.id, firingAt, cause, isDryRun, node, startedAt, deadlineAt }))) return null;
    const timer = setTimeout(() => abort.abort(new Error(`${task.id} took longer than ${task.timeoutMs} ms`)), task.timeoutMs);
    const figures: Record<string, number> = {};
    let error: unknown = null;
    try {
      const context = { signal: abort.signal, log: (message: string, given: Readonly<Record<string, number>>) => options.log(message, Object.assign(figures, given)) };
      await (isDryRun ? task.dryRun!(context) : task.run(context));
    } catch (thrown) {
      error = thrown;
    } finally {
      clearTimeout(timer);
    }
    const failure = error === null ? null : error instanceof Error ? error.message : 'failed';
    const run: TaskRun = { taskId: task.id, startedAt, durationMs: now() - startedAt.getTime(), failure, cause };
    await runs.finish(id, { state: failure === null ? 'SUCCEEDED' : 'FAILED', durationMs: run.durationMs, failure, figures });
    options.onRun(run, error);
    return run;
  }

  /** Null when another node has this firing, or the task runs there. */
  function fire(task: ScheduledTask, cause: TaskRunCause, firingAt: Date, isDryRun = false): Promise<TaskRun | null> {
    const underWay = running.get(task.id);
    if (underWay !== undefined) return underWay.done;
    const abort = new AbortController();
    // The system's own work, whoever asked for it; what a task does in one workspace it does as that workspace.
    const done = asSystem(() => execute(task, cause, firingAt, isDryRun, abort)).catch((error: unknown) => {
      // The store could not be asked: the firing is not lost, the next start finds it missed.
      options.onRun({ taskId: task.id, startedAt: firingAt, durationMs: 0, failure: 'its run could not be noted', cause }, error);
      return null;
    }).finally(() => running.delete(task.id));
    running.set(task.id, { abort, done });
    return done;
  }

  async function catchUp(): Promise<void> {
    for (const task of tasks) {
      const due = previousFiring(jobs.get(task.id)!, new Date(now()));
      if (due === null) continue;
      const last = await runs.lastFiring(task.id);
      if (last === null) await runs.skip(task.id, due, node);
      else if (last < due) await fire(task, 'MISSED', due);
    }
  }

  return {
    tasks,
    start() {
      for (const job of jobs.values()) void job.start();
      catchingUp = asSystem(catchUp).catch((error: unknown) => options.onRun({ taskId: 'catching up', startedAt: new Date(now()), durationMs: 0, failure: 'what was missed could not be asked for', cause: 'MISSED' }, error));
    },
    nextRunAt: (taskId) => jobs.get(taskId)?.getNextRun() ?? null,
    async runNow(taskId, { isDryRun } = { isDryRun: false }) {
      const task = tasks.find((one) => one.id === taskId);
      if (task === undefined) throw new RangeError(`There is no task ${taskId}. Known: ${tasks.map((one) => one.id).join(', ')}.`);
      if (isDryRun && task.dryRun === undefined) throw new UndertoneError('CONFLICT', `The task ${taskId} has no dry run: it cannot say what it would do without doing it.`);
      // A firing is known by its moment: two in one millisecond would be taken for one.
      lastByHand = Math.max(now(), lastByHand + 1);
      const run = await fire(task, 'HAND', new Date(lastByHand), isDryRun);
      if (run === null) throw new UndertoneError('CONFLICT', `The task ${taskId} runs on another node. Its last run says since when.`);
      return run;
    },
    async stop() {
      for (const job of jobs.values()) await job.destroy();
      for (const { abort } of running.values()) abort.abort();
      await Promise.allSettled([...running.values()].map((run) => run.done));
      await catchingUp;
    },
  };
}

/** A firing is named by its minute: clocks of nodes differ by less. */
function minuteOf(date: Date): Date {
  return new Date(Math.round(date.getTime() / MINUTE_MS) * MINUTE_MS);
}
