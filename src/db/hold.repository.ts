import type { HoldScope, LegalHoldRecord } from '../domain/archive.js';
import type { Database } from './database.js';
import { Prisma, type LegalHold } from './generated/client.js';
import { toPage } from './keyset-cursor.js';
import type { HoldRepository } from './retention-repositories.js';
import { olderThan, timeCursor } from './time-page.js';

const LIST = 'holds';

export function createHoldRepository({ client }: Database): HoldRepository {
  return {
    lock: async (tx, workspaceId) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`retention ${workspaceId}`}, 0))`;
    },
    insert: async (tx, row, members) => {
      const stored = await tx.legalHold.create({ data: { ...row, filter: row.filter ?? Prisma.DbNull } });
      await tx.legalHoldMember.createMany({ data: members.map((recordingId) => ({ holdId: row.id, workspaceId: row.workspaceId, recordingId })) });
      return toHold(stored);
    },
    isPlacedBy: async (tx, workspaceId, recordingId, by) => (await tx.legalHold.count({ where: { workspaceId, scope: 'RECORDING', recordingId, placedBy: by, releasedAt: null } })) > 0,
    covered: async (tx, workspaceId, holdId) => {
      const rows = await tx.$queryRaw<{ id: string }[]>`
        SELECT r."id" FROM "Recording" r WHERE r."workspaceId" = ${workspaceId} AND EXISTS (SELECT 1 FROM "undertone_holds"(${workspaceId}, r."id") AS h WHERE h = ${holdId})`;
      return rows.map(({ id }) => id);
    },
    addMembers: async (tx, workspaceId, holdId, recordingIds) => {
      await tx.legalHoldMember.createMany({ data: recordingIds.map((recordingId) => ({ holdId, workspaceId, recordingId })), skipDuplicates: true });
    },
    release: async (tx, workspaceId, id, by, reason) => {
      const { count } = await tx.legalHold.updateMany({ where: { id, workspaceId, releasedAt: null }, data: { releasedAt: new Date(), releasedBy: by, releaseReason: reason } });
      const row = await tx.legalHold.findFirst({ where: { id, workspaceId } });
      return row === null ? null : { hold: toHold(row), isRepeated: count === 0 };
    },
    list: async (workspaceId, page, activeOnly) => {
      const where = { workspaceId, ...(activeOnly ? { releasedAt: null } : {}) };
      const [rows, totalCount] = await Promise.all([
        client.legalHold.findMany({ where: { ...where, AND: olderThan(LIST, page.after, 'placedAt') }, orderBy: [{ placedAt: 'desc' }, { id: 'desc' }], take: page.first + 1 }),
        client.legalHold.count({ where }),
      ]);
      return toPage(rows, page.first, totalCount, toHold, (row) => timeCursor(LIST, row.placedAt, row.id));
    },
    find: async (workspaceId, id) => {
      const row = await client.legalHold.findFirst({ where: { id, workspaceId } });
      return row === null ? null : toHold(row);
    },
    holdsOf: async (tx, workspaceId, recordingIds) => {
      const rows = await tx.$queryRaw<{ id: string; holds: string[] }[]>`
        SELECT one.id, array(SELECT h FROM "undertone_holds"(${workspaceId}, one.id) AS h) AS holds FROM unnest(${[...recordingIds]}::text[]) AS one (id)`;
      return new Map(rows.filter(({ holds }) => holds.length > 0).map(({ id, holds }) => [id, holds]));
    },
  };
}

/** `scope` and `filter` are written by this file only, from exactly these types. */
function toHold(row: LegalHold): LegalHoldRecord {
  return { ...row, scope: row.scope as HoldScope, filter: row.filter as Record<string, string> | null };
}
