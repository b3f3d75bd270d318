import type { JobWithMetadata, PgBoss } from 'pg-boss';
import type { JobName } from './job-queue.js';

/** Schema of pg-boss's tables. */
export const QUEUE_SCHEMA = 'pgboss';
const JOB = `${QUEUE_SCHEMA}.job`;
const NOW = `${QUEUE_SCHEMA}.job_now()`;

export type ClaimedJob = Pick<JobWithMetadata, 'id' | 'data' | 'priority' | 'retryCount' | 'retryLimit' | 'output'>;

/** What pg-boss has no call for. Each statement that touches a claim names the claim's number, so a lost claim changes nothing. */
export function jobTable(boss: PgBoss) {
  const rows = async <Row>(sql: string, values: readonly unknown[]): Promise<readonly Row[]> => (await boss.getDb().executeSql(sql, [...values])).rows as Row[];
  return {
    /** Puts a claimed job back as if it had not been claimed: the try does not count. */
    handBack: (name: JobName, job: ClaimedJob) =>
      rows(`UPDATE ${JOB} SET state = 'created', started_on = NULL, heartbeat_on = NULL, start_after = ${NOW} WHERE name = $1 AND id = $2 AND state = 'active' AND retry_count = $3`, [name, job.id, job.retryCount]),
    /** Takes the remaining retries from a claimed job, so that the failure that follows is its last. */
    forbidRetry: (name: JobName, job: ClaimedJob) =>
      rows(`UPDATE ${JOB} SET retry_limit = retry_count WHERE name = $1 AND id = $2 AND state = 'active' AND retry_count = $3`, [name, job.id, job.retryCount]),
    /** Writes the heartbeat of claimed jobs and answers the ids of those that are still ours. */
    touch: async (name: JobName, jobs: readonly ClaimedJob[]): Promise<ReadonlySet<string>> => {
      const claims = jobs.map(({ id, retryCount }) => `${id}:${retryCount}`);
      const touched = await rows<{ id: string }>(
        `UPDATE ${JOB} SET heartbeat_on = ${NOW} WHERE name = $1 AND id = ANY($2::uuid[]) AND state = 'active' AND (id::text || ':' || retry_count) = ANY($3::text[]) RETURNING id`,
        [name, jobs.map(({ id }) => id), claims],
      );
      return new Set(touched.map(({ id }) => id));
    },
    /** Makes every claimed job due at once. Only where no other process can be at work. Answers how many. */
    reclaimActive: async (name: JobName): Promise<number> => {
      const reclaimed = await rows(
        `UPDATE ${JOB} SET state = (CASE WHEN retry_count < retry_limit THEN 'retry' ELSE 'failed' END)::${QUEUE_SCHEMA}.job_state,
           completed_on = CASE WHEN retry_count < retry_limit THEN NULL ELSE ${NOW} END, heartbeat_on = NULL, start_after = ${NOW}
         WHERE name = $1 AND state = 'active' RETURNING id`,
        [name],
      );
      return reclaimed.length;
    },
    depth: async (name: JobName): Promise<number> => {
      const [row] = await rows<{ count: number }>(`SELECT count(*)::int AS count FROM ${JOB} WHERE name = $1 AND state < 'active'`, [name]);
      return row?.count ?? 0;
    },
    oldestAgeSeconds: async (name: JobName): Promise<number> => {
      const [row] = await rows<{ seconds: number }>(`SELECT COALESCE(extract(epoch FROM ${NOW} - min(start_after)), 0)::float8 AS seconds FROM ${JOB} WHERE name = $1 AND state < 'active' AND start_after <= ${NOW}`, [name]);
      return Math.max(0, row?.seconds ?? 0);
    },
    has: async (name: JobName, key: string): Promise<boolean> => {
      // Spelled as the index of the `exclusive` policy is, so that it is used.
      const [row] = await rows<{ found: boolean }>(
        `SELECT EXISTS (SELECT 1 FROM ${JOB} WHERE name = $1 AND COALESCE(singleton_key, '') = $2 AND state <= 'active' AND policy = 'exclusive') AS found`,
        [name, key],
      );
      return row?.found ?? false;
    },
  };
}

export type JobTable = ReturnType<typeof jobTable>;
