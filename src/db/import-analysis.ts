import type { AnalysisRecord, CompletedAnalysis } from '../domain/records.js';
import { writeResults } from './complete-analysis.js';
import type { Database } from './database.js';
import type { Also } from './repositories.js';

export type ImportedAnalysisRow = Pick<AnalysisRecord, 'id' | 'workspaceId' | 'recordingId' | 'modelId' | 'raw' | 'speakersMode'> & { readonly idempotencyKey: string };

/**
 * A result that was made elsewhere, with the time at which it was made: analysis, results and the recording's age in one
 * transaction. False when an analysis with this idempotency key is there already.
 */
export async function importAnalysis(db: Database, row: ImportedAnalysisRow, completed: Omit<CompletedAnalysis, 'analysisId'>, at: Date, also?: Also): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [recording] = await tx.$queryRaw<{ isKept: boolean }[]>`
      SELECT "peaks" IS NOT NULL AND EXISTS (SELECT 1 FROM "undertone_holds"("workspaceId", "id")) AS "isKept" FROM "Recording" WHERE "id" = ${row.recordingId} FOR UPDATE`;
    if ((await tx.analysis.count({ where: { workspaceId: row.workspaceId, idempotencyKey: row.idempotencyKey } })) > 0) return false;
    await tx.analysis.createMany({ data: [{ ...row, status: 'RUNNING', createdAt: at, startedAt: at }] });
    await writeResults(db, tx, { ...row, isKept: recording?.isKept === true }, { ...completed, analysisId: row.id });
    await tx.analysis.updateMany({ where: { id: row.id }, data: { finishedAt: at } });
    // What is old is old from when it was recorded: retention counts from here.
    await tx.recording.updateMany({ where: { id: row.recordingId, createdAt: { gt: at } }, data: { createdAt: at } });
    await also?.(tx);
    return true;
  });
}
