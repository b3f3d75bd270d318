import type { TaskRunRecord, TaskRunStore } from '../../src/domain/scheduled-task.js';

export type MemoryTaskRuns = TaskRunStore & { readonly rows: TaskRunRecord[] };

/** What the table does, in memory; the real one is tried by three processes in test/cron/fleet-firings.test.ts. */
export function memoryTaskRuns(): MemoryTaskRuns {
  const rows: TaskRunRecord[] = [];
  return {
    rows,
    claim: (run) => {
      const isTaken = rows.some((row) => row.taskId === run.taskId && (row.firingAt.getTime() === run.firingAt.getTime() || (row.state === 'RUNNING' && row.deadlineAt > run.startedAt)));
      if (!isTaken) rows.push({ ...run, state: 'RUNNING', durationMs: null, failure: null, figures: null });
      return Promise.resolve(!isTaken);
    },
    finish: (id, outcome) => {
      const index = rows.findIndex((row) => row.id === id);
      rows[index] = { ...rows[index]!, ...outcome };
      return Promise.resolve();
    },
    skip: (taskId, firingAt, node) => {
      rows.push({ id: `skip-${rows.length}`, taskId, firingAt, cause: 'SCHEDULE', isDryRun: false, state: 'SKIPPED', node, startedAt: firingAt, deadlineAt: firingAt, durationMs: 0, failure: null, figures: null });
      return Promise.resolve();
    },
    lastFiring: (taskId) => Promise.resolve(rows.filter((row) => row.taskId === taskId && row.cause !== 'HAND').map((row) => row.firingAt).sort((a, b) => b.getTime() - a.getTime())[0] ?? null),
  };
}
