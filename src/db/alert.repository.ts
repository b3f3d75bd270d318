import type { AlertFilter, AlertRecord } from '../domain/rule-records.js';
import type { Database } from './database.js';
import { Prisma, type Alert } from './generated/client.js';
import { decodeCursor, encodeCursor, toPage } from './keyset-cursor.js';
import type { AlertRepository } from './repositories.js';

const LIST = 'alerts';

export function createAlertRepository(db: Database): AlertRepository {
  const { client } = db;
  return {
    insert: async (tx, row, hasPendingActions) => {
      // Locked first, as in a deletion: taken after the row's own key on the analysis, the two could wait for each other.
      const recordings = await tx.$queryRaw<unknown[]>`SELECT 1 FROM "Recording" r JOIN "Analysis" a ON a."recordingId" = r."id" WHERE a."id" = ${row.analysisId} AND r."workspaceId" = ${row.workspaceId} FOR UPDATE OF r`;
      if (recordings.length === 0) return false;
      const { count } = await tx.alert.createMany({ data: [{ ...row, segmentIds: [...row.segmentIds], trace: row.trace as unknown as Prisma.InputJsonArray, actions: row.actions as unknown as Prisma.InputJsonArray, hasPendingActions }], skipDuplicates: true });
      return count === 1;
    },
    setActions: async (tx, id, actions, hasPendingActions) => {
      await tx.alert.update({ where: { id }, data: { actions: actions as unknown as Prisma.InputJsonArray, hasPendingActions } });
    },
    listPending: async (analysisId) => (await client.alert.findMany({ where: { analysisId, hasPendingActions: true }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })).map(toAlert),
    addTags: async (tx, workspaceId, recordingId, tags) => {
      const [recording] = await tx.$queryRaw<{ tags: string[] }[]>`SELECT "tags" FROM "Recording" WHERE "id" = ${recordingId} AND "workspaceId" = ${workspaceId} FOR UPDATE`;
      const added = [...new Set(tags)].filter((tag) => recording?.tags.includes(tag) === false);
      if (recording === undefined || added.length === 0) return null;
      const after = [...recording.tags, ...added];
      await tx.recording.updateMany({ where: { id: recordingId, workspaceId }, data: { tags: after } });
      return { before: recording.tags, after };
    },
    findById: async (workspaceId, id) => {
      const row = await client.alert.findFirst({ where: { id, workspaceId } });
      return row === null ? null : toAlert(row);
    },
    forAnalyses: async (workspaceId, analysisIds) =>
      (await client.alert.findMany({ where: { workspaceId, analysisId: { in: [...analysisIds] }, isShown: true }, orderBy: [{ analysisId: 'asc' }, { startSeconds: 'asc' }, { id: 'asc' }] })).map(toAlert),
    list: async (workspaceId, page, filter) => {
      const where = conditions(workspaceId, filter);
      const position: Prisma.AlertWhereInput[] = [];
      if (page.after !== null) {
        const [time, id] = decodeCursor(LIST, page.after, ['time', 'string']) as [number, string];
        const createdAt = new Date(time);
        position.push({ createdAt: { lte: createdAt } }, { OR: [{ createdAt: { lt: createdAt } }, { id: { lt: id } }] });
      }
      const [rows, totalCount] = await Promise.all([
        client.alert.findMany({ where: { ...where, AND: position }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: page.first + 1 }),
        client.alert.count({ where }),
      ]);
      return toPage(rows, page.first, totalCount, toAlert, (row) => encodeCursor(LIST, [row.createdAt.getTime(), row.id]));
    },
    acknowledge: (workspaceId, id, by, note, also) => db.transaction(async (tx) => {
      // The first acknowledgement counts: a second one does not move the time.
      const { count } = await tx.alert.updateMany({ where: { id, workspaceId, acknowledgedAt: null }, data: { acknowledgedAt: new Date(), acknowledgedBy: by, acknowledgeNote: note } });
      const row = await tx.alert.findFirst({ where: { id, workspaceId } });
      if (count === 1) await also?.(tx);
      return row === null ? null : toAlert(row);
    }),
    countByRule: async (workspaceId, ruleIds) => {
      const counted = await client.alert.groupBy({ by: ['ruleId'], where: { workspaceId, ruleId: { in: [...ruleIds] } }, _count: { _all: true } });
      return new Map(counted.map((row) => [row.ruleId, row._count._all]));
    },
  };
}

function conditions(workspaceId: string, filter: AlertFilter): Prisma.AlertWhereInput {
  const { ruleId, analysisId, recordingId, severity, acknowledged, createdAfter, createdBefore } = filter;
  return {
    workspaceId, isShown: true,
    ...(ruleId === undefined ? {} : { ruleId }),
    ...(analysisId === undefined ? {} : { analysisId }),
    ...(recordingId === undefined ? {} : { recordingId }),
    ...(severity === undefined ? {} : { severity }),
    ...(acknowledged === undefined ? {} : { acknowledgedAt: acknowledged ? { not: null } : null }),
    ...(createdAfter === undefined && createdBefore === undefined ? {} : { createdAt: { ...(createdAfter === undefined ? {} : { gte: createdAfter }), ...(createdBefore === undefined ? {} : { lt: createdBefore }) } }),
  };
}

function toAlert(row: Alert): AlertRecord {
  const { id, workspaceId, ruleId, ruleVersion, ruleName, analysisId, recordingId, occurrenceKey, startSeconds, endSeconds, speakerKey, segmentIds, isShown, isOfThePast, createdAt, acknowledgedAt, acknowledgedBy, acknowledgeNote } = row;
  return {
    id, workspaceId, ruleId, ruleVersion, ruleName, analysisId, recordingId, occurrenceKey, startSeconds, endSeconds, speakerKey, segmentIds, isShown, isOfThePast, createdAt, acknowledgedAt, acknowledgedBy, acknowledgeNote,
    severity: row.severity as AlertRecord['severity'], trace: row.trace as unknown as AlertRecord['trace'], actions: row.actions as unknown as AlertRecord['actions'],
  };
}
