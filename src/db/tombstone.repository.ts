import type { ErasureReport, TombstoneRecord } from '../domain/archive.js';
import type { Database } from './database.js';
import type { Tombstone } from './generated/client.js';
import { toPage } from './keyset-cursor.js';
import type { TombstoneRepository } from './retention-repositories.js';
import { olderThan, timeCursor } from './time-page.js';

const LIST = 'erasures';

export function createTombstoneRepository({ client }: Database): TombstoneRepository {
  return {
    insert: async (tx, row) => {
      // Through text: the report's type says readonly arrays, which the column's type does not know.
      await tx.tombstone.create({ data: { ...row, recordingIds: [...row.recordingIds], report: JSON.parse(JSON.stringify(row.report)) as object } });
    },
    erased: async (workspaceId, recordingIds) => {
      const rows = await client.$queryRaw<{ id: string }[]>`
        SELECT one.id FROM unnest(${[...recordingIds]}::text[]) AS one (id) WHERE EXISTS (SELECT 1 FROM "Tombstone" t WHERE t."workspaceId" = ${workspaceId} AND one.id = ANY(t."recordingIds"))`;
      return new Set(rows.map(({ id }) => id));
    },
    list: async (workspaceId, page) => {
      const [rows, totalCount] = await Promise.all([
        client.tombstone.findMany({ where: { workspaceId, AND: olderThan(LIST, page.after, 'erasedAt') }, orderBy: [{ erasedAt: 'desc' }, { id: 'desc' }], take: page.first + 1 }),
        client.tombstone.count({ where: { workspaceId } }),
      ]);
      return toPage(rows, page.first, totalCount, toTombstone, (row) => timeCursor(LIST, row.erasedAt, row.id));
    },
  };
}

function toTombstone(row: Tombstone): TombstoneRecord {
  return { ...row, report: row.report as unknown as ErasureReport };
}
