import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiKeyRepository } from '../../src/db/api-key.repository.js';
import type { ApiKeyRepository } from '../../src/db/repositories.js';
import { newId } from '../../src/domain/ids.js';
import type { ApiKeyRecord } from '../../src/domain/records.js';
import type { TestDatabase } from '../support/test-database.js';

export function describeApiKeys(open: () => Promise<TestDatabase>): void {
  describe('API keys', () => {
    let database: TestDatabase;
    let keys: ApiKeyRepository;
    let workspaceId: string;
    beforeAll(async () => {
      database = await open();
      keys = createApiKeyRepository(database.db);
    });
    afterAll(() => database.dispose());
    beforeEach(async () => {
      workspaceId = newId('workspace');
      await keys.ensureWorkspace(workspaceId, 'test');
      await database.db.client.apiKey.deleteMany();
    });

    const hashOf = (key: string): Uint8Array => createHash('sha256').update(key).digest();
    const insert = (key: string, changes: Partial<Pick<ApiKeyRecord, 'role' | 'expiresAt'>> = {}): Promise<ApiKeyRecord> =>
      keys.insert({ id: newId('apiKey'), workspaceId, name: key, role: 'analyst', prefix: 'ut_abc', expiresAt: null, scopes: [], allowedNetworks: [], hash: hashOf(key), ...changes });

    it('finds a key by its hash and never gives the hash out', async () => {
      const made = await insert('secret');
      expect(await keys.findByHash(hashOf('secret'))).toEqual(made);
      expect(Object.keys(made)).not.toContain('hash');
      expect(await keys.findByHash(hashOf('other'))).toBeNull();
    });

    it('refuses two keys of the same hash', async () => {
      await insert('secret');
      await expect(insert('secret')).rejects.toThrow();
    });

    it('makes a workspace once, however many nodes start at once', async () => {
      const id = newId('workspace');
      await Promise.all(Array.from({ length: 5 }, () => keys.ensureWorkspace(id, 'five')));
      expect(await database.db.client.workspace.count({ where: { id } })).toBe(1);
    });

    it('lists the keys of a workspace and none of another', async () => {
      const made = [await insert('one'), await insert('two')];
      expect(await keys.list(workspaceId)).toEqual(made);
      expect(await keys.list('ws_other')).toEqual([]);
    });

    it('revokes once, for its own workspace only', async () => {
      const { id } = await insert('secret');
      expect(await keys.revoke('ws_other', id)).toBeNull();
      const revoked = await keys.revoke(workspaceId, id);
      expect(revoked?.revokedAt).toBeInstanceOf(Date);
      expect(await keys.revoke(workspaceId, id)).toEqual(revoked);
      expect((await keys.findByHash(hashOf('secret')))?.revokedAt).toEqual(revoked?.revokedAt);
    });

    it('finds a rotated key by both secrets, the one before only until its time, and by no older one', async () => {
      const { id } = await insert('first');
      const until = new Date(Date.now() + 60_000);
      expect(await keys.rotate('ws_other', id, { hash: hashOf('second'), prefix: 'ut_two', previousUntil: until })).toBeNull();
      const rotated = await keys.rotate(workspaceId, id, { hash: hashOf('second'), prefix: 'ut_two', previousUntil: until });
      expect(rotated).toMatchObject({ id, prefix: 'ut_two', previousSecretUntil: until, expiresAt: null });
      expect(await keys.findByHash(hashOf('second'))).toEqual(rotated);
      expect(await keys.findByHash(hashOf('first'))).toEqual({ ...rotated, expiresAt: until });
      await keys.rotate(workspaceId, id, { hash: hashOf('third'), prefix: 'ut_3', previousUntil: until });
      expect(await keys.findByHash(hashOf('first'))).toBeNull();
      await keys.revoke(workspaceId, id);
      expect((await keys.findByHash(hashOf('second')))?.revokedAt).toBeInstanceOf(Date);
      expect(await keys.rotate(workspaceId, id, { hash: hashOf('fourth'), prefix: 'ut_4', previousUntil: until })).toBeNull();
    });

    it('keeps scopes and networks as they were given', async () => {
      const made = await keys.insert({ id: newId('apiKey'), workspaceId, name: 'n', role: 'analyst', prefix: 'ut_abc', expiresAt: null, scopes: ['recordings:read'], allowedNetworks: ['10.0.0.0/8', '::1'], hash: hashOf('narrow') });
      expect(await keys.findById(workspaceId, made.id)).toMatchObject({ scopes: ['recordings:read'], allowedNetworks: ['10.0.0.0/8', '::1'] });
      expect(await keys.findById('ws_other', made.id)).toBeNull();
    });

    it('counts keys that are neither revoked nor expired, by role where asked', async () => {
      await insert('analyst');
      await insert('admin', { role: 'admin', expiresAt: new Date(Date.now() + 60_000) });
      await insert('expired', { role: 'admin', expiresAt: new Date(Date.now() - 1000) });
      await keys.revoke(workspaceId, (await insert('revoked', { role: 'admin' })).id);
      expect([await keys.countActive(), await keys.countActive('admin'), await keys.countActive('viewer')]).toEqual([2, 1, 0]);
    });

    it('writes the last use at most once a minute', async () => {
      const { id } = await insert('secret');
      await keys.touch(id);
      const first = (await keys.findByHash(hashOf('secret')))!.lastUsedAt;
      expect(first).toBeInstanceOf(Date);
      await keys.touch(id);
      expect((await keys.findByHash(hashOf('secret')))!.lastUsedAt).toEqual(first);
      await database.db.client.apiKey.update({ where: { id }, data: { lastUsedAt: new Date(Date.now() - 61_000) } });
      await keys.touch(id);
      expect((await keys.findByHash(hashOf('secret')))!.lastUsedAt!.getTime()).toBeGreaterThanOrEqual(first!.getTime());
    });
  });
}
