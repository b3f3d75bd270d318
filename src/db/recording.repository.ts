import { UndertoneError } from '../domain/errors.js';
import type { Page, PageRequest, RecordingFilter, RecordingOrder, RecordingRecord } from '../domain/records.js';
import { removedBlobKey } from '../domain/removed-blob.js';
import { requireSystem } from '../domain/workspace-scope.js';
import type { Database } from './database.js';
import { Prisma } from './generated/client.js';
import { decodeCursor, encodeCursor, toPage } from './keyset-cursor.js';
import { recordingColumns, toRecording, type RecordingRow } from './recording-rows.js';
import type { RecordingRepository } from './repositories.js';

export function createRecordingRepository(db: Database): RecordingRepository {
  const { client } = db;
  return {
    insertOrFind: async (tx, row) => {
      // Not insert-then-catch: an error would abort the caller's transaction. The unique key decides all the same.
      for (let attempt = 0; attempt < 3; attempt++) {
        const { count } = await tx.recording.createMany({ data: [{ ...row, byteLength: BigInt(row.byteLength), tags: [...row.tags] }], skipDuplicates: true });
        const found = await tx.recording.findFirst({ where: { workspaceId: row.workspaceId, sha256: row.sha256 }, omit: { peaks: true } });
        if (found !== null) return { recording: toRecording(found), isNew: count === 1 };
        // The twin was deleted between the two statements: now the insert goes through.
      }
      throw new UndertoneError('CONFLICT', 'The same bytes were being uploaded and deleted at the same time. Upload them again.');
    },
    reviveAudio: async (tx, id, blobKey) => (await tx.recording.updateMany({ where: { id, blobKey: removedBlobKey(id) }, data: { blobKey } })).count === 1,
    lockBlob: async (tx, blobKey) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${blobKey}, 0))`;
    },
    findById: async (workspaceId, id) => {
      const row = await client.recording.findFirst({ where: { id, workspaceId }, omit: { peaks: true } });
      return row === null ? null : toRecording(row);
    },
    findByIds: async (workspaceId, ids) => {
      const rows = await client.recording.findMany({ where: { workspaceId, id: { in: [...ids] } }, omit: { peaks: true } });
      return rows.map(toRecording);
    },
    list: (workspaceId, page, filter, order) => list(db, workspaceId, page, filter, order),
    peaks: async (workspaceId, id) => {
      const row = await client.recording.findFirst({ where: { id, workspaceId }, select: { peaks: true } });
      return row?.peaks == null ? null : new Int8Array(row.peaks);
    },
    delete: async (tx, workspaceId, id) => {
      const locked = await tx.$queryRaw<{ blobKey: string }[]>`SELECT "blobKey" FROM "Recording" WHERE "id" = ${id} AND "workspaceId" = ${workspaceId} FOR UPDATE`;
      const blobKey = locked[0]?.blobKey;
      if (blobKey === undefined) return null;
      const analyses = await tx.analysis.findMany({ where: { recordingId: id, trackKey: { not: null } }, select: { trackKey: true } });
      await tx.recording.delete({ where: { id } });
      return { blobKey, trackKeys: analyses.map(({ trackKey }) => trackKey!) };
    },
    countBlobReferences: async (tx, blobKey) => {
      requireSystem();
      const [found] = await tx.$queryRaw<{ count: number }[]>`
        SELECT ((SELECT count(*) FROM "Recording" WHERE "blobKey" = ${blobKey}) + (SELECT count(*) FROM "Analysis" WHERE "trackKey" = ${blobKey}) + (SELECT count(*) FROM "Archive" WHERE "blobKey" = ${blobKey}))::int AS count`;
      return found?.count ?? 0;
    },
    unreferencedBlobKeys: async (keys) => {
      requireSystem();
      const rows = await client.$queryRaw<{ key: string }[]>`
        SELECT candidate.key FROM unnest(${[...keys]}::text[]) AS candidate (key)
        WHERE NOT EXISTS (SELECT 1 FROM "Recording" WHERE "blobKey" = candidate.key) AND NOT EXISTS (SELECT 1 FROM "Analysis" WHERE "trackKey" = candidate.key)
          AND NOT EXISTS (SELECT 1 FROM "Archive" WHERE "blobKey" = candidate.key)`;
      return rows.map(({ key }) => key);
    },
  };
}

async function list(db: Database, workspaceId: string, page: PageRequest, filter: RecordingFilter, order: RecordingOrder): Promise<Page<RecordingRecord>> {
  const listName = `recordings:${order.field}:${order.direction}`;
  const where = conditions(workspaceId, filter);
  const [position, ordering] = keyset(listName, page.after, order);
  const [rows, counted] = await Promise.all([
    db.client.$queryRaw<RecordingRow[]>`SELECT ${recordingColumns('r')} FROM "Recording" r WHERE ${Prisma.join([...where, ...position], ' AND ')} ORDER BY ${ordering} LIMIT ${page.first + 1}`,
    db.client.$queryRaw<{ count: bigint }[]>`SELECT count(*) AS count FROM "Recording" r WHERE ${Prisma.join(where, ' AND ')}`,
  ]);
  return toPage(rows, page.first, Number(counted[0]?.count ?? 0), toRecording, (row) => {
    const value = row[order.field];
    return encodeCursor(listName, [value instanceof Date ? value.getTime() : value, row.id]);
  });
}

function conditions(workspaceId: string, filter: RecordingFilter): Prisma.Sql[] {
  const where = [Prisma.sql`r."workspaceId" = ${workspaceId}`];
  if (filter.tag !== undefined) where.push(Prisma.sql`r."tags" @> ARRAY[${filter.tag}]::text[]`);
  if (filter.externalId !== undefined) where.push(Prisma.sql`r."externalId" = ${filter.externalId}`);
  if (filter.createdAfter !== undefined) where.push(Prisma.sql`r."createdAt" >= ${filter.createdAfter}`);
  if (filter.createdBefore !== undefined) where.push(Prisma.sql`r."createdAt" < ${filter.createdBefore}`);
  if (filter.search !== undefined) {
    const pattern = `%${filter.search.replace(/[\\%_]/g, '\\$&')}%`;
    where.push(Prisma.sql`(r."title" ILIKE ${pattern} OR r."fileName" ILIKE ${pattern})`);
  }
  if (filter.label !== undefined) {
    where.push(Prisma.sql`(SELECT a."summaryLabel" FROM "Analysis" a WHERE a."recordingId" = r."id" AND a."status" = 'SUCCEEDED' ORDER BY a."createdAt" DESC, a."id" DESC LIMIT 1) = ${filter.label}`);
  }
  return where;
}

/** What comes behind the cursor, and the order. Recordings of unknown length come last in both directions. */
function keyset(listName: string, after: string | null, { field, direction }: RecordingOrder): [Prisma.Sql[], Prisma.Sql] {
  const beyond = Prisma.raw(direction === 'asc' ? '>' : '<');
  const way = Prisma.raw(direction === 'asc' ? 'ASC' : 'DESC');
  const column = Prisma.raw(`r."${field}"`);
  const ordering = field === 'durationSeconds' ? Prisma.sql`${column} ${way} NULLS LAST, r."id" ${way}` : Prisma.sql`${column} ${way}, r."id" ${way}`;
  if (after === null) return [[], ordering];
  const type = field === 'createdAt' ? 'time' : field === 'fileName' ? 'string' : 'number?';
  const [value, id] = decodeCursor(listName, after, [type, 'string']);
  if (value == null) return [[Prisma.sql`${column} IS NULL AND r."id" ${beyond} ${id}`], ordering];
  const bound = field === 'createdAt' ? new Date(value) : value;
  const row = Prisma.sql`(${column}, r."id") ${beyond} (${bound}, ${id})`;
  return [[field === 'durationSeconds' ? Prisma.sql`(${row} OR ${column} IS NULL)` : row], ordering];
}
