import { FIRST_START, type AuditFilter } from '../domain/audit.js';
import type { Database, Transaction } from './database.js';
import type { Prisma } from './generated/client.js';
import { decodeCursor, encodeCursor, toPage } from './keyset-cursor.js';
import type { AuditRepository } from './retention-repositories.js';

const LIST = 'audit';

export function createAuditRepository({ client }: Database): AuditRepository {
  /** The place from which on nothing may be forgotten: the oldest event that is young enough, or the end. */
  const cutOf = async (db: Pick<Transaction, 'auditEvent'>, workspaceId: string, before: Date): Promise<number | undefined> =>
    (await db.auditEvent.findFirst({ where: { workspaceId, at: { gte: before } }, orderBy: { sequence: 'asc' }, select: { sequence: true } }))?.sequence;
  return {
    append: async (tx, workspaceId, events) => {
      if (events.length > 0) await (tx ?? client).$executeRaw`SELECT "undertone_audit_append"(${workspaceId}, ${JSON.stringify(events, storable)}::jsonb)`;
    },
    list: async (workspaceId, page, filter) => {
      const where = conditionOf(workspaceId, filter);
      const before = page.after === null ? undefined : (decodeCursor(LIST, page.after, ['number'])[0] as number);
      const [rows, totalCount] = await Promise.all([
        client.auditEvent.findMany({ where: { ...where, ...(before === undefined ? {} : { sequence: { lt: before } }) }, orderBy: { sequence: 'desc' }, take: page.first + 1 }),
        client.auditEvent.count({ where }),
      ]);
      return toPage(rows, page.first, totalCount, (row) => row, (row) => encodeCursor(LIST, [row.sequence]));
    },
    listFrom: (workspaceId, sequence, first) => client.auditEvent.findMany({ where: { workspaceId, sequence: { gt: sequence } }, orderBy: { sequence: 'asc' }, take: first }),
    start: async (workspaceId) => (await client.auditStart.findFirst({ where: { workspaceId }, select: { sequence: true, hash: true } })) ?? FIRST_START,
    prune: async (tx, workspaceId, before, most) => {
      // The same lock as of those who append: the last event must not be judged while another one comes.
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`audit ${workspaceId}`}, 0))`;
      const cut = await cutOf(tx, workspaceId, before);
      const old = await tx.auditEvent.findMany({ where: { workspaceId, ...(cut === undefined ? {} : { sequence: { lt: cut } }) }, orderBy: { sequence: 'asc' }, take: most, select: { sequence: true, hash: true } });
      const last = old.at(-1);
      if (last === undefined) return null;
      await tx.$executeRaw`SELECT set_config('undertone.audit_prune', 'on', true)`;
      const start = { ...last, prunedAt: new Date() };
      await tx.auditStart.upsert({ where: { workspaceId }, create: { workspaceId, ...start }, update: start });
      await tx.auditEvent.deleteMany({ where: { workspaceId, sequence: { lte: last.sequence } } });
      await tx.$executeRaw`SELECT set_config('undertone.audit_prune', 'off', true)`;
      return { ...last, prunedCount: old.length };
    },
    countPrunable: async (workspaceId, before) => {
      const cut = await cutOf(client, workspaceId, before);
      return client.auditEvent.count({ where: { workspaceId, ...(cut === undefined ? {} : { sequence: { lt: cut } }) } });
    },
  };
}

/** PostgreSQL has no text with a NUL or half a surrogate pair; the event counts, not such a sign in a name. */
function storable(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/\p{Surrogate}/gu, '\ufffd').replaceAll('\0', '\ufffd') : value;
}

function conditionOf(workspaceId: string, { action, actorKeyId, subjectKind, subjectId, from, to }: AuditFilter): Prisma.AuditEventWhereInput {
  return {
    workspaceId,
    ...(action === undefined ? {} : { action }), ...(actorKeyId === undefined ? {} : { actorKeyId }), ...(subjectKind === undefined ? {} : { subjectKind }),
    ...(subjectId === undefined ? {} : { OR: [{ subjectId }, { subjectIds: { has: subjectId } }] }),
    ...(from === undefined && to === undefined ? {} : { at: { ...(from === undefined ? {} : { gte: from }), ...(to === undefined ? {} : { lt: to }) } }),
  };
}
