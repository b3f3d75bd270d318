import type { JsonObject } from '../domain/json.js';
import type { RuleRecord } from '../domain/rule-records.js';
import type { Database } from './database.js';
import { Prisma, type Rule } from './generated/client.js';
import type { RuleRepository } from './repositories.js';

export function createRuleRepository(db: Database): RuleRepository {
  const { client } = db;
  return {
    insert: (row, by, also) =>
      db.transaction(async (tx) => {
        const definition = row.definition as Prisma.InputJsonObject;
        const rule = await tx.rule.create({ data: { id: row.id, workspaceId: row.workspaceId, version: 1, definition } });
        await tx.ruleVersion.create({ data: { workspaceId: row.workspaceId, ruleId: row.id, version: 1, definition, note: by.note, createdBy: by.name } });
        await also?.(tx);
        return toRule(rule);
      }),
    update: (workspaceId, id, given, by, also) =>
      db.transaction(async (tx) => {
        const definition = given.definition as Prisma.InputJsonObject;
        const { count } = await tx.rule.updateMany({
          where: { id, workspaceId, deletedAt: null, ...(given.expectedVersion === null ? {} : { version: given.expectedVersion }) },
          data: { version: { increment: 1 }, definition, updatedAt: new Date() },
        });
        if (count === 0) return null;
        const rule = await tx.rule.findFirstOrThrow({ where: { id } });
        await tx.ruleVersion.create({ data: { workspaceId, ruleId: id, version: rule.version, definition, note: by.note, createdBy: by.name } });
        if (also !== undefined) await also(tx, (await tx.ruleVersion.findFirstOrThrow({ where: { workspaceId, ruleId: id, version: rule.version - 1 } })).definition as JsonObject);
        return toRule(rule);
      }),
    delete: (workspaceId, id, also) =>
      db.transaction(async (tx) => {
        const { count } = await tx.rule.updateMany({ where: { id, workspaceId, deletedAt: null }, data: { deletedAt: new Date() } });
        if (count === 1) await also?.(tx);
        return count === 1;
      }),
    findById: async (workspaceId, id) => {
      const row = await client.rule.findFirst({ where: { id, workspaceId, deletedAt: null } });
      return row === null ? null : toRule(row);
    },
    list: async (workspaceId) => (await client.rule.findMany({ where: { workspaceId, deletedAt: null }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })).map(toRule),
    count: (workspaceId) => client.rule.count({ where: { workspaceId, deletedAt: null } }),
    modelsUsed: async (workspaceId) => (await client.analysis.groupBy({ by: ['modelId'], where: { workspaceId, status: 'SUCCEEDED' } })).map(({ modelId }) => modelId),
    history: async (workspaceId, ruleId) => {
      const rows = await client.ruleVersion.findMany({ where: { workspaceId, ruleId }, orderBy: { version: 'desc' } });
      return rows.map((row) => ({ ruleId: row.ruleId, version: row.version, definition: row.definition as JsonObject, note: row.note, createdBy: row.createdBy, createdAt: row.createdAt }));
    },
  };
}

function toRule({ id, workspaceId, version, definition, createdAt, updatedAt }: Rule): RuleRecord {
  return { id, workspaceId, version, definition: definition as JsonObject, createdAt, updatedAt };
}
