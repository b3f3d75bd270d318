import type { ArchiveItemRecord, ArchiveItemState, ArchiveRecord, ArchiveState } from '../domain/archive.js';
import type { DataKind } from '../domain/retention.js';
import type { Database } from './database.js';
import type { Archive, ArchiveItem } from './generated/client.js';
import { toPage } from './keyset-cursor.js';
import type { ArchiveRepository } from './retention-repositories.js';
import { olderThan, timeCursor } from './time-page.js';

const LIST = 'archives';
const UNFINISHED = ['PREPARING', 'WRITTEN', 'VERIFIED'];
const READABLE = ['VERIFIED', 'COMPLETE'];
const TIME_OF_STATE: Partial<Record<ArchiveState, 'writtenAt' | 'verifiedAt'>> = { WRITTEN: 'writtenAt', VERIFIED: 'verifiedAt' };

export function createArchiveRepository({ client }: Database): ArchiveRepository {
  return {
    insert: async (tx, archive, items, lease) => {
      await tx.archive.create({ data: { ...archive, state: 'PREPARING', leaseOwner: lease.owner, leaseUntil: lease.until } });
      await tx.archiveItem.createMany({
        data: items.map((item) => ({ ...item, policyIds: [...item.policyIds], kinds: [...item.kinds], deletedKinds: [...item.deletedKinds], workspaceId: archive.workspaceId, archiveId: archive.id, state: 'PENDING' })),
      });
    },
    free: async (tx, workspaceId, seen) => {
      const rows = await tx.$queryRaw<{ id: string }[]>`
        SELECT r."id" FROM unnest(${seen.map(({ recordingId }) => recordingId)}::text[], ${seen.map(({ archivedAt }) => archivedAt?.toISOString() ?? '-infinity')}::text[]) AS seen (id, at)
        JOIN "Recording" r ON r."id" = seen.id AND r."workspaceId" = ${workspaceId}
        WHERE NOT EXISTS (SELECT 1 FROM "ArchiveItem" i WHERE i."workspaceId" = r."workspaceId" AND i."recordingId" = r."id"
          AND (i."state" IN ('PENDING', 'WRITTEN') OR (i."state" = 'DONE' AND i."settledAt" > seen.at::timestamptz)))`;
      return new Set(rows.map(({ id }) => id));
    },
    find: async (workspaceId, id) => {
      const row = await client.archive.findFirst({ where: { id, workspaceId } });
      return row === null ? null : toArchive(row);
    },
    list: async (workspaceId, page) => {
      const [rows, totalCount] = await Promise.all([
        client.archive.findMany({ where: { workspaceId, AND: olderThan(LIST, page.after, 'createdAt') }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: page.first + 1 }),
        client.archive.count({ where: { workspaceId } }),
      ]);
      return toPage(rows, page.first, totalCount, toArchive, (row) => timeCursor(LIST, row.createdAt, row.id));
    },
    items: async (workspaceId, archiveId, tx) => (await (tx ?? client).archiveItem.findMany({ where: { workspaceId, archiveId }, orderBy: { id: 'asc' } })).map(toItem),
    ofRecording: async (workspaceId, recordingId) => {
      const items = await client.archiveItem.findMany({ where: { workspaceId, recordingId, state: { in: ['WRITTEN', 'DONE', 'KEPT', 'STALE'] } }, select: { archiveId: true } });
      return (await client.archive.findMany({ where: { workspaceId, id: { in: items.map(({ archiveId }) => archiveId) }, state: { in: READABLE } }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] })).map(toArchive);
    },
    holding: async (tx, workspaceId, recordingIds) => {
      const rows = await tx.$queryRaw<{ id: string }[]>`
        SELECT DISTINCT a."id" FROM "Archive" a JOIN "ArchiveItem" i ON i."archiveId" = a."id"
        WHERE a."workspaceId" = ${workspaceId} AND a."state" = ANY(${READABLE}) AND i."recordingId" = ANY(${[...recordingIds]}) AND i."rowsDigest" IS NOT NULL ORDER BY 1`;
      return rows.map(({ id }) => id);
    },
    takeUnfinished: async (workspaceId, lease, now) => {
      const rows = await client.$queryRaw<{ id: string }[]>`
        UPDATE "Archive" SET "leaseOwner" = ${lease.owner}, "leaseUntil" = ${lease.until}
        WHERE "id" = (SELECT "id" FROM "Archive" WHERE "workspaceId" = ${workspaceId} AND "state" = ANY(${UNFINISHED}) AND ("leaseUntil" IS NULL OR "leaseUntil" < ${now}) ORDER BY "id" LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING "id"`;
      const id = rows[0]?.id;
      return id === undefined ? null : toArchive((await client.archive.findFirst({ where: { id } }))!);
    },
    renew: async (id, lease) => (await client.archive.updateMany({ where: { id, leaseOwner: lease.owner }, data: { leaseUntil: lease.until } })).count === 1,
    setState: async (tx, id, from, to, data) => {
      const time = TIME_OF_STATE[to];
      const { byteLength, ...rest } = data;
      const { count } = await tx.archive.updateMany({
        where: { id, state: from },
        data: {
          ...rest, state: to, ...(byteLength == null ? {} : { byteLength: BigInt(byteLength) }), ...(time === undefined ? {} : { [time]: new Date() }),
          ...(to === 'VERIFIED' ? { lastVerifiedAt: new Date() } : {}), ...(to === 'COMPLETE' || to === 'FAILED' ? { leaseOwner: null, leaseUntil: null } : {}),
        },
      });
      return count === 1;
    },
    itemState: async (tx, id) => (await tx.$queryRaw<{ state: ArchiveItemState }[]>`SELECT "state" FROM "ArchiveItem" WHERE "id" = ${id} FOR UPDATE`)[0]!.state,
    setItem: async (tx, id, { byteLength, pendingBlobKeys, ...data }) => {
      const settled = data.state !== undefined && data.state !== 'PENDING' && data.state !== 'WRITTEN';
      await tx.archiveItem.update({
        where: { id },
        data: { ...data, ...(byteLength === undefined ? {} : { byteLength: BigInt(byteLength) }), ...(pendingBlobKeys === undefined ? {} : { pendingBlobKeys: [...pendingBlobKeys] }), ...(settled ? { settledAt: new Date() } : {}) },
      });
    },
    setWritten: async (tx, items) => {
      const [ids, digests, lengths] = [items.map(({ itemId }) => itemId), items.map(({ rowsDigest }) => rowsDigest), items.map(({ byteLength }) => BigInt(byteLength))];
      await tx.$executeRaw`
        UPDATE "ArchiveItem" i SET "state" = 'WRITTEN', "rowsDigest" = given.digest, "byteLength" = given.bytes
        FROM unnest(${ids}::text[], ${digests}::text[], ${lengths}::bigint[]) AS given (id, digest, bytes) WHERE i."id" = given.id`;
    },
    markChecked: async (id, problem) => {
      await client.archive.update({ where: { id }, data: problem === null ? { lastVerifiedAt: new Date(), problem } : { problem } });
    },
    oldestChecked: async (before, first) =>
      (await client.archive.findMany({ where: { state: { in: READABLE }, lastVerifiedAt: { lt: before } }, orderBy: [{ lastVerifiedAt: 'asc' }, { id: 'asc' }], take: first })).map(toArchive),
    countVerified: () => client.archive.count({ where: { state: { in: READABLE } } }),
  };
}

function toArchive({ leaseOwner: _owner, leaseUntil: _until, ...row }: Archive): ArchiveRecord {
  return { ...row, state: row.state as ArchiveState, byteLength: row.byteLength === null ? null : Number(row.byteLength) };
}

function toItem(row: ArchiveItem): ArchiveItemRecord {
  return { ...row, kinds: row.kinds as DataKind[], deletedKinds: row.deletedKinds as DataKind[], state: row.state as ArchiveItemState, byteLength: Number(row.byteLength) };
}
