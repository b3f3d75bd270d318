import type { Role } from '../domain/principal.js';
import type { Database } from './database.js';

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
  insert(row: SessionRecord & { readonly hash: Uint8Array }, now: Date): Promise<void>;
  findByHash(hash: Uint8Array): Promise<SessionRecord | null>;
  delete(workspaceId: string, id: string): Promise<void>;
  /** All of one key or token holder. How many there were. */
  deleteOfKey(workspaceId: string, keyId: string): Promise<number>;
}

export function createSessionRepository({ client }: Database): SessionRepository {
  return {
    async insert({ hash, ...row }, now) {
      await client.dashboardSession.deleteMany({ where: { expiresAt: { lt: now } } });
      await client.dashboardSession.create({ data: { ...row, hash: new Uint8Array(hash) } });
    },
    findByHash: (hash) => client.dashboardSession.findUnique({ where: { hash: new Uint8Array(hash) }, select: { id: true, workspaceId: true, keyId: true, keyName: true, tokenRole: true, expiresAt: true } }),
    delete: async (workspaceId, id) => {
      await client.dashboardSession.deleteMany({ where: { workspaceId, id } });
    },
    deleteOfKey: async (workspaceId, keyId) => (await client.dashboardSession.deleteMany({ where: { workspaceId, keyId } })).count,
  };
}
