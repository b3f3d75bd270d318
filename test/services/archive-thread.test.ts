import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { MessageChannel } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { UndertoneError } from '../../src/domain/errors.js';
import { sealStream } from '../../src/domain/sealed-format.js';
import { createArchiveThread } from '../../src/services/archive-thread.js';
import { portChannel } from '../../src/services/port-channel.js';

const folder = mkdtempSync(join(tmpdir(), 'undertone-thread-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const thread = createArchiveThread();
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Of every size that blocks and pieces can end at. */
const MEMBERS = [0, 1, 65_535, 65_536, 131_072, 262_144, 700_001].map((length, index) => ({ path: `recordings/rec_${index}/audio.sealed`, bytes: randomBytes(length) }));

async function packed(format: string, members = MEMBERS): Promise<{ readonly archive: Buffer; readonly digests: readonly unknown[] }> {
  const pack = thread.pack(format);
  const archive = pack.bytes.toArray() as Promise<Buffer[]>;
  const added = [];
  for (const { path, bytes } of members) added.push(await pack.add({ path, byteLength: bytes.length, bytes: () => Readable.from([Buffer.from(bytes)]) }));
  await pack.finish();
  return { archive: Buffer.concat(await archive), digests: await Promise.all(added.map(({ digested }) => digested)) };
}

/** A file that is gone after its first bytes. */
function failingAfter(byteLength: number): Readable {
  const source = new Readable({ read: () => undefined });
  if (byteLength > 0) source.push(Buffer.alloc(byteLength));
  setImmediate(() => source.destroy(new UndertoneError('BLOB_MISSING', 'gone')));
  return source;
}

/** The contents of a frame of raw blocks, read by the letter of RFC 8878. */
function rawBlocks(frame: Buffer): Buffer {
  expect(frame.subarray(0, 6).toString('hex')).toBe('28b52ffd0038');
  const blocks: Buffer[] = [];
  for (let at = 6, isLast = false; !isLast; at += 3 + (blocks.at(-1)?.length ?? 0)) {
    const head = frame.readUIntLE(at, 3);
    expect([(head >> 1) & 3, head >> 3 <= 128 * 1024]).toEqual([0, true]);
    blocks.push(frame.subarray(at + 3, at + 3 + (head >> 3)));
    isLast = (head & 1) === 1;
  }
  return Buffer.concat(blocks);
}

describe('the thread of archives', () => {
  it('packs a .tar.gz that gzip finds whole and tar unpacks byte for byte, with the digest of every member', async () => {
    const { archive, digests } = await packed('tar.gz');
    writeFileSync(join(folder, 'a.tar.gz'), archive);
    execFileSync('gzip', ['-t', join(folder, 'a.tar.gz')]);
    execFileSync('tar', ['xzf', 'a.tar.gz'], { cwd: folder });
    expect(MEMBERS.map(({ path }) => readFileSync(join(folder, path)).equals(MEMBERS.find((one) => one.path === path)!.bytes))).toEqual(MEMBERS.map(() => true));
    expect(digests).toEqual(MEMBERS.map(({ path, bytes }) => ({ path, byteLength: bytes.length, sha256: sha256(bytes) })));
  });

  it('packs a .tar.zst whose blocks hold the same tar', async () => {
    const [zstd, gzip] = [await packed('tar.zst'), await packed('tar.gz')];
    expect(rawBlocks(zstd.archive).equals(gunzipSync(gzip.archive))).toBe(true);
  });

  it('breaks off with the reason when a member has other than its length, or cannot be read', async () => {
    const pack = thread.pack('tar.gz');
    const archive = pack.bytes.toArray();
    await (await pack.add({ path: 'short', byteLength: 10, bytes: () => Readable.from([Buffer.alloc(3)]) })).digested.catch(() => undefined);
    await expect(archive).rejects.toThrow(/size mismatch/i);
    const other = thread.pack('tar.gz');
    const gone = other.bytes.toArray();
    const failing = other.add({ path: 'gone', byteLength: 10, bytes: () => failingAfter(0) });
    await expect(failing).rejects.toThrow('gone');
    other.destroy(new Error('a member could not be read'));
    await expect(gone).rejects.toThrow();
  });

  it('checks what it packed: whole but unsigned, opened with the keys that it asks for, and refused ones by their reason', async () => {
    const key = { id: 'dk_1', secret: randomBytes(32) };
    const path = 'recordings/rec_1/audio.sealed';
    const sealed = Buffer.concat(await Readable.from(sealStream(key, path, Readable.from([randomBytes(200_000)]))).toArray() as Buffer[]);
    const manifest = Buffer.from(JSON.stringify({ format: 'undertone-archive', version: 1, signingKey: { publicKey: '' }, recordings: [{ id: 'rec_1', members: [{ path, byteLength: sealed.length, sha256: sha256(sealed) }] }] }));
    const { archive } = await packed('tar.gz', [{ path, bytes: sealed }, { path: 'manifest.json', bytes: manifest }, { path: 'manifest.json.sig', bytes: Buffer.from('AAAA\n') }]);
    const asked: string[] = [];
    const check = (secretOf: (id: string) => Promise<Buffer>) => thread.check(Readable.from([Buffer.from(archive)]), [], { secretOf });

    const good = await check((id) => { asked.push(id); return Promise.resolve(key.secret); });
    expect(asked).toEqual(['dk_1']);
    expect(good.check).toMatchObject({ sha256: sha256(archive), byteLength: archive.length, memberCount: 1, problems: ['the signature is not of this manifest and any of the known keys'] });
    // Audio that nothing announced: its digest is no recording's.
    expect(good.opened.get('rec_1')?.problems).toEqual([`${path} is other audio than was uploaded`]);
    expect((await check(() => Promise.resolve(randomBytes(32)))).opened.get('rec_1')?.problems).toEqual([expect.stringContaining('does not open with its key')]);
    expect((await check(() => Promise.reject(new UndertoneError('ERASED', 'destroyed')))).opened.get('rec_1')?.problems).toEqual([]);
    expect((await check(() => Promise.reject(new UndertoneError('ENCRYPTION_KEY_MISSING', 'the key is missing')))).check.problems).toEqual(['the key is missing']);
    await expect(check(() => Promise.reject(new Error('no database')))).rejects.toThrow('no database');
  });

  it('finds a cut archive bad, and rejects when the file itself cannot be read', async () => {
    const { archive } = await packed('tar.gz');
    const { check } = await thread.check(Readable.from([archive.subarray(0, archive.length / 2)]), null, null);
    expect(check.manifest).toBeNull();
    expect(check.problems).toHaveLength(1);
    await expect(thread.check(failingAfter(1000), null, null)).rejects.toMatchObject({ code: 'BLOB_MISSING' });
  });
});

describe('a channel between threads', () => {
  const pair = () => {
    const { port1, port2 } = new MessageChannel();
    return [portChannel<Uint8Array, Uint8Array>(port1), portChannel<Uint8Array, Uint8Array>(port2)] as const;
  };

  it('lets a sender run ahead by a few messages and no further', async () => {
    const [from, to] = pair();
    let sentCount = 0;
    const sending = (async () => { for (; sentCount < 40; sentCount += 1) await from.send(new Uint8Array([sentCount])); })();
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(sentCount).toBeLessThan(10);
    for (let index = 0; index < 40; index++) expect((await to.next())[0]).toBe(index);
    await sending;
    from.close();
  });

  it('leaves the neighbours of a slice alone', async () => {
    const [from, to] = pair();
    const whole = new Uint8Array([1, 2, 3, 4]);
    await from.send(whole.subarray(1, 3));
    expect([...(await to.next())]).toEqual([2, 3]);
    expect([...whole]).toEqual([1, 2, 3, 4]);
    from.close();
  });

  it('ends both sides with the reason of the one that failed', async () => {
    const [from, to] = pair();
    from.close(new UndertoneError('ERASED', 'it was erased'));
    await expect(to.next()).rejects.toMatchObject({ code: 'ERASED', message: 'it was erased' });
    await expect(to.send(new Uint8Array(1))).rejects.toThrow('it was erased');
    await expect(from.next()).rejects.toThrow('it was erased');
  });
});
