import type { JsonValue } from '../domain/json.js';
import type { Database } from './database.js';
import { Prisma } from './generated/client.js';
import type { PluginRepository } from './repositories.js';

export function createPluginRepository({ client }: Database): PluginRepository {
  return {
    find: async (workspaceId, plugin, key) => valueOf(await client.pluginEntry.findFirst({ where: { workspaceId, plugin, key } })),
    put: async (workspaceId, plugin, key, value) => {
      const stored = value === null ? Prisma.JsonNull : (value as Prisma.InputJsonValue);
      await client.pluginEntry.upsert({
        where: { workspaceId_plugin_key: { workspaceId, plugin, key } },
        create: { workspaceId, plugin, key, value: stored },
        update: { value: stored, updatedAt: new Date() },
      });
    },
    delete: async (workspaceId, plugin, key) => (await client.pluginEntry.deleteMany({ where: { workspaceId, plugin, key } })).count === 1,
    list: async (workspaceId, plugin, { prefix, after, first }) => {
      const rows = await client.pluginEntry.findMany({
        where: { workspaceId, plugin, key: { startsWith: prefix, ...(after === null ? {} : { gt: after }) } },
        orderBy: { key: 'asc' },
        take: first,
      });
      return rows.map((row) => ({ key: row.key, value: row.value as JsonValue }));
    },
    findResult: async (workspaceId, analysisId, plugin, key) => valueOf(await client.pluginResult.findFirst({ where: { workspaceId, analysisId, plugin, key } })),
  };
}

function valueOf(row: { readonly value: unknown } | null): JsonValue | undefined {
  return row === null ? undefined : (row.value as JsonValue);
}
