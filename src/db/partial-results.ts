import { newId } from '../domain/ids.js';
import type { PartialResult } from '../domain/records.js';
import type { Database, Transaction } from './database.js';
import { insertSegments, toSegmentRows } from './segment-rows.js';

/**
 * Adds windows that are finished to a running analysis, where anybody may read them. The row lock and the attempt keep a
 * delivery that was given up from writing beside its successor. False when the analysis no longer runs, or runs again.
 */
export async function addPartialResult(db: Database, { analysisId, attempt, model, segments, trackBytes }: PartialResult): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [analysis] = await tx.$queryRaw<{ workspaceId: string; status: string; attempt: number }[]>`
      SELECT "workspaceId", "status"::text AS status, "attempt" FROM "Analysis" WHERE "id" = ${analysisId} FOR UPDATE`;
    if (analysis?.status !== 'RUNNING' || analysis.attempt !== attempt) return false;
    // Speakers are known as such only at the end: until then a segment has none.
    await insertSegments(tx, toSegmentRows({ workspaceId: analysis.workspaceId, analysisId }, segments, segments.map(() => newId('segment')), new Map(), model.labels));
    await tx.partialTrack.create({ data: { id: newId('partialTrack'), workspaceId: analysis.workspaceId, analysisId, bytes: new Uint8Array(trackBytes) } });
    await tx.analysis.update({ where: { id: analysisId }, data: { modelVersion: model.version, modelDigest: model.digest, modelLabels: [...model.labels] } });
    return true;
  });
}

/** In the transaction that ends or restarts an analysis: what was shown on the way is taken back. */
export async function removePartialResults(tx: Transaction, analysisId: string): Promise<void> {
  await tx.segment.deleteMany({ where: { analysisId } });
  await tx.partialTrack.deleteMany({ where: { analysisId } });
}

/** Removes them and gives the ids of their segments by index: a reader's segment keeps its id when the final result takes its place. */
export async function takeBackPartialResults(tx: Transaction, analysisId: string): Promise<ReadonlyMap<number, string>> {
  const rows = await tx.segment.findMany({ where: { analysisId }, select: { id: true, index: true } });
  await removePartialResults(tx, analysisId);
  return new Map(rows.map(({ id, index }) => [index, id]));
}

/** Encoded tracks in the order in which they were written. */
export async function partialTracks({ client }: Database, workspaceId: string, analysisId: string): Promise<readonly Buffer[]> {
  const rows = await client.partialTrack.findMany({ where: { workspaceId, analysisId }, orderBy: { id: 'asc' } });
  return rows.map(({ bytes }) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}
