import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UndertoneError } from '../../src/domain/errors.js';
import { CHUNK_BYTES, HEADER_BYTES, plainLength, SEALED_CHUNK_BYTES, sealedLength } from '../../src/domain/sealed-format.js';
import { createFilesystemStore } from '../../src/storage/filesystem-store.js';
import { createSealedStore, type SealedStore } from '../../src/storage/sealed-store.js';

const LENGTHS = [0, 1, 1000, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 77];
const LIMIT = { maxBytes: 10_000_000 };

describe('the sealed store', () => {
  let folder: string;
  let root: string;
  let store: SealedStore;
  const key = { id: 'dk_0000000000000000000000000a', secret: randomBytes(32) };
  const keys = new Map([[key.id, key.secret]]);

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ut-sealed-'));
    root = join(folder, 'blobs');
    const source = { secretOf: (id: string) => (keys.has(id) ? Promise.resolve(keys.get(id)!) : Promise.reject(new UndertoneError('ERASED', 'gone'))) };
    store = createSealedStore(await createFilesystemStore({ root, minFreeBytes: 0 }), { keys: source, temporaryDir: () => join(folder, 'opened') });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function stored(bytes: Buffer): Promise<string> {
    const staged = await store.stage(key, Readable.from([bytes]), LIMIT);
    await staged.commit();
    return staged.key;
  }

  it.each(LENGTHS)('gives back %i bytes as they were, with their plain digest and length, and none of them lie on the disk', async (length) => {
    const bytes = randomBytes(length);
    const staged = await store.stage(key, Readable.from([bytes.subarray(0, length / 3), bytes.subarray(length / 3)]), LIMIT);
    expect([staged.sha256, staged.byteLength]).toEqual([createHash('sha256').update(bytes).digest('hex'), length]);
    expect((await staged.commit()).byteLength).toBe(length);
    expect((await store.readAll(staged.key)).equals(bytes)).toBe(true);
    expect((await store.stat(staged.key))!.byteLength).toBe(length);
    const onDisk = readFileSync(join(root, staged.key));
    expect([onDisk.length, plainLength(onDisk.length)]).toEqual([sealedLength(length), length]);
    expect(staged.key).toBe(`sha256/${createHash('sha256').update(onDisk).digest('hex').replace(/^../, '$&/')}`);
    if (length >= 1000) expect(onDisk.includes(bytes.subarray(100, 132))).toBe(false);
  });

  it('reads every range as a slice would, and only the chunks that hold it', async () => {
    const bytes = randomBytes(3 * CHUNK_BYTES + 77);
    const at = await stored(bytes);
    const edges = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES - 1, 3 * CHUNK_BYTES, bytes.length - 1];
    for (const start of edges) {
      for (const end of [...edges, bytes.length + 500].filter((one) => one >= start)) {
        expect((await buffer(await store.read(at, { start, end }))).equals(bytes.subarray(start, end + 1)), `${start}-${end}`).toBe(true);
      }
    }
    // A broken chunk elsewhere is not even read.
    const broken = readFileSync(join(root, at));
    broken[HEADER_BYTES + 2 * SEALED_CHUNK_BYTES + 5]! ^= 1;
    writeFileSync(join(root, at), broken);
    expect((await buffer(await store.read(at, { start: 10, end: 20 }))).equals(bytes.subarray(10, 21))).toBe(true);
    await expect(store.readAll(at)).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
    await expect(store.read(at, { start: 4, end: 2 }).then(buffer)).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });

  it('notices every change: a bit anywhere, a chunk cut off, two chunks swapped, a file under another key', async () => {
    const at = await stored(randomBytes(3 * CHUNK_BYTES));
    const good = readFileSync(join(root, at));
    const chunk = (index: number): Buffer => good.subarray(HEADER_BYTES + index * SEALED_CHUNK_BYTES, HEADER_BYTES + (index + 1) * SEALED_CHUNK_BYTES);
    const header = good.subarray(0, HEADER_BYTES);
    const flipped = (position: number): Buffer => { const copy = Buffer.from(good); copy[position]! ^= 0x40; return copy; };
    const bad = [flipped(20), flipped(HEADER_BYTES), flipped(good.length - 1), good.subarray(0, good.length - SEALED_CHUNK_BYTES), good.subarray(0, good.length - 3), Buffer.concat([header, chunk(1), chunk(0), chunk(2)]), Buffer.concat([good, chunk(2)])];
    for (const [index, bytes] of bad.entries()) {
      writeFileSync(join(root, at), bytes);
      await expect(store.readAll(at), `change ${index}`).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
    }
    await store.write(key, 'tracks/ana_1', Buffer.from('one'));
    await store.write(key, 'tracks/ana_2', Buffer.from('two'));
    writeFileSync(join(root, 'tracks/ana_1'), readFileSync(join(root, 'tracks/ana_2')));
    await expect(store.readAll('tracks/ana_1')).rejects.toMatchObject({ code: 'BLOB_CORRUPT' });
  });

  it('reads what was stored before there was encryption, and says ERASED when the key is gone', async () => {
    await store.raw.write('tracks/old', Buffer.from('a plain track from before'));
    expect((await store.readAll('tracks/old')).toString()).toBe('a plain track from before');
    expect((await buffer(await store.read('tracks/old', { start: 2, end: 6 }))).toString()).toBe('plain');
    const other = { id: 'dk_other', secret: randomBytes(32) };
    await store.write(other, 'tracks/gone', Buffer.from('x'));
    await expect(store.readAll('tracks/gone')).rejects.toMatchObject({ code: 'ERASED' });
    await expect(store.readAll('tracks/none')).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    expect(await store.stat('tracks/none')).toBeNull();
  });

  it('opens a plain copy for a decoder, for this user only, and takes it away again', async () => {
    const bytes = randomBytes(200_000);
    const { path, release } = await store.localPath(await stored(bytes));
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await release();
    expect(readdirSync(join(folder, 'opened'))).toEqual([]);
  });

  it('refuses one byte more than allowed by the plain length, and leaves the source to the caller', async () => {
    const source = Readable.from(Array.from({ length: 1000 }, () => Buffer.alloc(1000)));
    await expect(store.stage(key, source, { maxBytes: 5000 })).rejects.toMatchObject({ code: 'UPLOAD_TOO_LARGE', details: { maxBytes: 5000 } });
    expect(source.destroyed).toBe(false);
    expect((await store.stage(key, Readable.from([Buffer.alloc(5000)]), { maxBytes: 5000 })).byteLength).toBe(5000);
    const broken = Readable.from((function* () { yield Buffer.alloc(10); throw new Error('socket hang up'); })());
    await expect(store.stage(key, broken, LIMIT)).rejects.toMatchObject({ code: 'UPLOAD_ABORTED' });
    await expect(store.stage(key, new Readable({ read: () => undefined }), { ...LIMIT, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'UPLOAD_ABORTED' });
  });
});
