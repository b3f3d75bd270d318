import { describe, expect, it } from 'vitest';
import type { ApiKeyRepository } from '../../src/db/repositories.js';
import type { Principal } from '../../src/domain/principal.js';
import type { ApiKeyRecord } from '../../src/domain/records.js';
import { createKeyService, DEFAULT_WORKSPACE_ID } from '../../src/services/key.service.js';
import { noAudit } from '../support/no-audit.js';

const admin: Principal = { keyId: 'k', keyName: 'k', workspaceId: DEFAULT_WORKSPACE_ID, role: 'admin' };

const HERE = '127.0.0.1';

/** In memory; what the real repository promises of these methods is held by its own contract suite. */
function memoryKeys(): ApiKeyRepository & { readonly hashes: () => readonly string[] } {
  const rows = new Map<string, ApiKeyRecord>();
  const hexOf = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');
  return {
    hashes: () => [...rows.keys()],
    ensureWorkspace: () => Promise.resolve(),
    insert: ({ hash, ...row }) => {
      const record: ApiKeyRecord = { ...row, createdAt: new Date(0), lastUsedAt: null, revokedAt: null, previousSecretUntil: null };
      rows.set(hexOf(hash), record);
      return Promise.resolve(record);
    },
    findByHash: (hash) => Promise.resolve(rows.get(hexOf(hash)) ?? null),
    findById: (workspaceId, id) => Promise.resolve([...rows.values()].find((row) => row.id === id && row.workspaceId === workspaceId) ?? null),
    rotate: (workspaceId, id, { hash, prefix, previousUntil }) => {
      const entry = [...rows].find(([, row]) => row.id === id && row.workspaceId === workspaceId && row.revokedAt === null);
      if (entry === undefined) return Promise.resolve(null);
      const rotated = { ...entry[1], prefix, previousSecretUntil: previousUntil };
      rows.set(entry[0], { ...rotated, expiresAt: previousUntil });
      rows.set(hexOf(hash), rotated);
      return Promise.resolve(rotated);
    },
    list: (workspaceId) => Promise.resolve([...rows.values()].filter((row) => row.workspaceId === workspaceId)),
    revoke: (workspaceId, id) => {
      let revoked: ApiKeyRecord | null = null;
      for (const [hash, row] of rows) {
        if (row.id !== id || row.workspaceId !== workspaceId) continue;
        revoked = { ...row, revokedAt: new Date(0) };
        rows.set(hash, revoked);
      }
      return Promise.resolve(revoked);
    },
    countActive: (role) => Promise.resolve([...rows.values()].filter((row) => row.revokedAt === null && (role === undefined || row.role === role)).length),
    endingBefore: () => Promise.resolve([]),
    touch: () => Promise.resolve(),
  };
}

describe('API keys', () => {
  it('are active until they are revoked or expire, and in their own workspace alone', async () => {
    let nowMs = 1_000_000;
    const keys = createKeyService(memoryKeys(), noAudit, () => nowMs);
    const lasting = (await keys.create(admin, { name: 'lasting', role: 'viewer', expiresAt: null })).apiKey;
    const brief = (await keys.create(admin, { name: 'brief', role: 'viewer', expiresAt: new Date(nowMs + 1000) })).apiKey;
    const isActive = async (keyId: string, workspaceId = admin.workspaceId): Promise<boolean> => (await keys.holderOf({ keyId, workspaceId }, HERE)) !== null;
    expect([await isActive(lasting.id), await isActive(brief.id), await isActive(lasting.id, 'ws_other'), await isActive('key_none')]).toEqual([true, true, false, false]);
    nowMs += 1000;
    expect(await isActive(brief.id)).toBe(false);
    await keys.revoke(admin, lasting.id);
    expect(await isActive(lasting.id)).toBe(false);
  });

  it('let their bearer in by the secret alone, of which only a hash is kept', async () => {
    const repository = memoryKeys();
    const keys = createKeyService(repository, noAudit);
    const { secret, apiKey } = await keys.create(admin, { name: 'dashboard', role: 'viewer', expiresAt: null });
    expect(await keys.authenticate(secret, HERE)).toMatchObject({ keyId: apiKey.id, role: 'viewer', workspaceId: DEFAULT_WORKSPACE_ID });
    expect(await keys.authenticate(`${secret}x`, HERE)).toBeNull();
    expect(JSON.stringify(repository.hashes())).not.toContain(secret);
    expect(secret.startsWith(apiKey.prefix)).toBe(true);
    expect(apiKey.prefix.length).toBeLessThan(12);
  });

  it('are refused at once after they are revoked, and from the moment they expire', async () => {
    let nowMs = 1000;
    const keys = createKeyService(memoryKeys(), noAudit, () => nowMs);
    const revoked = await keys.create(admin, { name: 'a', role: 'viewer', expiresAt: null });
    const expiring = await keys.create(admin, { name: 'b', role: 'viewer', expiresAt: new Date(2000) });
    expect(await keys.authenticate(revoked.secret, HERE)).not.toBeNull();
    expect(await keys.authenticate(expiring.secret, HERE)).not.toBeNull();
    await keys.revoke(admin, revoked.apiKey.id);
    nowMs = 2000;
    expect(await keys.authenticate(revoked.secret, HERE)).toBeNull();
    expect(await keys.authenticate(expiring.secret, HERE)).toBeNull();
  });

  it('refuse what a key may not be, and callers who are not admins', async () => {
    const keys = createKeyService(memoryKeys(), noAudit, () => 5000);
    await expect(keys.create(admin, { name: ' ', role: 'viewer', expiresAt: null })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(keys.create(admin, { name: 'a', role: 'viewer', expiresAt: new Date(4000) })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(keys.create({ ...admin, role: 'analyst' }, { name: 'a', role: 'viewer', expiresAt: null })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(keys.revoke(admin, 'key_none')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('come from the settings, once, or are made and told when a server starts without any', async () => {
    const repository = memoryKeys();
    const keys = createKeyService(repository, noAudit);
    const first = await keys.makeFirstAdminKey();
    expect(await keys.authenticate(first!, HERE)).toMatchObject({ role: 'admin' });
    expect(await keys.makeFirstAdminKey()).toBeNull();
    await keys.prepare('ut_given-in-the-settings-0123456789');
    await keys.prepare('ut_given-in-the-settings-0123456789');
    expect(repository.hashes()).toHaveLength(2);
    expect(await keys.authenticate('ut_given-in-the-settings-0123456789', HERE)).toMatchObject({ role: 'admin' });
  });

  it('may be made with fewer scopes than their role, never with others, and never with more than their maker has', async () => {
    const keys = createKeyService(memoryKeys(), noAudit);
    const { secret } = await keys.create(admin, { name: 'maker', role: 'admin', expiresAt: null, scopes: ['keys:admin', 'recordings:read'] });
    const maker = (await keys.authenticate(secret, HERE))!;
    expect(maker).toMatchObject({ role: 'admin', scopes: ['recordings:read', 'keys:admin'] });
    await expect(keys.create(admin, { name: 'x', role: 'viewer', expiresAt: null, scopes: ['recordings:write'] })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(keys.create(admin, { name: 'x', role: 'viewer', expiresAt: null, scopes: [] })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(keys.create(maker, { name: 'x', role: 'viewer', expiresAt: null })).rejects.toMatchObject({ code: 'FORBIDDEN', details: { neededScope: 'analyses:read' } });
    await keys.create(maker, { name: 'x', role: 'viewer', expiresAt: null, scopes: ['recordings:read'] });
    const whole = await keys.create(admin, { name: 'whole', role: 'admin', expiresAt: null });
    await expect(keys.rotate(maker, whole.apiKey.id, 0)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('work from their networks only, however the address is written', async () => {
    const keys = createKeyService(memoryKeys(), noAudit);
    const { secret } = await keys.create(admin, { name: 'office', role: 'viewer', expiresAt: null, allowedNetworks: ['10.1.0.0/16', '2001:db8::/32'] });
    const isLetIn = async (address: string): Promise<boolean> => (await keys.authenticate(secret, address)) !== null;
    expect(await Promise.all(['10.1.255.3', '::ffff:10.1.0.9', '2001:DB8:1::5'].map(isLetIn))).toEqual([true, true, true]);
    expect(await Promise.all(['10.2.0.1', '::ffff:10.2.0.1', '2001:db9::1', '', 'nonsense', '127.0.0.1'].map(isLetIn))).toEqual([false, false, false, false, false, false]);
    for (const allowedNetworks of [['10.0.0.0/33'], ['10.0.0'], ['example.org'], ['::/129']]) {
      await expect(keys.create(admin, { name: 'x', role: 'viewer', expiresAt: null, allowedNetworks })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    }
  });

  it('get another secret, beside which the one before works as long as was asked for', async () => {
    let nowMs = 1000;
    const keys = createKeyService(memoryKeys(), noAudit, () => nowMs);
    const { apiKey, secret } = await keys.create(admin, { name: 'a', role: 'viewer', expiresAt: null });
    expect(await keys.authenticate(secret, HERE)).not.toBeNull();
    const next = await keys.rotate(admin, apiKey.id, 10);
    expect(await Promise.all([secret, next.secret].map(async (one) => (await keys.authenticate(one, HERE))?.keyId))).toEqual([apiKey.id, apiKey.id]);
    nowMs = 11_000;
    expect(await Promise.all([secret, next.secret].map(async (one) => (await keys.authenticate(one, HERE))?.keyId))).toEqual([undefined, apiKey.id]);
    await expect(keys.rotate(admin, apiKey.id, -1)).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(keys.rotate({ ...admin, workspaceId: 'ws_other' }, apiKey.id, 0)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await keys.revoke(admin, apiKey.id);
    await expect(keys.rotate(admin, apiKey.id, 0)).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});
