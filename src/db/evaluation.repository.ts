import { UndertoneError } from '../domain/errors.js';
import type { ItemResult } from '../domain/evaluated-item.js';
import type { EvaluationAlarm, EvaluationItemRecord, EvaluationRunRecord, EvaluationSetRecord } from '../domain/evaluation-records.js';
import type { EvaluationReport } from '../domain/evaluation-report.js';
import type { Page, PageRequest } from '../domain/records.js';
import type { Database, Transaction } from './database.js';
import type { Also } from './repositories.js';
import { isUniqueViolation } from './database-errors.js';
import { Prisma, type EvaluationItem, type EvaluationRun, type EvaluationSet } from './generated/client.js';
import { decodeCursor, encodeCursor, toPage } from './keyset-cursor.js';

export interface EvaluationRepository {
  /** The set that is there already where name and version are the same. `also` in the transaction in which rows are written, where any are. */
  insertSet(row: Omit<EvaluationSetRecord, 'createdAt'>, items: readonly EvaluationItemRecord[], also?: (tx: Transaction, set: EvaluationSetRecord) => Promise<void>): Promise<EvaluationSetRecord>;
  listSets(workspaceId: string): Promise<readonly EvaluationSetRecord[]>;
  findSet(workspaceId: string, id: string): Promise<EvaluationSetRecord | null>;
  findSets(workspaceId: string, ids: readonly string[]): Promise<readonly EvaluationSetRecord[]>;
  /** `also` in the same transaction, with what is deleted. */
  deleteSet(workspaceId: string, id: string, also?: (tx: Transaction, before: EvaluationSetRecord) => Promise<void>): Promise<boolean>;
  /** `also` in the same transaction, where it was not so before. */
  setScheduled(workspaceId: string, id: string, isScheduled: boolean, also?: Also): Promise<boolean>;
  /** Of all workspaces. */
  listScheduled(): Promise<readonly EvaluationSetRecord[]>;
  /** Those whose recordings are still there, in order. */
  items(workspaceId: string, setId: string): Promise<readonly EvaluationItemRecord[]>;
  /** CONFLICT when another request with the same idempotency key was first; the transaction is lost then. */
  insertRun(tx: Transaction, row: Pick<EvaluationRunRecord, 'id' | 'workspaceId' | 'setId' | 'modelId' | 'raw' | 'split' | 'idempotencyKey' | 'requestDigest'>): Promise<EvaluationRunRecord>;
  findRun(workspaceId: string, id: string): Promise<EvaluationRunRecord | null>;
  /** For the worker, which serves all workspaces. */
  findRunForWork(id: string): Promise<EvaluationRunRecord | null>;
  findRunByKey(workspaceId: string, idempotencyKey: string): Promise<EvaluationRunRecord | null>;
  /** The newest first, without their reports, which are large. */
  listRuns(workspaceId: string, setId: string | null, page: PageRequest): Promise<Page<EvaluationRunRecord>>;
  lastAccepted(workspaceId: string, setId: string, modelId: string): Promise<EvaluationRunRecord | null>;
  /** QUEUED or RUNNING → RUNNING with this model; answers of other weights are thrown away. False when it has ended. */
  beginRun(id: string, model: { readonly version: string; readonly digest: string; readonly labels: readonly string[] }): Promise<boolean>;
  /** False when it no longer runs. */
  setRunProgress(id: string, progress: number): Promise<boolean>;
  /** One item's answer; a second one for the same item changes nothing. */
  saveAnswer(run: Pick<EvaluationRunRecord, 'id' | 'workspaceId'>, item: Pick<EvaluationItemRecord, 'index' | 'recordingId'>, result: ItemResult): Promise<void>;
  answers(runId: string): Promise<ReadonlyMap<number, ItemResult>>;
  completeRun(id: string, report: EvaluationReport, alarm: EvaluationAlarm | null): Promise<boolean>;
  failRun(id: string, problem: { readonly code: string; readonly message: string }): Promise<boolean>;
  /** Null when there is none, false when it has ended. */
  cancelRun(workspaceId: string, id: string, also?: Also): Promise<boolean | null>;
  reopenRun(tx: Transaction, workspaceId: string, id: string): Promise<boolean>;
  /** False when there is none that has succeeded. */
  acceptRun(workspaceId: string, id: string, also?: Also): Promise<boolean>;
}

const UNFINISHED: { in: ('QUEUED' | 'RUNNING')[] } = { in: ['QUEUED', 'RUNNING'] };
const LIST = 'evaluation-runs';

export function createEvaluationRepository(db: Database): EvaluationRepository {
  const { client } = db;
  return {
    insertSet: async ({ labelMapping, warnings, ...row }, items, also) => {
      const { workspaceId, name, version } = row;
      const rowsOf = (setId: string): Prisma.EvaluationItemCreateManyInput[] => items.map(({ votes, ...item }) => ({ ...item, votes: votes ?? Prisma.DbNull, setId, workspaceId }));
      try {
        return await db.transaction(async (tx) => {
          const set = await tx.evaluationSet.create({ data: { ...row, labelMapping, warnings: [...warnings] } });
          await tx.evaluationItem.createMany({ data: rowsOf(row.id) });
          await also?.(tx, toSet(set));
          return toSet(set);
        });
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        return db.transaction(async (tx) => {
          const set = toSet(await tx.evaluationSet.findFirstOrThrow({ where: { workspaceId, name, version } }));
          // Items went with recordings that were deleted; the same content, uploaded anew, takes their places.
          const { count } = await tx.evaluationItem.createMany({ data: rowsOf(set.id), skipDuplicates: true });
          if (count > 0) await also?.(tx, set);
          return set;
        });
      }
    },
    listSets: async (workspaceId) => (await client.evaluationSet.findMany({ where: { workspaceId }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] })).map(toSet),
    findSet: async (workspaceId, id) => {
      const row = await client.evaluationSet.findFirst({ where: { workspaceId, id } });
      return row === null ? null : toSet(row);
    },
    findSets: async (workspaceId, ids) => (await client.evaluationSet.findMany({ where: { workspaceId, id: { in: [...ids] } } })).map(toSet),
    deleteSet: (workspaceId, id, also) => db.transaction(async (tx) => {
      const before = await tx.evaluationSet.findFirst({ where: { workspaceId, id } });
      if (before === null || (await tx.evaluationSet.deleteMany({ where: { workspaceId, id } })).count === 0) return false;
      await also?.(tx, toSet(before));
      return true;
    }),
    setScheduled: (workspaceId, id, isScheduled, also) => db.transaction(async (tx) => {
      const { count } = await tx.evaluationSet.updateMany({ where: { workspaceId, id, isScheduled: !isScheduled }, data: { isScheduled } });
      if (count === 1) await also?.(tx);
      return count === 1 || (await tx.evaluationSet.count({ where: { workspaceId, id } })) === 1;
    }),
    listScheduled: async () => (await client.evaluationSet.findMany({ where: { isScheduled: true }, orderBy: { id: 'asc' } })).map(toSet),
    items: async (workspaceId, setId) => (await client.evaluationItem.findMany({ where: { workspaceId, setId }, orderBy: { index: 'asc' } })).map(toItem),

    insertRun: async (tx, row) => {
      try {
        return toRun(await tx.evaluationRun.create({ data: row }));
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        throw new UndertoneError('CONFLICT', 'Another request with this idempotency key came first. Repeat the request to get its result.', {}, { cause: error });
      }
    },
    findRun: async (workspaceId, id) => orNull(await client.evaluationRun.findFirst({ where: { workspaceId, id } })),
    findRunForWork: async (id) => orNull(await client.evaluationRun.findFirst({ where: { id } })),
    findRunByKey: async (workspaceId, idempotencyKey) => orNull(await client.evaluationRun.findFirst({ where: { workspaceId, idempotencyKey } })),
    listRuns: (workspaceId, setId, page) => listRuns(db, workspaceId, setId, page),
    lastAccepted: async (workspaceId, setId, modelId) => orNull(await client.evaluationRun.findFirst({ where: { workspaceId, setId, modelId, acceptedAt: { not: null } }, orderBy: { acceptedAt: 'desc' } })),
    beginRun: (id, { version, digest, labels }) => db.transaction(async (tx) => {
      const [run] = await tx.$queryRaw<{ modelDigest: string | null; status: string }[]>`SELECT "modelDigest", "status"::text AS "status" FROM "EvaluationRun" WHERE "id" = ${id} FOR UPDATE`;
      if (run === undefined || !UNFINISHED.in.includes(run.status as 'QUEUED')) return false;
      if (run.modelDigest !== null && run.modelDigest !== digest) await tx.evaluationAnswer.deleteMany({ where: { runId: id } });
      await tx.evaluationRun.updateMany({ where: { id }, data: { status: 'RUNNING', modelVersion: version, modelDigest: digest, modelLabels: [...labels], startedAt: new Date() } });
      return true;
    }),
    setRunProgress: async (id, progress) => (await client.evaluationRun.updateMany({ where: { id, status: 'RUNNING' }, data: { progress } })).count === 1,
    saveAnswer: async ({ id: runId, workspaceId }, { index, recordingId }, result) => {
      // Nothing is written when the recording was deleted, or the run, while it was judged.
      await client.$executeRaw`
        INSERT INTO "EvaluationAnswer" ("runId", "index", "workspaceId", "recordingId", "result")
        SELECT ${runId}, ${index}, ${workspaceId}, r."id", ${JSON.stringify(result)}::json FROM "Recording" r, "EvaluationRun" e WHERE r."id" = ${recordingId} AND e."id" = ${runId} AND e."status" = 'RUNNING'
        ON CONFLICT ("runId", "index") DO NOTHING`;
    },
    answers: async (runId) => new Map((await client.evaluationAnswer.findMany({ where: { runId }, select: { index: true, result: true } })).map(({ index, result }) => [index, result as unknown as ItemResult])),
    completeRun: async (id, report, alarm) => {
      const { count } = await client.evaluationRun.updateMany({
        where: { id, status: 'RUNNING' },
        data: { status: 'SUCCEEDED', progress: 1, finishedAt: new Date(), report: report as unknown as Prisma.InputJsonObject, alarm: (alarm as unknown as Prisma.InputJsonObject | null) ?? Prisma.DbNull },
      });
      return count === 1;
    },
    failRun: async (id, { code, message }) => (await client.evaluationRun.updateMany({ where: { id, status: UNFINISHED }, data: { status: 'FAILED', problemCode: code, problemMessage: message, finishedAt: new Date() } })).count === 1,
    cancelRun: (workspaceId, id, also) => db.transaction(async (tx) => {
      const { count } = await tx.evaluationRun.updateMany({ where: { id, workspaceId, status: UNFINISHED }, data: { status: 'CANCELLED', finishedAt: new Date() } });
      if (count === 1) await also?.(tx);
      if (count === 1) return true;
      return (await tx.evaluationRun.count({ where: { id, workspaceId } })) === 0 ? null : false;
    }),
    reopenRun: async (tx, workspaceId, id) => {
      const { count } = await tx.evaluationRun.updateMany({ where: { id, workspaceId, status: { in: ['QUEUED', 'RUNNING', 'FAILED'] } }, data: { status: 'QUEUED', problemCode: null, problemMessage: null, finishedAt: null } });
      return count === 1;
    },
    acceptRun: (workspaceId, id, also) => db.transaction(async (tx) => {
      const { count } = await tx.evaluationRun.updateMany({ where: { workspaceId, id, status: 'SUCCEEDED' }, data: { acceptedAt: new Date() } });
      if (count === 1) await also?.(tx);
      return count === 1;
    }),
  };
}

async function listRuns({ client }: Database, workspaceId: string, setId: string | null, page: PageRequest): Promise<Page<EvaluationRunRecord>> {
  const where: Prisma.EvaluationRunWhereInput = { workspaceId, ...(setId === null ? {} : { setId }) };
  const position: Prisma.EvaluationRunWhereInput[] = [];
  if (page.after !== null) {
    const [time, id] = decodeCursor(LIST, page.after, ['time', 'string']) as [number, string];
    const createdAt = new Date(time);
    position.push({ createdAt: { lte: createdAt } }, { OR: [{ createdAt: { lt: createdAt } }, { id: { lt: id } }] });
  }
  const [rows, totalCount] = await Promise.all([
    client.evaluationRun.findMany({ where: { ...where, AND: position }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: page.first + 1, omit: { report: true } }),
    client.evaluationRun.count({ where }),
  ]);
  return toPage(rows, page.first, totalCount, (row) => toRun({ ...row, report: null }), (row) => encodeCursor(LIST, [row.createdAt.getTime(), row.id]));
}

/** JSON columns are written by this file only, from exactly the types they are read as. */
function toSet(row: EvaluationSet): EvaluationSetRecord {
  return { ...row, labelMapping: row.labelMapping as Record<string, string> };
}

function toItem({ setId: _setId, workspaceId: _workspaceId, votes, ...row }: EvaluationItem): EvaluationItemRecord {
  return { ...row, votes: votes as Record<string, number> | null };
}

function toRun({ problemCode, problemMessage, ...row }: EvaluationRun): EvaluationRunRecord {
  return {
    ...row, problem: problemCode === null ? null : { code: problemCode, message: problemMessage ?? '' },
    report: row.report as unknown as EvaluationReport | null, alarm: row.alarm as unknown as EvaluationAlarm | null,
  };
}

function orNull(row: EvaluationRun | null): EvaluationRunRecord | null {
  return row === null ? null : toRun(row);
}
