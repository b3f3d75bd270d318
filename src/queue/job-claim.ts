import { JOB, NOW } from './queue-schema.js';

/** The workspace that a job belongs to; jobs of the platform itself share a lane of their own. */
const LANE = `COALESCE(group_id, '')`;
/** Candidates looked at beyond those wanted, so that two workers that claim at once do not leave each other without. */
const SPARE = 8;

/** What one worker may take now. */
export interface ClaimRequest {
  readonly limit: number;
  readonly minPriority: number | null;
  readonly maxPriority: number | null;
  /** Only jobs that have been due for this long; 0: all. */
  readonly waitedSeconds: number;
  /** What this worker holds: jobs that need something else are left for others. Null: it takes all. */
  readonly holds: readonly string[] | null;
  /** Workspaces that this worker has served, the longest ago first. */
  readonly served: readonly string[];
}

/**
 * Without it a claim would read all that waits; with it, one short scan a workspace. Made here and not by a migration:
 * the table is the queue library's and is made when the queue starts.
 */
export const LANE_INDEX = `CREATE INDEX IF NOT EXISTS undertone_lanes ON ${JOB} (name, (${LANE}), priority DESC, created_on) WHERE state < 'active'`;

/**
 * Claims jobs fairly: interactive before bulk; among equals the workspaces take turns, the one served longest ago first,
 * so a workspace with a thousand jobs delays another's first one by one job and not by a thousand; within a workspace
 * the oldest first. The lanes come from a walk over the index (one step a workspace), their heads from one scan each. Ids go
 * on as an array: joined, the planner's wrong guess of their number would read the whole table.
 */
export const CLAIM = `
  WITH RECURSIVE lane AS (
    (SELECT ${LANE} AS id FROM ${JOB} WHERE name = $1 AND state < 'active' ORDER BY ${LANE} LIMIT 1)
    UNION ALL
    SELECT (SELECT ${LANE} FROM ${JOB} WHERE name = $1 AND state < 'active' AND ${LANE} > lane.id ORDER BY ${LANE} LIMIT 1) FROM lane WHERE lane.id IS NOT NULL
  ), heads AS (
    SELECT head.*, lane.id AS lane, row_number() OVER (PARTITION BY lane.id ORDER BY head.priority DESC, head.created_on, head.id) AS turn
    FROM lane CROSS JOIN LATERAL (
      SELECT j.id, j.priority, j.created_on FROM ${JOB} j
      WHERE j.name = $1 AND j.state < 'active' AND COALESCE(j.group_id, '') = lane.id AND NOT j.blocked AND j.start_after <= ${NOW} - $5 * interval '1s'
        AND ($3::int IS NULL OR j.priority >= $3) AND ($4::int IS NULL OR j.priority <= $4)
        AND ($6::text[] IS NULL OR j.group_tier IS NULL OR j.group_tier = ANY($6))
      ORDER BY j.priority DESC, j.created_on
      LIMIT $2 + ${SPARE}
    ) head
    WHERE lane.id IS NOT NULL
  ), ranked AS MATERIALIZED (
    SELECT array_agg(id ORDER BY priority DESC, turn, COALESCE(array_position($7::text[], lane), 0), created_on, id) AS ids FROM heads
  ), next AS (
    SELECT j.id FROM ${JOB} j
    WHERE j.name = $1 AND j.id = ANY ((SELECT ids FROM ranked)::uuid[]) AND j.state < 'active'
    ORDER BY array_position((SELECT ids FROM ranked), j.id)
    LIMIT $2
    FOR UPDATE OF j SKIP LOCKED
  )
  UPDATE ${JOB} j SET state = 'active', started_on = ${NOW}, heartbeat_on = ${NOW},
    retry_count = CASE WHEN j.started_on IS NOT NULL THEN j.retry_count + 1 ELSE j.retry_count END
  WHERE j.name = $1 AND j.id = ANY (ARRAY(SELECT id FROM next))
  RETURNING array_position((SELECT ids FROM ranked), j.id) AS place, j.id, j.data, j.priority, j.retry_count AS "retryCount", j.retry_limit AS "retryLimit", j.output, COALESCE(j.group_id, '') AS lane`;

export function claimValues(name: string, request: ClaimRequest): readonly unknown[] {
  return [name, request.limit, request.minPriority, request.maxPriority, request.waitedSeconds, request.holds, request.served];
}
