import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { createFilesystemStore } from '../../src/storage/filesystem-store.js';
import { storageError } from '../../src/storage/storage-errors.js';
import { describeBlobStore } from './blob-store.contract.js';

const folders: string[] = [];
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ut-blobs-'));
  folders.push(folder);
  return folder;
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describeBlobStore('the file system', async () => {
  const root = join(newFolder(), 'blobs');
  return {
    store: await createFilesystemStore({ root, minFreeBytes: 0 }),
    leftovers: () => Promise.resolve(readdirSync(join(root, 'tmp'))),
    dispose: () => Promise.resolve(),
  };
});

describe('the file system store alone', () => {
  it('makes folders and files for their owner only', async () => {
    const root = join(newFolder(), 'blobs');
    const store = await createFilesystemStore({ root, minFreeBytes: 0 });
    await (await store.stage(Readable.from(['x']), { maxBytes: 10 })).commit();
    await store.write('tracks/ana_1', Buffer.from('x'));
    const modes = readdirSync(root, { recursive: true, withFileTypes: true }).map((entry) => statSync(join(entry.parentPath, entry.name)).mode & 0o777);
    expect(new Set(modes)).toEqual(new Set([0o700, 0o600]));
  });

  it('takes nothing in when less than the floor is free, and says how much is', async () => {
    const store = await createFilesystemStore({ root: newFolder(), minFreeBytes: Number.MAX_SAFE_INTEGER });
    const full = { code: 'STORAGE_FULL', details: { freeBytes: expect.any(Number) as number, minFreeBytes: Number.MAX_SAFE_INTEGER } };
    await expect(store.stage(Readable.from(['x']), { maxBytes: 10 })).rejects.toMatchObject(full);
    await expect(store.write('tracks/ana_1', Buffer.from('x'))).rejects.toMatchObject(full);
    expect(await store.freeBytes()).toBeGreaterThan(0);
  });

  it('sweeps temporary files of dead processes at start, and leaves young ones to the processes that live', async () => {
    const root = newFolder();
    await createFilesystemStore({ root, minFreeBytes: 0 });
    writeFileSync(join(root, 'tmp', 'old'), 'x');
    writeFileSync(join(root, 'tmp', 'young'), 'x');
    const twoHoursAgo = Date.now() / 1000 - 7200;
    utimesSync(join(root, 'tmp', 'old'), twoHoursAgo, twoHoursAgo);
    await createFilesystemStore({ root, minFreeBytes: 0 });
    expect(readdirSync(join(root, 'tmp'))).toEqual(['young']);
  });

  it('says STORAGE_FAILED when the folder cannot be used', async () => {
    const root = join(newFolder(), 'file');
    writeFileSync(root, 'in the way');
    await expect(createFilesystemStore({ root, minFreeBytes: 0 })).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  });

  it.each([
    ['ENOSPC', 'STORAGE_FULL'],
    ['EDQUOT', 'STORAGE_FULL'],
    ['EROFS', 'STORAGE_FAILED'],
    ['EACCES', 'STORAGE_FAILED'],
    ['EIO', 'STORAGE_FAILED'],
  ])('translates %s to %s without the path', (code, expected) => {
    const error = storageError(Object.assign(new Error(`${code}: open '/secret/place'`), { code }));
    expect(error).toMatchObject({ code: expected });
    expect((error as Error).message).not.toContain('/secret');
  });
});
