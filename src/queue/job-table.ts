import type { JobWithMetadata, PgBoss } from 'pg-boss';
import { CLAIM, claimValues, LANE_INDEX, type ClaimRequest } from './job-claim.js';
import type { JobName } from './job-queue.js';
import { JOB, JOB_STATE, NOW } from './queue-schema.js';

/** `lane`: the workspace that it belongs to, '' for none. */
export type ClaimedJob = Pick<JobWithMetadata, 'id' | 'data' | 'priority' | 'retryCount' | 'retryLimit' | 'output'> & { readonly lane: string };

/** So that nodes that start together do not make the index at the same moment, which fails for all but one. */
const INDEX_LOCK = 72_707_370;

/** What pg-boss has no call for. Each statement that touches a claim names the claim's number, so a lost claim changes nothing. */
export function jobTable(boss: PgBoss) {
  const rows = async <Row>(sql: string, values: readonly unknown[]): Promise<readonly Row[]> => (await boss.getDb().executeSql(sql, [...values])).rows as Row[];
  return {
    /** Makes what the claim needs and the library does not have. */
    prepare: () => rows(`DO $do$ BEGIN PERFORM pg_advisory_xact_lock(${INDEX_LOCK}); ${LANE_INDEX}; END $do$`, []),
    /** In the order in which they are due. */
    claim: async (name: JobName, request: ClaimRequest): Promise<readonly ClaimedJob[]> =>
      [...(await rows<ClaimedJob & { readonly place: number }>(CLAIM, claimValues(name, request)))].sort((a, b) => a.place - b.place),
    /** Puts a claimed job back as if it had not been claimed: the try does not count. */
    handBack: (name: JobName, job: ClaimedJob, delaySeconds: number) =>
      rows(`UPDATE ${JOB} SET state = 'created', started_on = NULL, heartbeat_on = NULL, start_after = ${NOW} + $4 * interval '1s' WHERE name = $1 AND id = $2 AND state = 'active' AND retry_count = $3`, [name, job.id, job.retryCount, delaySeconds]),
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
    /**
     * Makes every claimed job due at once. Only where no other process can be at work. Answers how many. Those whose
     * deliveries are used up are left to the search for dead workers, which puts them among the dead letters.
     */
    reclaimActive: async (name: JobName): Promise<number> => {
      const reclaimed = await rows(
        `UPDATE ${JOB} SET state = 'retry'::${JOB_STATE}, heartbeat_on = NULL, start_after = ${NOW} WHERE name = $1 AND state = 'active' AND retry_count < retry_limit RETURNING id`,
        [name],
      );
      return reclaimed.length;
    },
    depth: async (name: JobName, workspaceId?: string): Promise<number> => {
      const ofWorkspace = workspaceId === undefined ? '' : "AND COALESCE(group_id, '') = $2";
      const [row] = await rows<{ count: number }>(`SELECT count(*)::int AS count FROM ${JOB} WHERE name = $1 AND state < 'active' ${ofWorkspace}`, workspaceId === undefined ? [name] : [name, workspaceId]);
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
    without: async (name: JobName, keys: readonly string[]): Promise<readonly string[]> => {
      const found = await rows<{ key: string }>(
        `SELECT wanted.key FROM unnest($2::text[]) AS wanted (key)
         WHERE (SELECT id FROM ${JOB} WHERE name = $1 AND COALESCE(singleton_key, '') = wanted.key AND state <= 'active' AND policy = 'exclusive' LIMIT 1) IS NULL`,
        [name, keys],
      );
      return found.map(({ key }) => key);
    },
  };
}

export type JobTable = ReturnType<typeof jobTable>;
