import { AUDIT_GENESIS, auditHash } from '../domain/audit.js';
import type { Database } from './database.js';
import { decodeCursor, encodeCursor, toPage } from './keyset-cursor.js';
import type { AuditRepository } from './retention-repositories.js';

const LIST = 'audit';

export function createAuditRepository({ client }: Database): AuditRepository {
  return {
    append: async (tx, event) => {
      // One writer a workspace at a time: the next event needs the hash of this one.
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`audit ${event.workspaceId}`}, 0))`;
      const last = await tx.auditEvent.findFirst({ where: { workspaceId: event.workspaceId }, orderBy: { sequence: 'desc' }, select: { sequence: true, hash: true } });
      const unsigned = { ...event, sequence: (last?.sequence ?? 0) + 1, previousHash: last?.hash ?? AUDIT_GENESIS };
      return tx.auditEvent.create({ data: { ...unsigned, hash: auditHash(unsigned) } });
    },
    list: async (workspaceId, page) => {
      const before = page.after === null ? undefined : (decodeCursor(LIST, page.after, ['number'])[0] as number);
      const [rows, totalCount] = await Promise.all([
        client.auditEvent.findMany({ where: { workspaceId, ...(before === undefined ? {} : { sequence: { lt: before } }) }, orderBy: { sequence: 'desc' }, take: page.first + 1 }),
        client.auditEvent.count({ where: { workspaceId } }),
      ]);
      return toPage(rows, page.first, totalCount, (row) => row, (row) => encodeCursor(LIST, [row.sequence]));
    },
    listFrom: (workspaceId, sequence, first) => client.auditEvent.findMany({ where: { workspaceId, sequence: { gt: sequence } }, orderBy: { sequence: 'asc' }, take: first }),
  };
}
