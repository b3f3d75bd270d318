import type { PredictionResult, SegmentResult } from '../domain/analysis.js';
import type { Transaction } from './database.js';
import { Prisma } from './generated/client.js';

/** One JSON document a table: rows as `insertSegments` takes them. */
export function toSegmentRows({ workspaceId, analysisId }: { readonly workspaceId: string; readonly analysisId: string }, segments: readonly SegmentResult[], ids: readonly string[], speakerIds: ReadonlyMap<string, string>, labels: readonly string[]): readonly object[] {
  let frameOffset = 0;
  return segments.map((segment, position) => {
    const { index, startSeconds, endSeconds, speechSeconds, gate, speaker, prediction, frameCount, text, agreement } = segment;
    const row = {
      id: ids[position], workspaceId, analysisId, index, startSeconds, endSeconds, speechSeconds, gate, text: text ?? null, agreement: agreement ?? null, frameOffset, frameCount,
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

export async function insertSegments(tx: Transaction, rows: readonly object[]): Promise<void> {
  if (rows.length > 0) await tx.$executeRaw(segmentInsert(rows));
}

export function segmentInsert(rows: readonly object[]): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO "Segment" ("id", "workspaceId", "analysisId", "index", "startSeconds", "endSeconds", "speechSeconds", "gate", "speakerId", "text", "label", "confidence", "calibrated", "abstained", "predictionSet", "scores", "logits", "frameOffset", "frameCount", "agreement")
    SELECT "id", "workspaceId", "analysisId", "index", "startSeconds", "endSeconds", "speechSeconds", "gate", "speakerId", "text", "label", "confidence", "calibrated", "abstained", "predictionSet", "scores", "logits", "frameOffset", "frameCount", "agreement"
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row (
      "id" text, "workspaceId" text, "analysisId" text, "index" int, "startSeconds" float8, "endSeconds" float8, "speechSeconds" float8, "gate" text, "speakerId" text, "text" text,
      "label" text, "confidence" float8, "calibrated" boolean, "abstained" boolean, "predictionSet" text[], "scores" float8[], "logits" float8[], "frameOffset" int, "frameCount" int, "agreement" float8)`;
}
