import type { PluginResult } from '../domain/analysis.js';
import { newId } from '../domain/ids.js';
import type { CompletedAnalysis } from '../domain/records.js';
import { speechColumns } from './conversation-format.js';
import type { Database, Transaction } from './database.js';
import { embeddingInserts, type EmbeddingOwner } from './embedding-rows.js';
import { Prisma } from './generated/client.js';
import { takeBackPartialResults } from './partial-results.js';
import { segmentInsert, toSegmentRows } from './segment-rows.js';
import { transcriptColumns } from './transcript-rows.js';

const NOTHING_SHOWN: ReadonlyMap<number, string> = new Map();

/** Where a result goes. */
export interface ResultsPlace {
  readonly workspaceId: string;
  readonly recordingId: string;
  /** Under a legal hold nothing is overwritten: what an earlier analysis measured stays beside the new results. */
  readonly isKept: boolean;
}

/**
 * Writes a whole result, or nothing. The row lock makes a second delivery of the same job wait and then find the
 * analysis ended; a cancellation that came first wins. Rows go in as one JSON document a table: 2,000 segments are
 * four statements instead of 2,000, and stay under PostgreSQL's limit of parameters.
 */
export async function completeAnalysis(db: Database, completed: CompletedAnalysis, also: (tx: Transaction) => Promise<void> = () => Promise.resolve()): Promise<boolean> {
  const { analysisId } = completed;
  return db.transaction(async (tx) => {
    // The recording first (the join cannot begin before its row is locked), as in its deletion: two transactions that lock the same rows in another order wait for each other.
    const [analysis] = await tx.$queryRaw<(ResultsPlace & { readonly status: string; readonly isShown: boolean })[]>`
      WITH "locked" AS MATERIALIZED (SELECT "id", "workspaceId", "peaks" IS NOT NULL AS "isMeasured" FROM "Recording" WHERE "id" = (SELECT "recordingId" FROM "Analysis" WHERE "id" = ${analysisId}) FOR UPDATE)
      SELECT a."workspaceId", a."recordingId", a."status"::text AS status, a."modelVersion" IS NOT NULL AS "isShown",
        "isMeasured" AND EXISTS (SELECT 1 FROM "undertone_holds"("locked"."workspaceId", "locked"."id")) AS "isKept" FROM "locked" JOIN "Analysis" a ON a."recordingId" = "locked"."id" WHERE a."id" = ${analysisId} FOR UPDATE OF a`;
    if (analysis?.status !== 'RUNNING') return false;
    // Parts that were shown on the way have named the model; a short analysis has none and pays for no look.
    const shown = analysis.isShown ? await takeBackPartialResults(tx, analysisId) : NOTHING_SHOWN;
    await writeResults(db, tx, analysis, completed, shown);
    await also(tx);
    await completed.trackWritten;
    return true;
  });
}

/** Segments (under the ids of `shown`, by index), speakers, embeddings and what was heard, under a recording that the transaction has locked. */
export async function writeResults(db: Database, tx: Transaction, analysis: ResultsPlace, { analysisId, outcome, trackKey, peaks }: CompletedAnalysis, shown: ReadonlyMap<number, string> = NOTHING_SHOWN): Promise<void> {
  const { model, segments, speakers } = outcome;
  const speakerIds = new Map(speakers.map(({ key }) => [key, newId('speaker')]));
  if (speakers.length > 0) {
    await tx.speaker.createMany({
      data: speakers.map(({ key, role, roleSource, channel, talkSeconds, summary }) => ({ id: speakerIds.get(key)!, workspaceId: analysis.workspaceId, analysisId, key, role, roleSource, channel, talkSeconds, summary: toJson(summary) })),
    });
  }
  if (outcome.conversation !== null) {
    await tx.conversation.create({ data: { analysisId, workspaceId: analysis.workspaceId, durationSeconds: outcome.durationSeconds, speech: speechColumns(outcome.conversation.stretches) } });
  }
  const segmentIds = segments.map(({ index }) => shown.get(index) ?? newId('segment'));
  const owner = { workspaceId: analysis.workspaceId, analysisId, modelId: model.id, modelDigest: model.digest };
  const [firstVectors, ...furtherVectors] = await embeddingInserts(db, tx, owner, [
    { segmentId: null, values: outcome.embedding },
    ...segments.map(({ embedding }, index) => ({ segmentId: segmentIds[index]!, values: embedding })),
  ]);
  await inOneStatement(tx, [
    ...(segments.length === 0 ? [] : [segmentInsert(toSegmentRows(owner, segments, segmentIds, speakerIds, model.labels))]),
    ...(firstVectors === undefined ? [] : [firstVectors()]),
    recordingUpdate(analysis, outcome, peaks),
    analysisUpdate(analysisId, outcome, trackKey),
  ]);
  for (const vectors of furtherVectors) await tx.$executeRaw(vectors());
  await insertPluginResults(tx, owner, outcome.pluginResults ?? []);
  if (outcome.transcript != null) await tx.transcript.create({ data: { analysisId, workspaceId: analysis.workspaceId, ...transcriptColumns(outcome.transcript) } });
}

/** Whoever waits for a short clip waits for each round trip. References among the parts are checked when all are done. */
async function inOneStatement(tx: Transaction, statements: readonly Prisma.Sql[]): Promise<void> {
  const parts = statements.slice(0, -1).map((statement, i) => Prisma.sql`${Prisma.raw(`"part${i}"`)} AS (${statement})`);
  await tx.$executeRaw`WITH ${Prisma.join(parts)} ${statements.at(-1)!}`;
}

function recordingUpdate({ recordingId, isKept }: ResultsPlace, { options: { raw }, durationSeconds, quality, speechRegions }: CompletedAnalysis['outcome'], peaks: CompletedAnalysis['peaks']): Prisma.Sql {
  // A raw analysis did not look for speech: what an earlier one found stays.
  return Prisma.sql`
    UPDATE "Recording" SET
      "durationSeconds" = CASE WHEN ${isKept} THEN "durationSeconds" ELSE ${durationSeconds} END,
      "peaks" = CASE WHEN ${isKept} THEN "peaks" ELSE ${new Uint8Array(Uint8Array.from(peaks))} END,
      "quality" = CASE WHEN ${raw} THEN coalesce("quality", ${json(quality)}) WHEN ${isKept} THEN "quality" ELSE ${json(quality)} END,
      "speechRegions" = CASE WHEN ${raw || isKept} THEN "speechRegions" ELSE ${json(speechRegions)} END
    WHERE "id" = ${recordingId} AND (${raw} OR NOT ${isKept})`;
}

function analysisUpdate(analysisId: string, { model, gate, warnings, calibration, summary }: CompletedAnalysis['outcome'], trackKey: string | null): Prisma.Sql {
  return Prisma.sql`
    UPDATE "Analysis" SET "status" = 'SUCCEEDED', "progress" = 1, "finishedAt" = ${new Date()}, "trackKey" = ${trackKey},
      "modelVersion" = ${model.version}, "modelDigest" = ${model.digest}, "modelLabels" = ${[...model.labels]}::text[],
      "gate" = ${json(gate)}, "warnings" = ${json(warnings)}, "calibration" = ${json(calibration ?? null)},
      "summary" = ${summary === null ? null : JSON.stringify(summary)}::json, "summaryLabel" = ${summary?.label ?? null}
    WHERE "id" = ${analysisId}`;
}

/** `null` is the database's null, not JSON's. */
const json = (value: object | null): Prisma.Sql => Prisma.sql`${value === null ? null : JSON.stringify(value)}::jsonb`;

/** Plain data only; `null` is the database's null, not JSON's. */
function toJson(value: object | null): Prisma.InputJsonValue | typeof Prisma.DbNull {
  return value === null ? Prisma.DbNull : value;
}

async function insertPluginResults(tx: Transaction, { workspaceId, analysisId }: EmbeddingOwner, results: readonly PluginResult[]): Promise<void> {
  if (results.length === 0) return;
  await tx.pluginResult.createMany({ data: results.map(({ plugin, key, value }) => ({ workspaceId, analysisId, plugin, key, value: value === null ? Prisma.JsonNull : (value as Prisma.InputJsonValue) })) });
}
