import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatMasterKey, newMasterKey, parseMasterKey, unwrapSecret, wrapSecret } from '../../src/domain/envelope.js';
import { openKeyring } from '../../src/storage/key-file.js';

describe('the keys that wrap data keys', () => {
  let dataDir: string;
  beforeEach(() => { dataDir = mkdtempSync(join(tmpdir(), 'ut-keys-')); });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));
  const yes = (): Promise<boolean> => Promise.resolve(true);
  const no = (): Promise<boolean> => Promise.resolve(false);
  const open = (changes: { setting?: string; file?: string } = {}, mayCreate = yes) => openKeyring({ setting: null, file: null, dataDir, ...changes }, mayCreate);

  it('are made at the first start in a file for its owner only that says what losing it means, and read again later', async () => {
    const first = await open();
    const path = join(dataDir, 'encryption.key');
    expect([first.isNew, first.path, statSync(path).mode & 0o777]).toEqual([true, path, 0o600]);
    expect(readFileSync(path, 'utf8')).toMatch(/KEEP A COPY[^]*lost with it/);
    const second = await open({}, no);
    expect([second.isNew, second.current().id]).toEqual([false, first.current().id]);
  });

  it('are one key, however many processes start at once', async () => {
    const rings = await Promise.all(Array.from({ length: 8 }, () => open()));
    expect(new Set(rings.map((ring) => ring.current().id)).size).toBe(1);
    expect(rings.filter((ring) => ring.isNew)).toHaveLength(1);
  });

  it('are never made anew where stored data needs older ones', async () => {
    await expect(open({}, no)).rejects.toMatchObject({ code: 'ENCRYPTION_KEY_MISSING' });
    expect(existsSync(join(dataDir, 'encryption.key'))).toBe(false);
    await expect(open({ file: join(dataDir, 'elsewhere') })).rejects.toMatchObject({ code: 'ENCRYPTION_KEY_MISSING' });
  });

  it('are refused from a file that others can read, and from one that holds something else', async () => {
    await open();
    const path = join(dataDir, 'encryption.key');
    chmodSync(path, 0o640);
    await expect(open()).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('chmod 600') as string });
    chmodSync(path, 0o600);
    writeFileSync(path, 'secret-that-is-no-key\n');
    const failure = await open().catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: 'CONFIG_INVALID' });
    expect((failure as Error).message).not.toContain('secret-that');
  });

  it('come from a setting, the first one current, and then cannot be added to', async () => {
    const [one, two] = [newMasterKey(), newMasterKey()];
    const ring = await open({ setting: `${formatMasterKey(one)}, ${formatMasterKey(two)}` }, no);
    expect([ring.current().id, ring.find(two.id)?.id, ring.find('none'), ring.path]).toEqual([one.id, two.id, undefined, null]);
    await expect(ring.addKey()).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(existsSync(join(dataDir, 'encryption.key'))).toBe(false);
  });

  it('are read again when another process has added one', async () => {
    const here = await open();
    const there = await open();
    const added = await there.addKey();
    expect(there.current().id).toBe(added.id);
    expect(here.find(added.id)?.id).toBe(added.id);
    expect(there.find(here.current().id)).toBeDefined();
  });

  it('open what they wrapped for that workspace and name, and nothing else', () => {
    const key = newMasterKey();
    const secret = Buffer.alloc(32, 7);
    const wrapped = wrapSecret(key, 'ws_1', 'dk_1', secret);
    expect(unwrapSecret(key, 'ws_1', 'dk_1', wrapped)).toEqual(secret);
    const changed = Buffer.from(wrapped);
    changed[15]! ^= 1;
    expect([unwrapSecret(key, 'ws_2', 'dk_1', wrapped), unwrapSecret(key, 'ws_1', 'dk_2', wrapped), unwrapSecret(newMasterKey(), 'ws_1', 'dk_1', wrapped), unwrapSecret(key, 'ws_1', 'dk_1', changed), unwrapSecret(key, 'ws_1', 'dk_1', Buffer.alloc(3))]).toEqual([null, null, null, null, null]);
    expect(parseMasterKey(formatMasterKey(key))).toEqual(key);
    expect(parseMasterKey('utk_short')).toBeNull();
  });
});
