import type { ApiKeyRecord } from '../domain/records.js';
import type { Database } from './database.js';
import type { ApiKeyRepository } from './repositories.js';

/** How long a "last used" may be behind: reads must not become writes. */
const TOUCH_INTERVAL_MS = 60_000;
const WITHOUT_HASH = { hash: true, previousHash: true } as const;

export function createApiKeyRepository(db: Database): ApiKeyRepository {
  const { client } = db;
  const findById = async (workspaceId: string, id: string): Promise<ApiKeyRecord | null> => {
    const row = await client.apiKey.findFirst({ where: { id, workspaceId }, omit: WITHOUT_HASH });
    return row === null ? null : toApiKey(row);
  };
  return {
    ensureWorkspace: async (id, name) => {
      // Any number of nodes do this at the same moment when they start.
      await client.workspace.createMany({ data: [{ id, name }], skipDuplicates: true });
    },
    insert: ({ scopes, allowedNetworks, ...row }, also) => db.transaction(async (tx) => {
      const inserted = toApiKey(await tx.apiKey.create({ data: { ...row, scopes: [...scopes], allowedNetworks: [...allowedNetworks], hash: new Uint8Array(row.hash) }, omit: WITHOUT_HASH }));
      await also?.(tx);
      return inserted;
    }),
    findByHash: async (given) => {
      const hash = new Uint8Array(given);
      const row = await client.apiKey.findFirst({ where: { hash }, omit: WITHOUT_HASH });
      if (row !== null) return toApiKey(row);
      const rotated = await client.apiKey.findFirst({ where: { previousHash: hash }, omit: WITHOUT_HASH });
      if (rotated?.previousSecretUntil == null) return null;
      const { expiresAt, previousSecretUntil } = rotated;
      return { ...toApiKey(rotated), expiresAt: expiresAt !== null && expiresAt < previousSecretUntil ? expiresAt : previousSecretUntil };
    },
    findById,
    rotate: async (workspaceId, id, { hash, prefix, previousUntil }, also) => {
      // One statement, so that of two rotations at once each keeps the secret that the other made.
      const changed = await db.transaction(async (tx) => {
        const count = await tx.$executeRaw`
        UPDATE "ApiKey" SET "previousHash" = "hash", "previousSecretUntil" = ${previousUntil}, "hash" = ${new Uint8Array(hash)}, "prefix" = ${prefix}
        WHERE "id" = ${id} AND "workspaceId" = ${workspaceId} AND "revokedAt" IS NULL`;
        if (count === 1) await also?.(tx);
        return count;
      });
      return changed === 0 ? null : findById(workspaceId, id);
    },
    list: async (workspaceId) => {
      const rows = await client.apiKey.findMany({ where: { workspaceId }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }], omit: WITHOUT_HASH });
      return rows.map(toApiKey);
    },
    revoke: async (workspaceId, id, also) => {
      // The first revocation counts: a second one does not move the time.
      await db.transaction(async (tx) => {
        const { count } = await tx.apiKey.updateMany({ where: { id, workspaceId, revokedAt: null }, data: { revokedAt: new Date() } });
        if (count === 1) await also?.(tx);
      });
      return findById(workspaceId, id);
    },
    countActive: (role) =>
      client.apiKey.count({ where: { revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: new Date() } }], ...(role === undefined ? {} : { role }) } }),
    endingBefore: async (before) => (await client.apiKey.findMany({ where: { revokedAt: null, expiresAt: { gt: new Date(), lt: before } }, orderBy: [{ expiresAt: 'asc' }, { id: 'asc' }], omit: WITHOUT_HASH })).map(toApiKey),
    touch: async (id) => {
      const now = Date.now();
      await client.apiKey.updateMany({
        where: { id, OR: [{ lastUsedAt: null }, { lastUsedAt: { lt: new Date(now - TOUCH_INTERVAL_MS) } }] },
        data: { lastUsedAt: new Date(now) },
      });
    },
  };
}

function toApiKey(row: ApiKeyRecord): ApiKeyRecord {
  const { id, workspaceId, name, role, scopes, allowedNetworks, prefix, createdAt, expiresAt, lastUsedAt, revokedAt, previousSecretUntil } = row;
  return { id, workspaceId, name, role, scopes, allowedNetworks, prefix, createdAt, expiresAt, lastUsedAt, revokedAt, previousSecretUntil };
}
