import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiKeyRepository } from '../../src/db/api-key.repository.js';
import { createSessionRepository, type SessionRepository } from '../../src/db/session.repository.js';
import { newId } from '../../src/domain/ids.js';
import { memorySessions } from '../support/memory-sessions.js';
import type { TestDatabase } from '../support/test-database.js';

/** What both the database's and the memory's sessions must do. */
export function describeSessions(open: () => Promise<TestDatabase>): void {
  describe.each(['the database', 'memory'])('sessions in %s', (place) => {
    let database: TestDatabase;
    let sessions: SessionRepository;
    let workspaceId: string;
    beforeAll(async () => {
      database = await open();
    });
    afterAll(() => database.dispose());
    beforeEach(async () => {
      sessions = place === 'memory' ? memorySessions() : createSessionRepository(database.db);
      workspaceId = newId('workspace');
      await createApiKeyRepository(database.db).ensureWorkspace(workspaceId, 'test');
      await createApiKeyRepository(database.db).ensureWorkspace(`${workspaceId}_other`, 'other');
    });

    const hashOf = (secret: string): Uint8Array => createHash('sha256').update(workspaceId + secret).digest();
    const later = new Date(Date.now() + 3_600_000);
    const insert = async (secret: string, changes: { readonly keyId?: string; readonly expiresAt?: Date; readonly workspaceId?: string } = {}, now = new Date()): Promise<string> => {
      const id = newId('session');
      await sessions.insert({ id, workspaceId, keyId: 'key_1', keyName: 'page', tokenRole: null, expiresAt: later, hash: hashOf(secret), ...changes }, now);
      return id;
    };

    it('are found by their hash until they are deleted', async () => {
      const id = await insert('a');
      expect(await sessions.findByHash(hashOf('a'))).toEqual({ id, workspaceId, keyId: 'key_1', keyName: 'page', tokenRole: null, expiresAt: later });
      await sessions.delete(`${workspaceId}_other`, id);
      expect(await sessions.findByHash(hashOf('a'))).not.toBeNull();
      await sessions.delete(workspaceId, id);
      expect(await sessions.findByHash(hashOf('a'))).toBeNull();
    });

    it('of one key end together, and those of other keys and workspaces stay', async () => {
      await insert('a');
      await insert('b');
      await insert('c', { keyId: 'key_2' });
      await insert('d', { workspaceId: `${workspaceId}_other` });
      expect(await sessions.deleteOfKey(workspaceId, 'key_1')).toBe(2);
      expect(await Promise.all(['a', 'b', 'c', 'd'].map(async (secret) => (await sessions.findByHash(hashOf(secret))) !== null))).toEqual([false, false, true, true]);
    });

    it('that have expired are gone when the next one begins', async () => {
      await insert('old', { expiresAt: new Date(Date.now() - 1000) }, new Date(0));
      await insert('new');
      expect([await sessions.findByHash(hashOf('old')), (await sessions.findByHash(hashOf('new')))?.keyName]).toEqual([null, 'page']);
    });
  });
}
