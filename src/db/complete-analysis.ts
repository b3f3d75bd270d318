import type { PluginResult } from '../domain/analysis.js';
import { newId } from '../domain/ids.js';
import type { CompletedAnalysis } from '../domain/records.js';
import { speechColumns } from './conversation-format.js';
import type { Database, Transaction } from './database.js';
import { Prisma } from './generated/client.js';
import { takeBackPartialResults } from './partial-results.js';
import { insertSegments, toSegmentRows } from './segment-rows.js';
import { encodeVectorArray } from './vector-format.js';

/** Vectors in one statement: bounds the memory of a long recording's result to a few MB at a time. */
const VECTORS_PER_STATEMENT = 500;
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
      data: speakers.map(({ key, role, roleSource, channel, talkSeconds, summary }) => ({ id: speakerIds.get(key)!, analysisId, key, role, roleSource, channel, talkSeconds, summary: toJson(summary) })),
    });
  }
  if (outcome.conversation !== null) {
    await tx.conversation.create({ data: { analysisId, workspaceId: analysis.workspaceId, durationSeconds: outcome.durationSeconds, speech: speechColumns(outcome.conversation.stretches) } });
  }
  const segmentIds = segments.map(({ index }) => shown.get(index) ?? newId('segment'));
  await insertSegments(tx, toSegmentRows(analysisId, segments, segmentIds, speakerIds, model.labels));
  const owner = { workspaceId: analysis.workspaceId, analysisId, modelId: model.id, modelDigest: model.digest };
  await insertEmbeddings(tx, await vectorType(db, tx), owner, [
    { segmentId: null, values: outcome.embedding },
    ...segments.map(({ embedding }, index) => ({ segmentId: segmentIds[index]!, values: embedding })),
  ]);
  await insertPluginResults(tx, owner, outcome.pluginResults ?? []);
  // A raw analysis did not look for speech: what an earlier one found stays.
  const heard = outcome.options.raw ? {} : { quality: toJson(outcome.quality), speechRegions: toJson(outcome.speechRegions) };
  if (!analysis.isKept) await tx.recording.updateMany({
    where: { id: analysis.recordingId },
    data: { durationSeconds: outcome.durationSeconds, peaks: new Uint8Array(Uint8Array.from(peaks)), ...heard },
  });
  if (outcome.options.raw) await tx.recording.updateMany({ where: { id: analysis.recordingId, quality: { equals: Prisma.DbNull } }, data: { quality: toJson(outcome.quality) } });
  await tx.analysis.updateMany({
    where: { id: analysisId },
    data: {
      status: 'SUCCEEDED', progress: 1, finishedAt: new Date(), trackKey,
      modelVersion: model.version, modelDigest: model.digest, modelLabels: [...model.labels],
      gate: toJson(outcome.gate), warnings: toJson(outcome.warnings), calibration: toJson(outcome.calibration ?? null), summary: toJson(outcome.summary), summaryLabel: outcome.summary?.label ?? null,
    },
  });
}

/** Plain data only; `null` is the database's null, not JSON's. */
function toJson(value: object | null): Prisma.InputJsonValue | typeof Prisma.DbNull {
  return value === null ? Prisma.DbNull : value;
}

async function insertPluginResults(tx: Transaction, { workspaceId, analysisId }: EmbeddingOwner, results: readonly PluginResult[]): Promise<void> {
  if (results.length === 0) return;
  await tx.pluginResult.createMany({ data: results.map(({ plugin, key, value }) => ({ workspaceId, analysisId, plugin, key, value: value === null ? Prisma.JsonNull : (value as Prisma.InputJsonValue) })) });
}

interface EmbeddingOwner {
  readonly workspaceId: string;
  readonly analysisId: string;
  readonly modelId: string;
  readonly modelDigest: string;
}

const vectorTypes = new WeakMap<Database, number>();

/** pgvector's own number for its type, which differs from database to database. */
async function vectorType(db: Database, tx: Transaction): Promise<number> {
  const known = vectorTypes.get(db);
  if (known !== undefined) return known;
  const [type] = await tx.$queryRaw<{ oid: number | bigint }[]>`SELECT 'vector'::regtype::oid::int8 AS oid`;
  vectorTypes.set(db, Number(type!.oid));
  return Number(type!.oid);
}

/** `segmentId` null: of the whole recording. What was not judged has no vector and no row. */
async function insertEmbeddings(tx: Transaction, type: number, owner: EmbeddingOwner, all: readonly { readonly segmentId: string | null; readonly values: Float32Array | null }[]): Promise<void> {
  const embeddings = all.flatMap(({ segmentId, values }) => (values === null || values.length === 0 ? [] : [{ segmentId, values }]));
  if (embeddings.length === 0) return;
  for (let start = 0; start < embeddings.length; start += VECTORS_PER_STATEMENT) {
    const batch = embeddings.slice(start, start + VECTORS_PER_STATEMENT);
    const vectors = encodeVectorArray(batch.map(({ values }) => values), type);
    await tx.$executeRaw`
      INSERT INTO "Embedding" ("id", "workspaceId", "analysisId", "segmentId", "modelId", "modelDigest", "kind", "dimension", "vector")
      SELECT row."id", ${owner.workspaceId}, ${owner.analysisId}, row."segmentId", ${owner.modelId}, ${owner.modelDigest},
        (CASE WHEN row."segmentId" IS NULL THEN 'UTTERANCE' ELSE 'SEGMENT' END)::"EmbeddingKind", vector_dims(row."vector"), row."vector"
      FROM unnest(${batch.map(() => newId('embedding'))}::text[], ${batch.map(({ segmentId }) => segmentId)}::text[], ${vectors}::vector[]) AS row ("id", "segmentId", "vector")`;
  }
}
