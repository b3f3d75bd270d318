import { UndertoneError } from '../domain/errors.js';
import type { AnalysisFilter, AnalysisRecord, Page, PageRequest } from '../domain/records.js';
import { toAnalysis, toSpeaker } from './analysis-rows.js';
import { completeAnalysis } from './complete-analysis.js';
import type { Database, Transaction } from './database.js';
import { isUniqueViolation } from './database-errors.js';
import type { Prisma } from './generated/client.js';
import { importAnalysis } from './import-analysis.js';
import { decodeCursor, encodeCursor, toPage } from './keyset-cursor.js';
import { toRecording } from './recording-rows.js';
import type { AnalysisRepository } from './repositories.js';
import { addPartialResult, partialTracks, removePartialResults } from './partial-results.js';
import { findSegment, findSegments, listSegments } from './segment-queries.js';

const UNFINISHED: { in: ('QUEUED' | 'RUNNING')[] } = { in: ['QUEUED', 'RUNNING'] };

export function createAnalysisRepository(db: Database): AnalysisRepository {
  const { client } = db;
  return {
    /** Throws CONFLICT when another request with the same idempotency key was first; the transaction is lost then. */
    insert: async (tx, row) => {
      try {
        const { roleRule, ...plain } = row;
        return toAnalysis(await tx.analysis.create({ data: roleRule == null ? plain : { ...plain, roleRule: { rule: roleRule.rule, names: [...roleRule.names] } } }));
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        throw new UndertoneError('CONFLICT', 'Another request with this idempotency key came first. Repeat the request to get its result.', {}, { cause: error });
      }
    },
    findById: async (workspaceId, id) => mapOrNull(await client.analysis.findFirst({ where: { id, workspaceId } }), toAnalysis),
    findByIds: async (workspaceId, ids) => (await client.analysis.findMany({ where: { workspaceId, id: { in: [...ids] } } })).map(toAnalysis),
    findLatest: async (workspaceId, recordingIds) => {
      const newest = await client.$queryRaw<{ id: string }[]>`
        SELECT DISTINCT ON ("recordingId") "id" FROM "Analysis"
        WHERE "workspaceId" = ${workspaceId} AND "recordingId" = ANY(${[...recordingIds]})
        ORDER BY "recordingId", "createdAt" DESC, "id" DESC`;
      return (await client.analysis.findMany({ where: { id: { in: newest.map((row) => row.id) } } })).map(toAnalysis);
    },
    findForWork: async (id) => {
      const row = await client.analysis.findFirst({ where: { id }, include: { recording: { omit: { peaks: true } } } });
      return row === null ? null : { analysis: toAnalysis(row), recording: toRecording(row.recording) };
    },
    findByIdempotencyKey: async (workspaceId, key) =>
      mapOrNull(await client.analysis.findFirst({ where: { workspaceId, idempotencyKey: key } }), toAnalysis),
    list: (workspaceId, page, filter) => list(db, workspaceId, page, filter),
    begin: async (id) => {
      const data = { status: 'RUNNING', attempt: { increment: 1 }, progress: 0, startedAt: new Date() } as const;
      if ((await client.analysis.updateMany({ where: { id, status: 'QUEUED' }, data })).count === 1) return true;
      return db.transaction(async (tx) => {
        const { count } = await tx.analysis.updateMany({ where: { id, status: 'RUNNING' }, data });
        // What the attempt before this one showed on its way, and died over.
        if (count === 1) await removePartialResults(tx, id);
        return count === 1;
      });
    },
    setProgress: async (id, progress) => {
      const { count } = await client.analysis.updateMany({ where: { id, status: 'RUNNING' }, data: { progress: Math.min(1, Math.max(0, progress)) } });
      return count === 1;
    },
    addPartial: (result) => addPartialResult(db, result),
    partialTracks: (workspaceId, analysisId) => partialTracks(db, workspaceId, analysisId),
    complete: (result, also) => completeAnalysis(db, result, also),
    importCompleted: (row, completed, at, also) => importAnalysis(db, row, completed, at, also),
    fail: (id, problem, also) => end(db, { id }, { status: 'FAILED', problemCode: problem.code, problemMessage: problem.message }, also),
    cancel: async (workspaceId, id, also) => {
      if (await end(db, { id, workspaceId }, { status: 'CANCELLED' }, also)) return true;
      return (await client.analysis.findFirst({ where: { id, workspaceId }, select: { id: true } })) === null ? null : false;
    },
    segments: (workspaceId, analysisId, page, filter) => listSegments(db, workspaceId, analysisId, page, filter),
    findSegment: (workspaceId, segmentId) => findSegment(db, workspaceId, segmentId),
    findSegments: (workspaceId, segmentIds) => findSegments(db, workspaceId, segmentIds),
    reopen: async (tx, workspaceId, id) => {
      const { count } = await tx.analysis.updateMany({
        where: { id, workspaceId, status: { in: ['QUEUED', 'RUNNING', 'FAILED'] } },
        data: { status: 'QUEUED', progress: 0, attempt: 0, problemCode: null, problemMessage: null, startedAt: null, finishedAt: null },
      });
      return count === 1;
    },
    listUnfinished: (before, afterId) =>
      client.analysis.findMany({
        where: { status: UNFINISHED, OR: [{ startedAt: { lt: before } }, { startedAt: null, createdAt: { lt: before } }], ...(afterId === null ? {} : { id: { gt: afterId } }) },
        orderBy: { id: 'asc' },
        take: 500,
        select: { id: true, workspaceId: true, recordingId: true, modelId: true, attempt: true, createdAt: true },
      }),
    speakers: async (workspaceId, analysisIds) => {
      const rows = await client.speaker.findMany({ where: { analysisId: { in: [...analysisIds] }, analysis: { workspaceId } }, orderBy: [{ analysisId: 'asc' }, { key: 'asc' }] });
      return rows.map(toSpeaker);
    },
  };
}

/** QUEUED or RUNNING → ended without a result: nothing that was shown on the way is left. */
async function end(db: Database, which: { readonly id: string; readonly workspaceId?: string }, data: Prisma.AnalysisUpdateManyMutationInput, also?: (tx: Transaction) => Promise<void>): Promise<boolean> {
  return db.transaction(async (tx) => {
    const { count } = await tx.analysis.updateMany({ where: { ...which, status: UNFINISHED }, data: { ...data, finishedAt: new Date() } });
    if (count === 1) {
      await removePartialResults(tx, which.id);
      await also?.(tx);
    }
    return count === 1;
  });
}

function mapOrNull<Row, T>(row: Row | null, map: (row: Row) => T): T | null {
  return row === null ? null : map(row);
}

async function list({ client }: Database, workspaceId: string, page: PageRequest, filter: AnalysisFilter): Promise<Page<AnalysisRecord>> {
  const listName = 'analyses';
  const where: Prisma.AnalysisWhereInput = { workspaceId };
  if (filter.recordingId !== undefined) where.recordingId = filter.recordingId;
  if (filter.status !== undefined) where.status = filter.status;
  if (filter.modelId !== undefined) where.modelId = filter.modelId;
  if (filter.label !== undefined) where.summaryLabel = filter.label;
  const position: Prisma.AnalysisWhereInput[] = [];
  if (page.after !== null) {
    const [time, id] = decodeCursor(listName, page.after, ['time', 'string']) as [number, string];
    const createdAt = new Date(time);
    // The first condition is implied by the second; it is what lets the index skip straight to the place.
    position.push({ createdAt: { lte: createdAt } }, { OR: [{ createdAt: { lt: createdAt } }, { id: { lt: id } }] });
  }
  const [rows, totalCount] = await Promise.all([
    client.analysis.findMany({ where: { ...where, AND: position }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: page.first + 1 }),
    client.analysis.count({ where }),
  ]);
  return toPage(rows, page.first, totalCount, toAnalysis, (row) => encodeCursor(listName, [row.createdAt.getTime(), row.id]));
}
