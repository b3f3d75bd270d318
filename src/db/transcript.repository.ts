import type { AnalysisWarning } from '../domain/analysis.js';
import type { Database } from './database.js';
import type { TranscriptRepository } from './repositories.js';
import { toTranscript, transcriptColumns } from './transcript-rows.js';

export function createTranscriptRepository({ client }: Database): TranscriptRepository {
  return {
    find: async (workspaceId, analysisIds) => (await client.transcript.findMany({ where: { workspaceId, analysisId: { in: [...analysisIds] } } })).map(toTranscript),

    async replace(tx, workspaceId, analysisId, { transcript, segments, warningPrefix, warnings }) {
      // The recording first, as whoever deletes it does.
      const [analysis] = await tx.$queryRaw<{ status: string; warnings: AnalysisWarning[] | null }[]>`
        WITH "locked" AS MATERIALIZED (SELECT "id" FROM "Recording" WHERE "id" = (SELECT "recordingId" FROM "Analysis" WHERE "id" = ${analysisId}) FOR UPDATE)
        SELECT a."status"::text AS status, a."warnings" FROM "locked" JOIN "Analysis" a ON a."recordingId" = "locked"."id" WHERE a."id" = ${analysisId} AND a."workspaceId" = ${workspaceId} FOR UPDATE OF a`;
      if (analysis?.status !== 'SUCCEEDED') return null;
      const columns = transcriptColumns(transcript);
      const row = await tx.transcript.upsert({ where: { analysisId }, create: { analysisId, workspaceId, ...columns }, update: { ...columns, createdAt: new Date() } });
      await tx.$executeRaw`
        UPDATE "Segment" s SET "text" = given."text", "agreement" = given."agreement"
        FROM jsonb_to_recordset(${JSON.stringify(segments)}::jsonb) AS given ("index" int, "text" text, "agreement" float8)
        WHERE s."analysisId" = ${analysisId} AND s."index" = given."index" AND (s."text", s."agreement") IS DISTINCT FROM (given."text", given."agreement")`;
      const kept = (analysis.warnings ?? []).filter(({ code }) => !code.startsWith(warningPrefix));
      await tx.analysis.update({ where: { id: analysisId }, data: { warnings: [...kept, ...warnings].map(({ code, message }) => ({ code, message })) } });
      return toTranscript(row);
    },
  };
}
