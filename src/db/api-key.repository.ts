import type { ApiKeyRecord } from '../domain/records.js';
import type { Database } from './database.js';
import type { ApiKeyRepository } from './repositories.js';

/** How long a "last used" may be behind: reads must not become writes. */
const TOUCH_INTERVAL_MS = 60_000;
const WITHOUT_HASH = { hash: true } as const;

export function createApiKeyRepository({ client }: Database): ApiKeyRepository {
  return {
    ensureWorkspace: async (id, name) => {
      // Any number of nodes do this at the same moment when they start.
      await client.workspace.createMany({ data: [{ id, name }], skipDuplicates: true });
    },
    insert: async (row) => toApiKey(await client.apiKey.create({ data: { ...row, hash: new Uint8Array(row.hash) }, omit: WITHOUT_HASH })),
    findByHash: async (hash) => {
      const row = await client.apiKey.findUnique({ where: { hash: new Uint8Array(hash) }, omit: WITHOUT_HASH });
      return row === null ? null : toApiKey(row);
    },
    findById: async (workspaceId, id) => {
      const row = await client.apiKey.findFirst({ where: { id, workspaceId }, omit: WITHOUT_HASH });
      return row === null ? null : toApiKey(row);
    },
    list: async (workspaceId) => {
      const rows = await client.apiKey.findMany({ where: { workspaceId }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }], omit: WITHOUT_HASH });
      return rows.map(toApiKey);
    },
    revoke: async (workspaceId, id) => {
      // The first revocation counts: a second one does not move the time.
      await client.apiKey.updateMany({ where: { id, workspaceId, revokedAt: null }, data: { revokedAt: new Date() } });
      const row = await client.apiKey.findFirst({ where: { id, workspaceId }, omit: WITHOUT_HASH });
      return row === null ? null : toApiKey(row);
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
  const { id, workspaceId, name, role, prefix, createdAt, expiresAt, lastUsedAt, revokedAt } = row;
  return { id, workspaceId, name, role, prefix, createdAt, expiresAt, lastUsedAt, revokedAt };
}
