import type { PredictionResult, SegmentResult } from '../domain/analysis.js';
import { newId } from '../domain/ids.js';
import type { CompletedAnalysis } from '../domain/records.js';
import type { Database, Transaction } from './database.js';
import { Prisma } from './generated/client.js';
import { encodeVectorArray } from './vector-format.js';

/** Vectors in one statement: bounds the memory of a long recording's result to a few MB at a time. */
const VECTORS_PER_STATEMENT = 500;

/**
 * Writes a whole result, or nothing. The row lock makes a second delivery of the same job wait and then find the
 * analysis ended; a cancellation that came first wins. Rows go in as one JSON document a table: 2,000 segments are
 * four statements instead of 2,000, and stay under PostgreSQL's limit of parameters.
 */
export async function completeAnalysis(db: Database, completed: CompletedAnalysis): Promise<boolean> {
  const { analysisId } = completed;
  return db.transaction(async (tx) => {
    // The recording first (the join cannot begin before its row is locked), as in its deletion: two transactions that lock the same rows in another order wait for each other.
    const [analysis] = await tx.$queryRaw<{ workspaceId: string; recordingId: string; status: string }[]>`
      WITH "locked" AS MATERIALIZED (SELECT "id" FROM "Recording" WHERE "id" = (SELECT "recordingId" FROM "Analysis" WHERE "id" = ${analysisId}) FOR UPDATE)
      SELECT a."workspaceId", a."recordingId", a."status"::text AS status FROM "locked" JOIN "Analysis" a ON a."recordingId" = "locked"."id" WHERE a."id" = ${analysisId} FOR UPDATE OF a`;
    if (analysis?.status !== 'RUNNING') return false;
    await writeResults(db, tx, analysis, completed);
    await completed.trackWritten;
    return true;
  });
}

/** Segments, speakers, embeddings and what was heard, under a recording that the transaction has locked. */
export async function writeResults(db: Database, tx: Transaction, analysis: { readonly workspaceId: string; readonly recordingId: string }, { analysisId, outcome, trackKey, peaks }: CompletedAnalysis): Promise<void> {
  const { model, segments, speakers } = outcome;
  const speakerIds = new Map(speakers.map(({ key }) => [key, newId('speaker')]));
  if (speakers.length > 0) {
    await tx.speaker.createMany({
      data: speakers.map(({ key, role, channel, talkSeconds, summary }) => ({ id: speakerIds.get(key)!, analysisId, key, role, channel, talkSeconds, summary: toJson(summary) })),
    });
  }
  const segmentIds = segments.map(() => newId('segment'));
  await insertSegments(tx, toSegmentRows(analysisId, segments, segmentIds, speakerIds, model.labels));
  const owner = { workspaceId: analysis.workspaceId, analysisId, modelId: model.id, modelDigest: model.digest };
  await insertEmbeddings(tx, await vectorType(db, tx), owner, [
    { segmentId: null, values: outcome.embedding },
    ...segments.map(({ embedding }, index) => ({ segmentId: segmentIds[index]!, values: embedding })),
  ]);
  // A raw analysis did not look for speech: what an earlier one found stays.
  const heard = outcome.options.raw ? {} : { quality: toJson(outcome.quality), speechRegions: toJson(outcome.speechRegions) };
  await tx.recording.updateMany({
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

function toSegmentRows(analysisId: string, segments: readonly SegmentResult[], ids: readonly string[], speakerIds: ReadonlyMap<string, string>, labels: readonly string[]): readonly object[] {
  let frameOffset = 0;
  return segments.map((segment, position) => {
    const { index, startSeconds, endSeconds, speechSeconds, gate, speaker, prediction, frameCount, text } = segment;
    const row = {
      id: ids[position], analysisId, index, startSeconds, endSeconds, speechSeconds, gate, text: text ?? null, frameOffset, frameCount,
      speakerId: speaker === null ? null : (speakerIds.get(speaker) ?? null),
      ...predictionColumns(prediction, labels),
    };
    frameOffset += frameCount;
    return row;
  });
}

function predictionColumns(prediction: PredictionResult | null, labels: readonly string[]): object {
  if (prediction === null) return { label: null, confidence: null, calibrated: false, abstained: false, predictionSet: [], scores: [], logits: [] };
  const { label, confidence, calibrated, abstained, predictionSet, scores, logits } = prediction;
  return { label, confidence, calibrated, abstained, predictionSet, scores: labels.map((name) => scores[name] ?? 0), logits };
}

async function insertSegments(tx: Transaction, rows: readonly object[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO "Segment" ("id", "analysisId", "index", "startSeconds", "endSeconds", "speechSeconds", "gate", "speakerId", "text", "label", "confidence", "calibrated", "abstained", "predictionSet", "scores", "logits", "frameOffset", "frameCount")
    SELECT "id", "analysisId", "index", "startSeconds", "endSeconds", "speechSeconds", "gate", "speakerId", "text", "label", "confidence", "calibrated", "abstained", "predictionSet", "scores", "logits", "frameOffset", "frameCount"
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (
      "id" text, "analysisId" text, "index" int, "startSeconds" float8, "endSeconds" float8, "speechSeconds" float8, "gate" text, "speakerId" text, "text" text,
      "label" text, "confidence" float8, "calibrated" boolean, "abstained" boolean, "predictionSet" text[], "scores" float8[], "logits" float8[], "frameOffset" int, "frameCount" int)`;
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
