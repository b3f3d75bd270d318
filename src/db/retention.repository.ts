import type { DataKind, RetentionAction, RetentionFacts, RetentionPolicyRecord, ReviewState } from '../domain/retention.js';
import type { Database } from './database.js';
import { Prisma, type RetentionPolicy } from './generated/client.js';
import type { RetentionRepository } from './retention-repositories.js';

export function createRetentionRepository({ client }: Database): RetentionRepository {
  return {
    workspaces: async () => (await client.workspace.findMany({ select: { id: true }, orderBy: { id: 'asc' } })).map(({ id }) => id),
    policies: async (workspaceId) => (await client.retentionPolicy.findMany({ where: { workspaceId }, orderBy: { id: 'asc' } })).map(toPolicy),
    savePolicy: async (tx, policy) => {
      const { id, workspaceId, createdAt, ...rest } = policy;
      const data = { ...rest, tags: [...rest.tags], labels: [...rest.labels], reviewStates: [...rest.reviewStates] };
      return toPolicy(await tx.retentionPolicy.upsert({ where: { id }, create: { id, workspaceId, createdAt, ...data }, update: data }));
    },
    deletePolicy: async (tx, workspaceId, id) => {
      const row = await tx.retentionPolicy.findFirst({ where: { id, workspaceId } });
      if (row === null) return null;
      await tx.retentionPolicy.delete({ where: { id } });
      return toPolicy(row);
    },
    facts: (workspaceId, before, after, first) => {
      const position = after === null ? Prisma.sql`true` : Prisma.sql`(r."createdAt", r."id") > (${after.createdAt}, ${after.id})`;
      return facts(client, Prisma.sql`r."workspaceId" = ${workspaceId} AND r."createdAt" < ${before} AND ${position}`, first);
    },
    factsOf: (workspaceId, ids) => facts(client, Prisma.sql`r."workspaceId" = ${workspaceId} AND r."id" = ANY(${[...ids]})`, ids.length),
  };
}

function toPolicy(row: RetentionPolicy): RetentionPolicyRecord {
  return { ...row, kind: row.kind as DataKind, action: row.action as RetentionAction, reviewStates: row.reviewStates as ReviewState[] };
}

interface FactRow {
  readonly id: string; readonly createdAt: Date; readonly tags: string[]; readonly label: string | null; readonly lastAnalyzedAt: Date | null; readonly restoredAt: Date | null;
  readonly audioBytes: number | null; readonly peakBytes: number | null; readonly resultBytes: number | null; readonly trackBytes: number | null; readonly vectorBytes: number | null; readonly textBytes: number | null;
  readonly isHeld: boolean; readonly isBusy: boolean; readonly review: ReviewState; readonly archived: Record<string, string> | null;
}

/** Sizes of tracks, vectors and rows are what they hold, without the database's own overhead. */
async function facts(client: Database['client'], where: Prisma.Sql, first: number): Promise<readonly RetentionFacts[]> {
  const rows = await client.$queryRaw<FactRow[]>`
    WITH page AS (SELECT r.* FROM "Recording" r WHERE ${where} ORDER BY r."createdAt", r."id" LIMIT ${first})
    SELECT r."id", r."createdAt", r."tags", latest."summaryLabel" AS label, runs."lastAnalyzedAt",
      CASE WHEN r."blobKey" LIKE 'removed/%' THEN NULL ELSE r."byteLength"::float8 END AS "audioBytes", octet_length(r."peaks")::float8 AS "peakBytes",
      (SELECT max(k."restoredAt") FROM "DataKey" k WHERE k."workspaceId" = r."workspaceId" AND k."recordingId" = r."id") AS "restoredAt",
      (SELECT CASE WHEN bool_or(v."status" = 'PENDING') THEN 'PENDING' WHEN bool_or(v."status" = 'RESOLVED') THEN 'RESOLVED' ELSE 'NONE' END FROM "ReviewItem" v WHERE v."recordingId" = r."id") AS review,
      runs."resultBytes", runs."trackBytes", parts."vectorBytes", parts."textBytes",
      EXISTS (SELECT 1 FROM "undertone_holds"(r."workspaceId", r."id")) AS "isHeld",
      coalesce(runs."isBusy", false) OR EXISTS (SELECT 1 FROM "ArchiveItem" i WHERE i."workspaceId" = r."workspaceId" AND i."recordingId" = r."id" AND i."state" IN ('PENDING', 'WRITTEN')) AS "isBusy",
      (SELECT json_object_agg(kind, at) FROM (SELECT kind, max(i."settledAt") AS at FROM "ArchiveItem" i, unnest(i."kinds") AS kind WHERE i."workspaceId" = r."workspaceId" AND i."recordingId" = r."id" AND i."state" = 'DONE' GROUP BY kind) AS done) AS archived
    FROM page r
    LEFT JOIN LATERAL (SELECT a."summaryLabel" FROM "Analysis" a WHERE a."recordingId" = r."id" AND a."status" = 'SUCCEEDED' ORDER BY a."createdAt" DESC, a."id" DESC LIMIT 1) AS latest ON true
    LEFT JOIN LATERAL (
      SELECT max(coalesce(a."finishedAt", a."createdAt")) AS "lastAnalyzedAt", bool_or(a."status" IN ('QUEUED', 'RUNNING')) AS "isBusy", sum(coalesce(octet_length(a."summary"::text), 0) + 200)::float8 AS "resultBytes",
        sum((SELECT sum(s."frameCount")::float8 * 4 * cardinality(a."modelLabels") FROM "Segment" s WHERE s."analysisId" = a."id")) FILTER (WHERE a."trackKey" IS NOT NULL AND a."trackKey" NOT LIKE 'removed/%') AS "trackBytes"
      FROM "Analysis" a WHERE a."recordingId" = r."id") AS runs ON true
    LEFT JOIN LATERAL (
      SELECT (SELECT sum(e."dimension" * 4)::float8 FROM "Embedding" e JOIN "Analysis" a ON a."id" = e."analysisId" WHERE a."recordingId" = r."id") AS "vectorBytes",
        (SELECT sum(octet_length(s."text"))::float8 FROM "Segment" s JOIN "Analysis" a ON a."id" = s."analysisId" WHERE a."recordingId" = r."id" AND s."text" IS NOT NULL) AS "textBytes") AS parts ON true
    ORDER BY r."createdAt", r."id"`;
  return rows.map(toFacts);
}

function toFacts(row: FactRow): RetentionFacts {
  const sizes: readonly (readonly [DataKind, number | null])[] = [
    ['ORIGINAL_AUDIO', row.audioBytes], ['PROCESSED_AUDIO', row.peakBytes], ['FRAME_TRACKS', row.trackBytes], ['EMBEDDINGS', row.vectorBytes], ['TRANSCRIPTS', row.textBytes], ['RESULTS', row.resultBytes],
  ];
  const present = sizes.filter((one): one is readonly [DataKind, number] => one[1] !== null);
  const bytes = { RECORDING: present.reduce((sum, [, size]) => sum + size, 0), ...Object.fromEntries(present) };
  const archived = Object.fromEntries(Object.entries(row.archived ?? {}).map(([kind, at]) => [kind, new Date(at)]));
  return { recordingId: row.id, createdAt: row.createdAt, lastAnalyzedAt: row.lastAnalyzedAt, restoredAt: row.restoredAt, tags: row.tags, label: row.label, review: row.review, isHeld: row.isHeld, isBusy: row.isBusy, bytes, archived };
}
