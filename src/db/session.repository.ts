import type { Role } from '../domain/principal.js';
import type { Database } from './database.js';
import type { Also } from './repositories.js';

/** A browser that is signed in. */
export interface SessionRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly keyId: string;
  readonly keyName: string;
  /** The role of a token's holder; null for an API key. */
  readonly tokenRole: Role | null;
  readonly expiresAt: Date;
}

export interface SessionRepository {
  /** Removes what has expired before `now` on the way: nobody else looks after it. */
  insert(row: SessionRecord & { readonly hash: Uint8Array }, now: Date, also?: Also): Promise<void>;
  findByHash(hash: Uint8Array): Promise<SessionRecord | null>;
  delete(workspaceId: string, id: string, also?: Also): Promise<void>;
  /** All of one key or token holder. How many there were. */
  deleteOfKey(workspaceId: string, keyId: string, also?: Also): Promise<number>;
}

export function createSessionRepository(db: Database): SessionRepository {
  const { client } = db;
  const remove = (where: { readonly workspaceId: string; readonly id?: string; readonly keyId?: string }, also?: Also): Promise<number> =>
    db.transaction(async (tx) => {
      const { count } = await tx.dashboardSession.deleteMany({ where });
      if (count > 0) await also?.(tx);
      return count;
    });
  return {
    async insert({ hash, ...row }, now, also) {
      await client.dashboardSession.deleteMany({ where: { expiresAt: { lt: now } } });
      await db.transaction(async (tx) => {
        await tx.dashboardSession.create({ data: { ...row, hash: new Uint8Array(hash) } });
        await also?.(tx);
      });
    },
    findByHash: (hash) => client.dashboardSession.findFirst({ where: { hash: new Uint8Array(hash) }, select: { id: true, workspaceId: true, keyId: true, keyName: true, tokenRole: true, expiresAt: true } }),
    delete: async (workspaceId, id, also) => {
      await remove({ workspaceId, id }, also);
    },
    deleteOfKey: (workspaceId, keyId, also) => remove({ workspaceId, keyId }, also),
  };
}
