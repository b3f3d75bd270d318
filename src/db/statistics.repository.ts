import type { StatisticsRow, TimeBucket } from '../domain/statistics.js';
import type { Database } from './database.js';

export interface StatisticsRepository {
  /** Analyses asked for in [from, to), grouped; one pass over the index of times. */
  count(workspaceId: string, from: Date, to: Date, bucket: TimeBucket): Promise<readonly StatisticsRow[]>;
}

export function createStatisticsRepository({ client }: Database): StatisticsRepository {
  return {
    count: async (workspaceId, from, to, bucket) => {
      const rows = await client.$queryRaw<(Omit<StatisticsRow, 'count'> & { readonly count: bigint })[]>`
        SELECT date_trunc(${bucket}, a."createdAt", 'UTC') AS "start", a."status"::text AS "status", a."summaryLabel" AS "label",
          COALESCE((a."summary" ->> 'abstained')::boolean, false) AS "isAbstained", count(*) AS "count", COALESCE(sum(r."durationSeconds"), 0)::float8 AS "audioSeconds"
        FROM "Analysis" a JOIN "Recording" r ON r."id" = a."recordingId"
        WHERE a."workspaceId" = ${workspaceId} AND a."createdAt" >= ${from} AND a."createdAt" < ${to}
        GROUP BY 1, 2, 3, 4`;
      return rows.map((row) => ({ ...row, count: Number(row.count) }));
    },
  };
}
