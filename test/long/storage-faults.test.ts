import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BlobStore } from '../../src/storage/blob-store.js';
import { createFilesystemStore } from '../../src/storage/filesystem-store.js';

const DISK_BYTES = 2 * 1024 * 1024;

describe('the blob store on a small disk of its own (needs root, to mount it)', () => {
  let mountPoint: string;
  let store: BlobStore;
  beforeEach(async () => {
    mountPoint = mkdtempSync(join(tmpdir(), 'ut-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES},mode=700`, 'tmpfs', mountPoint]);
    store = await createFilesystemStore({ root: join(mountPoint, 'blobs'), minFreeBytes: 0 });
  });
  afterEach(() => {
    execFileSync('umount', [mountPoint]);
    rmSync(mountPoint, { recursive: true });
  });
  const pieces = (bytes: number): Readable => Readable.from(Array.from({ length: bytes / 65_536 }, () => Buffer.alloc(65_536)));

  it('says STORAGE_FULL when the disk is, leaves nothing behind, keeps what was stored and takes more when there is room again', async () => {
    const kept = await (await store.stage(pieces(1_048_576), { maxBytes: 1e9 })).commit();
    await expect(store.stage(pieces(4 * DISK_BYTES), { maxBytes: 1e9 })).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    await expect(store.write('tracks/ana_1', Buffer.alloc(DISK_BYTES))).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(readdirSync(join(mountPoint, 'blobs', 'tmp'))).toEqual([]);
    expect((await store.readAll(kept.key)).length).toBe(1_048_576);
    await store.delete(kept.key);
    expect((await (await store.stage(pieces(1_048_576), { maxBytes: 1e9 })).commit()).byteLength).toBe(1_048_576);
  });

  it('says STORAGE_FAILED when the disk becomes read-only, still reads, and writes again when it may', async () => {
    await store.write('tracks/ana_1', Buffer.from('before'));
    execFileSync('mount', ['-o', 'remount,ro', mountPoint]);
    await expect(store.stage(pieces(65_536), { maxBytes: 1e9 })).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(store.write('tracks/ana_1', Buffer.from('x'))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(store.delete('tracks/ana_1')).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect((await store.readAll('tracks/ana_1')).toString()).toBe('before');
    execFileSync('mount', ['-o', 'remount,rw', mountPoint]);
    await store.write('tracks/ana_1', Buffer.from('after'));
    expect((await store.readAll('tracks/ana_1')).toString()).toBe('after');
  });
});
