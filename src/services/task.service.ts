import { UndertoneError } from '../domain/errors.js';
import type { Principal } from '../domain/principal.js';
import type { ScheduledTask, TaskRunRecord } from '../domain/scheduled-task.js';
import type { TaskRunRepository } from '../db/retention-repositories.js';
import { asSystem } from '../domain/workspace-scope.js';
import type { AuditSink } from './audit.js';
import { requireScope } from './permissions.js';

export interface TaskStatus {
  readonly id: string;
  readonly description: string | null;
  readonly schedule: string;
  readonly timeZone: string;
  readonly timeoutMs: number;
  readonly hasDryRun: boolean;
  readonly nextRunAt: Date | null;
  readonly lastRun: TaskRunRecord | null;
}

/** What the service needs of the scheduler. */
export interface TaskRunner {
  readonly tasks: readonly ScheduledTask[];
  nextRunAt(taskId: string): Date | null;
  /** CONFLICT while the task runs on another node, or for a dry run of a task that has none. */
  runNow(taskId: string, options: { readonly isDryRun: boolean }): Promise<unknown>;
}

export interface TaskService {
  list(principal: Principal): Promise<readonly TaskStatus[]>;
  /** Waits for the run, which may fail: then `lastRun` says why. */
  run(principal: Principal, id: string, isDryRun: boolean): Promise<TaskStatus>;
  /** For metrics, without a principal: states of tasks are no one's data. */
  status(): Promise<readonly TaskStatus[]>;
}

export function createTaskService(runner: TaskRunner, runs: TaskRunRepository, audit: AuditSink): TaskService {
  async function status(): Promise<readonly TaskStatus[]> {
    const last = new Map((await asSystem(() => runs.lastRuns(runner.tasks.map(({ id }) => id)))).map((run) => [run.taskId, run]));
    return runner.tasks.map((task) => ({
      id: task.id, description: task.description ?? null, schedule: task.schedule, timeZone: task.timeZone, timeoutMs: task.timeoutMs,
      hasDryRun: task.dryRun !== undefined, nextRunAt: runner.nextRunAt(task.id), lastRun: last.get(task.id) ?? null,
    }));
  }

  return {
    status,
    async list(principal) {
      requireScope(principal, 'jobs:admin');
      return status();
    },
    async run(principal, id, isDryRun) {
      requireScope(principal, 'jobs:admin');
      if (!runner.tasks.some((task) => task.id === id)) throw new UndertoneError('NOT_FOUND', `There is no task ${id.slice(0, 64)}. Known: ${runner.tasks.map((task) => task.id).join(', ')}.`, { id: id.slice(0, 64) });
      await audit.record(null, principal, { action: 'task.requested', subjectKind: 'task', subjectId: id, reason: isDryRun ? 'dry run' : null });
      await runner.runNow(id, { isDryRun });
      return (await status()).find((task) => task.id === id)!;
    },
  };
}
