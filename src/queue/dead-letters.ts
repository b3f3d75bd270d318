import { fromPrisma, type PgBoss } from 'pg-boss';
import type { Transaction } from '../db/database.js';
import type { DeadLetter, JobQueue } from './job-queue.js';
import { DEAD_LETTERS } from './job-settings.js';
import { JOB } from './queue-schema.js';

interface Row {
  readonly id: string;
  readonly data: object;
  readonly priority: number;
  readonly workspaceId: string | null;
  readonly needs: string | null;
  readonly job: string;
  readonly key: string | null;
  readonly output: { readonly code?: unknown; readonly message?: unknown } | null;
  readonly attemptCount: number;
  readonly enqueuedAt: Date;
  readonly failedAt: Date;
}

const COLUMNS = `id, data, priority, group_id AS "workspaceId", group_tier AS needs, source_name AS job, singleton_key AS key, source_output AS output,
  source_retry_count + 1 AS "attemptCount", source_created_on AS "enqueuedAt", created_on AS "failedAt"`;
/** Waiting in the list; a letter that is older than the library's own record of its source is none of ours. */
const IS_LETTER = `name = '${DEAD_LETTERS}' AND state < 'active' AND source_name IS NOT NULL`;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The list of jobs whose tries are used up: pg-boss's own dead-letter queue, which gets a job in the very statement
 * that ends it, whether its handler failed or its workers died under it.
 */
export function deadLetterList(boss: PgBoss): Pick<JobQueue, 'deadLetters' | 'deadLetterCounts' | 'takeDeadLetter'> {
  const rows = async <T>(sql: string, values: readonly unknown[]): Promise<readonly T[]> => (await boss.getDb().executeSql(sql, [...values])).rows as T[];
  return {
    deadLetters: async (workspaceId, { first, before }) => {
      const items = await rows<Row>(
        `SELECT ${COLUMNS} FROM ${JOB} WHERE ${IS_LETTER} AND group_id = $1 AND ($3::timestamptz IS NULL OR (date_trunc('milliseconds', created_on), id) < ($3, $4::uuid))
         ORDER BY date_trunc('milliseconds', created_on) DESC, id DESC LIMIT $2`,
        [workspaceId, first, before?.failedAt ?? null, before?.id ?? null],
      );
      const [counted] = await rows<{ count: number }>(`SELECT count(*)::int AS count FROM ${JOB} WHERE ${IS_LETTER} AND group_id = $1`, [workspaceId]);
      return { items: items.map(toLetter), totalCount: counted?.count ?? 0 };
    },
    deadLetterCounts: async () => new Map((await rows<{ job: string; count: number }>(`SELECT source_name AS job, count(*)::int AS count FROM ${JOB} WHERE ${IS_LETTER} GROUP BY 1`, [])).map(({ job, count }) => [job, count])),
    takeDeadLetter: async (tx: Transaction, workspaceId, id, { again }) => {
      if (!UUID.test(id)) return null;
      const db = fromPrisma(tx);
      const { rows } = await db.executeSql(`DELETE FROM ${JOB} WHERE ${IS_LETTER} AND group_id = $1 AND id = $2::uuid RETURNING ${COLUMNS}`, [workspaceId, id]);
      const [row] = rows as readonly Row[];
      if (row === undefined) return null;
      if (again) {
        const group = { id: workspaceId, ...(row.needs === null ? {} : { tier: row.needs }) };
        await boss.send(row.job, row.data, { db, priority: row.priority, group, ...(row.key === null ? {} : { singletonKey: row.key }) });
      }
      return toLetter(row);
    },
  };
}

function toLetter({ id, workspaceId, job, key, output, attemptCount, enqueuedAt, failedAt }: Row): DeadLetter {
  const text = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);
  const isLost = output?.code === undefined;
  return {
    id, workspaceId, job, key: key ?? '', attemptCount, enqueuedAt, failedAt,
    code: isLost ? 'JOB_LOST' : text(output.code, 'INTERNAL'),
    message: isLost ? 'The process that worked on it ended in the middle each time.' : text(output.message, 'A fault of Undertone; see the log.'),
  };
}
