import type { NodeModel, NodeRecord, NodeRole } from '../domain/node.js';
import type { Database } from './database.js';
import type { Node } from './generated/client.js';
import type { NodeRepository } from './repositories.js';

/** Times are the database's: the clocks of machines differ by more than a heartbeat. */
export function createNodeRepository({ client }: Database): NodeRepository {
  return {
    beat: async (node) => {
      const models = JSON.stringify(node.models);
      await client.$executeRaw`
        INSERT INTO "Node" ("id", "roles", "host", "version", "concurrency", "defaultModelId", "models", "isDraining", "heartbeatAt")
        VALUES (${node.id}, ${[...node.roles]}, ${node.host}, ${node.version}, ${node.concurrency}, ${node.defaultModelId}, ${models}::jsonb, ${node.isDraining}, clock_timestamp())
        ON CONFLICT ("id") DO UPDATE SET "models" = EXCLUDED."models", "defaultModelId" = EXCLUDED."defaultModelId", "isDraining" = EXCLUDED."isDraining", "heartbeatAt" = EXCLUDED."heartbeatAt"`;
    },
    listLive: async (withinSeconds) => {
      const rows = await client.$queryRaw<Node[]>`SELECT * FROM "Node" WHERE "heartbeatAt" > clock_timestamp() - ${withinSeconds} * interval '1s' ORDER BY "startedAt", "id"`;
      return rows.map(toNode);
    },
    remove: async (id) => {
      await client.node.deleteMany({ where: { id } });
    },
    removeDead: async (afterSeconds) => client.$executeRaw`DELETE FROM "Node" WHERE "heartbeatAt" < clock_timestamp() - ${afterSeconds} * interval '1s'`,
  };
}

function toNode(row: Node): NodeRecord {
  return { ...row, roles: row.roles as NodeRole[], models: row.models as unknown as NodeModel[] };
}
