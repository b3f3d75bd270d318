import type { OptOutRecord } from '../domain/opt-out.js';
import type { Page, PageRequest } from '../domain/records.js';
import type { Database, Transaction } from './database.js';
import { toPage } from './keyset-cursor.js';
import { olderThan, timeCursor } from './time-page.js';

const LIST = 'opt-outs';

export interface OptOutRepository {
  /** The row that is there already where the subject has one; the second of the pair says which. */
  insert(tx: Transaction, row: Omit<OptOutRecord, 'createdAt'>): Promise<{ readonly optOut: OptOutRecord; readonly isNew: boolean }>;
  /** Null when there is none of that id. */
  delete(tx: Transaction, workspaceId: string, id: string): Promise<OptOutRecord | null>;
  has(workspaceId: string, subjectHash: string): Promise<boolean>;
  isEmpty(workspaceId: string): Promise<boolean>;
  list(workspaceId: string, page: PageRequest): Promise<Page<OptOutRecord>>;
}

export function createOptOutRepository({ client }: Database): OptOutRepository {
  return {
    async insert(tx, row) {
      const { count } = await tx.optOut.createMany({ data: [row], skipDuplicates: true });
      const optOut = await tx.optOut.findFirstOrThrow({ where: { workspaceId: row.workspaceId, subjectHash: row.subjectHash } });
      return { optOut, isNew: count === 1 };
    },
    async delete(tx, workspaceId, id) {
      const found = await tx.optOut.findFirst({ where: { workspaceId, id } });
      if (found === null) return null;
      await tx.optOut.deleteMany({ where: { workspaceId, id } });
      return found;
    },
    has: async (workspaceId, subjectHash) => (await client.optOut.findFirst({ where: { workspaceId, subjectHash }, select: { id: true } })) !== null,
    isEmpty: async (workspaceId) => (await client.optOut.findFirst({ where: { workspaceId }, select: { id: true } })) === null,
    async list(workspaceId, page) {
      const [rows, totalCount] = await Promise.all([
        client.optOut.findMany({ where: { workspaceId, AND: olderThan(LIST, page.after, 'createdAt') }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: page.first + 1 }),
        client.optOut.count({ where: { workspaceId } }),
      ]);
      return toPage(rows, page.first, totalCount, (row) => row, (row) => timeCursor(LIST, row.createdAt, row.id));
    },
  };
}
