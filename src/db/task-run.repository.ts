import { newId } from '../domain/ids.js';
import type { TaskRunCause, TaskRunRecord, TaskRunState } from '../domain/scheduled-task.js';
import type { Database } from './database.js';
import { Prisma, type TaskRun } from './generated/client.js';
import type { TaskRunRepository } from './retention-repositories.js';

/** Tasks belong to the installation; their rows lie with the workspace of its operators. */
export function createTaskRunRepository(db: Database, workspaceId: string): TaskRunRepository {
  const { client } = db;
  return {
    claim: async (run) => {
      // The unique key lets one node have a firing; the condition keeps a task from running beside itself, and a dead process from blocking it for ever.
      const count = await db.transaction(async (tx) => {
        await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`task ${run.taskId}`}, 0))`;
        return tx.$executeRaw`
        INSERT INTO "TaskRun" ("id", "workspaceId", "taskId", "firingAt", "cause", "isDryRun", "state", "node", "startedAt", "deadlineAt")
        SELECT ${run.id}, ${workspaceId}, ${run.taskId}, ${run.firingAt}, ${run.cause}, ${run.isDryRun}, 'RUNNING', ${run.node}, ${run.startedAt}, ${run.deadlineAt}
        WHERE NOT EXISTS (SELECT 1 FROM "TaskRun" WHERE "taskId" = ${run.taskId} AND "state" = 'RUNNING' AND "deadlineAt" > ${run.startedAt})
        ON CONFLICT ("taskId", "firingAt") DO NOTHING`;
      });
      return count === 1;
    },
    finish: async (id, { figures, ...outcome }) => {
      await client.taskRun.updateMany({ where: { id, state: 'RUNNING' }, data: { ...outcome, figures: { ...figures } } });
    },
    skip: async (taskId, firingAt, node) => {
      await client.taskRun.createMany({ data: [{ id: newId('taskRun'), workspaceId, taskId, firingAt, cause: 'SCHEDULE', state: 'SKIPPED', node, startedAt: firingAt, deadlineAt: firingAt, durationMs: 0, figures: Prisma.DbNull }], skipDuplicates: true });
    },
    lastFiring: async (taskId) => (await client.taskRun.findFirst({ where: { taskId, cause: { not: 'HAND' } }, orderBy: { firingAt: 'desc' }, select: { firingAt: true } }))?.firingAt ?? null,
    lastRuns: async (taskIds) => {
      const rows = await client.$queryRaw<{ id: string }[]>`
        SELECT DISTINCT ON ("taskId") "id" FROM "TaskRun" WHERE "taskId" = ANY(${[...taskIds]}) AND "state" <> 'SKIPPED' ORDER BY "taskId", "startedAt" DESC, "id" DESC`;
      return (await client.taskRun.findMany({ where: { id: { in: rows.map(({ id }) => id) } } })).map(toRun);
    },
    prune: (before) => client.$executeRaw`DELETE FROM "TaskRun" r WHERE ${forgettable(before)}`,
    countForgettable: async (before) => Number((await client.$queryRaw<{ count: bigint }[]>`SELECT count(*) AS count FROM "TaskRun" r WHERE ${forgettable(before)}`)[0]!.count),
  };
}

/** The newest row of a task stays: it says which firings were missed. */
function forgettable(before: Date): Prisma.Sql {
  return Prisma.sql`r."startedAt" < ${before} AND EXISTS (SELECT 1 FROM "TaskRun" newer WHERE newer."taskId" = r."taskId" AND newer."firingAt" > r."firingAt" AND newer."cause" <> 'HAND')`;
}

function toRun(row: TaskRun): TaskRunRecord {
  return { ...row, cause: row.cause as TaskRunCause, state: row.state as TaskRunState, figures: row.figures as Record<string, number> | null };
}
