import type { Database, Transaction } from './database.js';
import type { DataKeyRepository, DataKeyRow, WorkspaceSecretRow } from './repositories.js';

export function createDataKeyRepository({ client }: Database): DataKeyRepository {
  return {
    insert: async (tx, row) => {
      await tx.dataKey.create({ data: { ...row, wrapped: new Uint8Array(row.wrapped) } });
    },
    findById: async (id) => toDataKey(await client.dataKey.findFirst({ where: { id } })),
    findNewest: async (workspaceId, recordingId) => toDataKey(await client.dataKey.findFirst({ where: { workspaceId, recordingId }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] })),
    findBySubject: async (workspaceId, subjectHash) => {
      const rows = await client.dataKey.findMany({ where: { workspaceId, subjectHash }, distinct: ['recordingId'], select: { recordingId: true }, orderBy: { recordingId: 'asc' } });
      return rows.map(({ recordingId }) => recordingId);
    },
    destroy: async (tx, workspaceId, recordingIds) => {
      const { count } = await tx.dataKey.updateMany({ where: { workspaceId, recordingId: { in: [...recordingIds] }, destroyedAt: null }, data: { wrapped: null, destroyedAt: new Date() } });
      return count;
    },
    markRestored: async (tx, workspaceId, recordingId) => {
      await tx.dataKey.updateMany({ where: { workspaceId, recordingId }, data: { restoredAt: new Date() } });
    },
    insertSecret: async (row) => {
      await client.workspaceSecret.createMany({ data: [{ ...row, wrapped: new Uint8Array(row.wrapped), publicKey: row.publicKey === null ? null : new Uint8Array(row.publicKey) }], skipDuplicates: true });
    },
    findSecret: async (id) => toSecret(await client.workspaceSecret.findFirst({ where: { id } })),
    listPublicKeys: async (workspaceId) => {
      const rows = await client.workspaceSecret.findMany({ where: { workspaceId, purpose: 'signing', publicKey: { not: null } }, orderBy: { createdAt: 'asc' }, select: { id: true, publicKey: true } });
      return rows.map(({ id, publicKey }) => ({ id, publicKey: Buffer.from(publicKey!) }));
    },
    countByWrappingKey: async () => {
      const rows = await client.$queryRaw<{ wrappingKeyId: string; count: bigint }[]>`
        SELECT "wrappingKeyId", count(*) AS count FROM (SELECT "wrappingKeyId" FROM "DataKey" WHERE "destroyedAt" IS NULL UNION ALL SELECT "wrappingKeyId" FROM "WorkspaceSecret") AS wrapped GROUP BY 1 ORDER BY 1`;
      return rows.map(({ wrappingKeyId, count }) => ({ wrappingKeyId, count: Number(count) }));
    },
    listDataKeysNotUnder: async (tx, wrappingKeyId, first) => {
      // Locked, so that an erasure in between is not undone by writing the key back.
      const ids = await tx.$queryRaw<{ id: string }[]>`SELECT "id" FROM "DataKey" WHERE "wrappingKeyId" <> ${wrappingKeyId} AND "destroyedAt" IS NULL ORDER BY "id" LIMIT ${first} FOR UPDATE`;
      const rows = await tx.dataKey.findMany({ where: { id: { in: ids.map(({ id }) => id) } } });
      return rows.map((row) => toDataKey(row)!);
    },
    listSecretsNotUnder: async (tx, wrappingKeyId) => (await tx.workspaceSecret.findMany({ where: { wrappingKeyId: { not: wrappingKeyId } } })).map((row) => toSecret(row)!),
    rewrapDataKey: async (tx, id, wrapped, wrappingKeyId) => {
      await tx.dataKey.updateMany({ where: { id, destroyedAt: null }, data: { wrapped: new Uint8Array(wrapped), wrappingKeyId } });
    },
    rewrapSecret: async (tx, id, wrapped, wrappingKeyId) => {
      await tx.workspaceSecret.update({ where: { id }, data: { wrapped: new Uint8Array(wrapped), wrappingKeyId } });
    },
  };
}

type Stored<T> = Omit<T, 'wrapped' | 'publicKey'> & { readonly wrapped: Uint8Array | null };

function toDataKey(row: Awaited<ReturnType<Transaction['dataKey']['findFirst']>>): DataKeyRow | null {
  return row === null ? null : { ...(row satisfies Stored<DataKeyRow>), wrapped: row.wrapped === null ? null : Buffer.from(row.wrapped) };
}

function toSecret(row: Awaited<ReturnType<Transaction['workspaceSecret']['findFirst']>>): WorkspaceSecretRow | null {
  return row === null ? null : { ...row, wrapped: Buffer.from(row.wrapped), publicKey: row.publicKey === null ? null : Buffer.from(row.publicKey) };
}
