import type { SessionRecord, SessionRepository } from '../../src/db/session.repository.js';

/** In memory; the repository's contract suite holds both to the same. */
export function memorySessions(): SessionRepository & { readonly hashes: () => readonly string[] } {
  const rows = new Map<string, SessionRecord>();
  const hexOf = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');
  const remove = (matches: (row: SessionRecord) => boolean): number => {
    const found = [...rows].filter(([, row]) => matches(row));
    for (const [hash] of found) rows.delete(hash);
    return found.length;
  };
  return {
    hashes: () => [...rows.keys()],
    insert: ({ hash, ...row }, now) => {
      remove(({ expiresAt }) => expiresAt < now);
      rows.set(hexOf(hash), row);
      return Promise.resolve();
    },
    findByHash: (hash) => Promise.resolve(rows.get(hexOf(hash)) ?? null),
    delete: (workspaceId, id) => {
      remove((row) => row.workspaceId === workspaceId && row.id === id);
      return Promise.resolve();
    },
    deleteOfKey: (workspaceId, keyId) => Promise.resolve(remove((row) => row.workspaceId === workspaceId && row.keyId === keyId)),
  };
}
