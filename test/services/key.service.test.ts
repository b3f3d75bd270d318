import { describe, expect, it } from 'vitest';
import type { ApiKeyRepository } from '../../src/db/repositories.js';
import type { Principal } from '../../src/domain/principal.js';
import type { ApiKeyRecord } from '../../src/domain/records.js';
import { createKeyService, DEFAULT_WORKSPACE_ID } from '../../src/services/key.service.js';

const admin: Principal = { keyId: 'k', keyName: 'k', workspaceId: DEFAULT_WORKSPACE_ID, role: 'admin' };

/** In memory; what the real repository promises of these methods is held by its own contract suite. */
function memoryKeys(): ApiKeyRepository & { readonly hashes: () => readonly string[] } {
  const rows = new Map<string, ApiKeyRecord>();
  const hexOf = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');
  return {
    hashes: () => [...rows.keys()],
    ensureWorkspace: () => Promise.resolve(),
    insert: ({ hash, ...row }) => {
      const record: ApiKeyRecord = { ...row, createdAt: new Date(0), lastUsedAt: null, revokedAt: null };
      rows.set(hexOf(hash), record);
      return Promise.resolve(record);
    },
    findByHash: (hash) => Promise.resolve(rows.get(hexOf(hash)) ?? null),
    findById: (workspaceId, id) => Promise.resolve([...rows.values()].find((row) => row.id === id && row.workspaceId === workspaceId) ?? null),
    list: (workspaceId) => Promise.resolve([...rows.values()].filter((row) => row.workspaceId === workspaceId)),
    revoke: (workspaceId, id) => {
      for (const [hash, row] of rows) {
        if (row.id !== id || row.workspaceId !== workspaceId) continue;
        rows.set(hash, { ...row, revokedAt: new Date(0) });
        return Promise.resolve(rows.get(hash)!);
      }
      return Promise.resolve(null);
    },
    countActive: (role) => Promise.resolve([...rows.values()].filter((row) => row.revokedAt === null && (role === undefined || row.role === role)).length),
    endingBefore: () => Promise.resolve([]),
    touch: () => Promise.resolve(),
  };
}

describe('API keys', () => {
  it('are active until they are revoked or expire, and in their own workspace alone', async () => {
    let nowMs = 1_000_000;
    const keys = createKeyService(memoryKeys(), () => nowMs);
    const lasting = (await keys.create(admin, { name: 'lasting', role: 'viewer', expiresAt: null })).apiKey;
    const brief = (await keys.create(admin, { name: 'brief', role: 'viewer', expiresAt: new Date(nowMs + 1000) })).apiKey;
    const isActive = (keyId: string, workspaceId = admin.workspaceId): Promise<boolean> => keys.isActive({ ...admin, keyId, workspaceId });
    expect([await isActive(lasting.id), await isActive(brief.id), await isActive(lasting.id, 'ws_other'), await isActive('key_none')]).toEqual([true, true, false, false]);
    nowMs += 1000;
    expect(await isActive(brief.id)).toBe(false);
    await keys.revoke(admin, lasting.id);
    expect(await isActive(lasting.id)).toBe(false);
  });

  it('let their bearer in by the secret alone, of which only a hash is kept', async () => {
    const repository = memoryKeys();
    const keys = createKeyService(repository);
    const { secret, apiKey } = await keys.create(admin, { name: 'dashboard', role: 'viewer', expiresAt: null });
    expect(await keys.authenticate(secret)).toMatchObject({ keyId: apiKey.id, role: 'viewer', workspaceId: DEFAULT_WORKSPACE_ID });
    expect(await keys.authenticate(`${secret}x`)).toBeNull();
    expect(JSON.stringify(repository.hashes())).not.toContain(secret);
    expect(secret.startsWith(apiKey.prefix)).toBe(true);
    expect(apiKey.prefix.length).toBeLessThan(12);
  });

  it('are refused at once after they are revoked, and from the moment they expire', async () => {
    let nowMs = 1000;
    const keys = createKeyService(memoryKeys(), () => nowMs);
    const revoked = await keys.create(admin, { name: 'a', role: 'viewer', expiresAt: null });
    const expiring = await keys.create(admin, { name: 'b', role: 'viewer', expiresAt: new Date(2000) });
    expect(await keys.authenticate(revoked.secret)).not.toBeNull();
    expect(await keys.authenticate(expiring.secret)).not.toBeNull();
    await keys.revoke(admin, revoked.apiKey.id);
    nowMs = 2000;
    expect(await keys.authenticate(revoked.secret)).toBeNull();
    expect(await keys.authenticate(expiring.secret)).toBeNull();
  });

  it('refuse what a key may not be, and callers who are not admins', async () => {
    const keys = createKeyService(memoryKeys(), () => 5000);
    await expect(keys.create(admin, { name: ' ', role: 'viewer', expiresAt: null })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(keys.create(admin, { name: 'a', role: 'viewer', expiresAt: new Date(4000) })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(keys.create({ ...admin, role: 'analyst' }, { name: 'a', role: 'viewer', expiresAt: null })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(keys.revoke(admin, 'key_none')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('come from the settings, once, or are made and told when a server starts without any', async () => {
    const repository = memoryKeys();
    const keys = createKeyService(repository);
    const first = await keys.makeFirstAdminKey();
    expect(await keys.authenticate(first!)).toMatchObject({ role: 'admin' });
    expect(await keys.makeFirstAdminKey()).toBeNull();
    await keys.prepare('ut_given-in-the-settings-0123456789');
    await keys.prepare('ut_given-in-the-settings-0123456789');
    expect(repository.hashes()).toHaveLength(2);
    expect(await keys.authenticate('ut_given-in-the-settings-0123456789')).toMatchObject({ role: 'admin' });
  });
});
