import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BlobInfo, StorageBackend } from '../../src/storage/blob-store.js';

export interface StoreUnderTest {
  readonly store: StorageBackend;
  /** Bytes that are stored but not yet, or not any more, under a key: temporary files, unfinished uploads. */
  leftovers(): Promise<readonly string[]>;
  dispose(): Promise<void>;
}

const BYTES = Buffer.from('one recording');
const SHA256 = createHash('sha256').update(BYTES).digest('hex');
const KEY = `sha256/${SHA256.slice(0, 2)}/${SHA256.slice(2)}`;
const LIMIT = { maxBytes: 1_000_000 };

async function listed(blobs: AsyncIterable<BlobInfo>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of blobs) keys.push(key);
  return keys.sort();
}

async function infosOf(blobs: AsyncIterable<BlobInfo>): Promise<BlobInfo[]> {
  const infos: BlobInfo[] = [];
  for await (const info of blobs) infos.push(info);
  return infos;
}

/** What every blob store must do. */
export function describeBlobStore(kind: string, open: () => Promise<StoreUnderTest>): void {
  describe(`the blob store on ${kind}`, () => {
    let subject: StoreUnderTest;
    let store: StorageBackend;
    beforeEach(async () => {
      subject = await open();
      store = subject.store;
    });
    afterEach(() => subject.dispose());

    it('gives staged bytes their digest, length and content address, and keeps them only after commit', async () => {
      const staged = await store.stage(Readable.from([BYTES]), LIMIT);
      expect([staged.sha256, staged.byteLength, staged.key]).toEqual([SHA256, BYTES.length, KEY]);
      expect(await store.stat(KEY)).toBeNull();
      const info = await staged.commit();
      expect([info.key, info.byteLength]).toEqual([KEY, BYTES.length]);
      expect(Math.abs(Date.now() - info.modifiedAt.getTime())).toBeLessThan(60_000);
      expect(await store.readAll(KEY)).toEqual(BYTES);
      expect(await subject.leftovers()).toEqual([]);
    });

    it('commits twice, and the same bytes from two uploads, to one blob', async () => {
      const [first, second] = [await store.stage(Readable.from([BYTES]), LIMIT), await store.stage(Readable.from([BYTES]), LIMIT)];
      const infos = [await first.commit(), await first.commit(), await second.commit()];
      expect(new Set(infos.map(({ key }) => key))).toEqual(new Set([KEY]));
      expect(await listed(store.list(''))).toEqual([KEY]);
      await first.discard();
      expect(await store.readAll(KEY)).toEqual(BYTES);
    });

    it('hashes bytes that come in many pieces as one', async () => {
      const pieces = Array.from({ length: 200 }, (_, i) => Buffer.alloc(1000 + i, i));
      const staged = await store.stage(Readable.from(pieces), LIMIT);
      expect(staged.sha256).toBe(createHash('sha256').update(Buffer.concat(pieces)).digest('hex'));
      await staged.commit();
      expect(await store.readAll(staged.key)).toEqual(Buffer.concat(pieces));
    });

    it('takes an empty file', async () => {
      const info = await (await store.stage(Readable.from([]), LIMIT)).commit();
      expect([info.byteLength, (await store.readAll(info.key)).length]).toEqual([0, 0]);
    });

    it('throws staged bytes away', async () => {
      const staged = await store.stage(Readable.from([BYTES]), LIMIT);
      await staged.discard();
      expect([await store.stat(KEY), await subject.leftovers()]).toEqual([null, []]);
    });

    it('refuses one byte more than allowed, takes exactly as many, and leaves nothing behind', async () => {
      await expect(store.stage(Readable.from([BYTES]), { maxBytes: BYTES.length - 1 })).rejects.toMatchObject({ code: 'UPLOAD_TOO_LARGE' });
      expect(await subject.leftovers()).toEqual([]);
      expect((await store.stage(Readable.from([BYTES]), { maxBytes: BYTES.length })).byteLength).toBe(BYTES.length);
    });

    it('stops reading at the limit and leaves the rest of the source to the caller', async () => {
      let sent = 0;
      const source = Readable.from((function* () {
        for (; sent < 1000; sent++) yield Buffer.alloc(1000);
      })());
      await expect(store.stage(source, { maxBytes: 5_000 })).rejects.toMatchObject({ code: 'UPLOAD_TOO_LARGE' });
      expect(sent).toBeLessThan(100);
      expect(source.destroyed).toBe(false);
      source.destroy();
    });

    it('says that an upload was aborted by its signal, also when the source is silent, and leaves nothing behind', async () => {
      const silent = new Readable({ read: () => undefined });
      silent.push(BYTES);
      const abort = new AbortController();
      const staging = store.stage(silent, { ...LIMIT, signal: abort.signal });
      setImmediate(() => abort.abort());
      await expect(staging).rejects.toMatchObject({ code: 'UPLOAD_ABORTED' });
      await expect(store.stage(Readable.from([BYTES]), { ...LIMIT, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'UPLOAD_ABORTED' });
      expect(await subject.leftovers()).toEqual([]);
    });

    it('says that an upload was aborted when its source breaks off or ends without its end', async () => {
      const broken = Readable.from((function* () {
        yield BYTES;
        throw new Error('socket hang up');
      })());
      await expect(store.stage(broken, LIMIT)).rejects.toMatchObject({ code: 'UPLOAD_ABORTED' });
      const gone = new Readable({ read: () => undefined });
      gone.push(BYTES);
      const staging = store.stage(gone, LIMIT);
      setImmediate(() => gone.destroy());
      await expect(staging).rejects.toMatchObject({ code: 'UPLOAD_ABORTED' });
      expect(await subject.leftovers()).toEqual([]);
    });

    it('writes a derived blob under its key and replaces it as a whole', async () => {
      await store.write('tracks/ana_1', Buffer.from('a longer first version'));
      const info = await store.write('tracks/ana_1', Buffer.from('second'));
      expect([info.key, info.byteLength]).toEqual(['tracks/ana_1', 6]);
      expect((await store.readAll('tracks/ana_1')).toString()).toBe('second');
    });

    it('reads ranges with both ends included, and to the end where the range goes past it', async () => {
      await store.write('tracks/ana_1', Buffer.from('0123456789'));
      const read = async (start: number, end: number): Promise<string> => (await buffer(await store.read('tracks/ana_1', { start, end }))).toString();
      expect([await read(0, 0), await read(2, 4), await read(8, 99), await read(80, 99)]).toEqual(['0', '234', '89', '']);
      expect((await buffer(await store.read('tracks/ana_1'))).toString()).toBe('0123456789');
      await expect(store.read('tracks/ana_1', { start: 4, end: 2 })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    });

    it('says BLOB_MISSING for bytes that are not there, and null from stat', async () => {
      for (const read of [() => store.read(KEY), () => store.readAll(KEY), () => store.localPath(KEY)]) {
        await expect(read()).rejects.toMatchObject({ code: 'BLOB_MISSING' });
      }
      expect(await store.stat(KEY)).toBeNull();
    });

    it('deletes, and does not mind when there is nothing to delete', async () => {
      await store.write('tracks/ana_1', BYTES);
      await store.delete('tracks/ana_1');
      await store.delete('tracks/ana_1');
      expect(await store.stat('tracks/ana_1')).toBeNull();
    });

    it('lists by prefix, and nothing that was not committed', async () => {
      await (await store.stage(Readable.from([BYTES]), LIMIT)).commit();
      await store.write('tracks/ana_1', BYTES);
      await store.write('tracks/ana_2', BYTES);
      const staged = await store.stage(Readable.from(['other']), LIMIT);
      expect(await listed(store.list(''))).toEqual([KEY, 'tracks/ana_1', 'tracks/ana_2']);
      expect(await listed(store.list('tracks/'))).toEqual(['tracks/ana_1', 'tracks/ana_2']);
      expect(await listed(store.list('sha256/'))).toEqual([KEY]);
      expect(await listed(store.list('nothing/'))).toEqual([]);
      await staged.discard();
    });

    it('lists lengths and times, for a sweep to tell old from new', async () => {
      await store.write('tracks/ana_1', BYTES);
      const [info, ...others] = await infosOf(store.list('tracks/'));
      expect([info?.key, info?.byteLength, others.length]).toEqual(['tracks/ana_1', BYTES.length, 0]);
      expect(Math.abs(Date.now() - info!.modifiedAt.getTime())).toBeLessThan(60_000);
    });

    it('keeps a large upload whole, from its first byte to its last, and shows it only after commit', async () => {
      const pieces = Array.from({ length: 25 }, (_, i) => Buffer.alloc(1_000_003, i));
      const whole = Buffer.concat(pieces);
      const staged = await store.stage(Readable.from(pieces), { maxBytes: whole.length });
      expect([await store.stat(staged.key), await listed(store.list(''))]).toEqual([null, []]);
      await staged.commit();
      expect((await store.stat(staged.key))?.byteLength).toBe(whole.length);
      expect(createHash('sha256').update(await store.readAll(staged.key)).digest('hex')).toBe(staged.sha256);
      const across = await buffer(await store.read(staged.key, { start: 8_388_600, end: 8_388_620 }));
      expect(across).toEqual(whole.subarray(8_388_600, 8_388_621));
      await staged.discard();
      expect([(await store.stat(staged.key))?.byteLength, await subject.leftovers()]).toEqual([whole.length, []]);
    });

    it('throws a large staged upload away without a trace', async () => {
      const staged = await store.stage(Readable.from(Array.from({ length: 20 }, () => Buffer.alloc(1_000_003, 7))), { maxBytes: 1e9 });
      await staged.discard();
      expect([await store.stat(staged.key), await subject.leftovers()]).toEqual([null, []]);
    });

    it('removes what dead processes left unfinished, and leaves young uploads to those that live', async () => {
      const staged = await store.stage(Readable.from(Array.from({ length: 20 }, () => Buffer.alloc(1_000_003, 8))), { maxBytes: 1e9 });
      expect(await store.removeUnfinished(60_000)).toBe(0);
      await staged.commit();
      expect((await store.readAll(staged.key)).length).toBe(20_000_060);
    });

    it('answers a ping', async () => {
      await expect(store.ping()).resolves.toBeUndefined();
    });

    it('gives a path with the bytes on it', async () => {
      await store.write('tracks/ana_1', BYTES);
      const { path, release } = await store.localPath('tracks/ana_1');
      expect(await readFile(path)).toEqual(BYTES);
      await release();
    });

    it('refuses keys that are none or would lead elsewhere', async () => {
      for (const key of ['', 'x', '/etc/passwd', '../up/x', 'a/../b', 'a/./b', 'a//b', 'a/', 'tmp/x', 'a/b\0c', 'a\\b/c', 'sha256/.hidden', `a/${'x'.repeat(300)}`]) {
        await expect(store.write(key, BYTES), key).rejects.toMatchObject({ code: 'BAD_INPUT' });
        await expect(store.readAll(key), key).rejects.toMatchObject({ code: 'BAD_INPUT' });
        await expect(store.delete(key), key).rejects.toMatchObject({ code: 'BAD_INPUT' });
      }
    });

    it('keeps each of many uploads at once apart', async () => {
      const contents = Array.from({ length: 20 }, (_, i) => Buffer.alloc(5_000, i));
      const infos = await Promise.all(contents.map(async (content) => (await store.stage(Readable.from([content]), LIMIT)).commit()));
      const back = await Promise.all(infos.map(({ key }) => store.readAll(key)));
      expect(back).toEqual(contents);
    });
  });
}
