import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { PassThrough, Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import tar from 'tar-stream';
import type { ArchiveManifest, ManifestMember } from '../domain/archive.js';
import { UndertoneError } from '../domain/errors.js';

export const MANIFEST = 'manifest.json';
export const SIGNATURE = 'manifest.json.sig';
/** A manifest of 100,000 recordings has some 60 MB; larger is not ours. */
const MAX_MANIFEST_BYTES = 128 * 1024 * 1024;

/** What is unpacked at once: each piece is a trip to another thread and back. */
const CHUNK_BYTES = 256 * 1024;

/** Zstandard where this Node has it (22.15 and later), gzip otherwise. */
export function archiveFormat(): 'tar.zst' | 'tar.gz' {
  return 'createZstdCompress' in zlib ? 'tar.zst' : 'tar.gz';
}

function zstd(name: 'createZstdCompress' | 'createZstdDecompress', options: object): Transform {
  const make = (zlib as unknown as Record<string, ((options: object) => Transform) | undefined>)[name];
  if (make === undefined) throw new UndertoneError('ARCHIVE_INVALID', 'The archive is compressed with Zstandard, which this Node does not have. Use Node 22.15 or later, or unpack it with `zstd -d` first.');
  return make(options);
}

export interface ArchiveContents {
  readonly manifestBytes: Buffer;
  readonly signature: Buffer;
  /** Of every other member, in the order of the file. */
  readonly members: readonly ManifestMember[];
}

/** Takes a member's bytes as they lie in the archive; what it leaves is read past. */
export type MemberHandler = (path: string, bytes: AsyncIterable<Buffer>) => Promise<void>;

/** Reads an archive once, from its first byte to its last, with flat memory. ARCHIVE_INVALID for what is no whole archive. */
export async function readArchive(source: Readable, handle: MemberHandler = () => Promise.resolve()): Promise<ArchiveContents> {
  const members: ManifestMember[] = [];
  const kept = new Map<string, Buffer>();
  const extract = tar.extract();
  try {
    const { done } = await decompress(source, extract);
    for await (const entry of extract) {
      const path = entry.header.name;
      const hash = createHash('sha256');
      let byteLength = 0;
      const hashed = (async function* () {
        for await (const chunk of entry as AsyncIterable<Buffer>) {
          hash.update(chunk);
          byteLength += chunk.length;
          yield chunk;
        }
      })();
      if (path === MANIFEST || path === SIGNATURE) kept.set(path, await collected(hashed));
      else {
        await handle(path, hashed);
        // What the handler left still counts for the digest.
        for (let next = await hashed.next(); next.done !== true; next = await hashed.next());
        members.push({ path, byteLength, sha256: hash.digest('hex') });
      }
    }
    await done;
  } catch (error) {
    if (error instanceof UndertoneError) throw error;
    throw new UndertoneError('ARCHIVE_INVALID', `The file is not a whole archive: ${error instanceof Error ? error.message : 'it cannot be read'}.`, {}, { cause: error });
  } finally {
    source.destroy();
  }
  const [manifestBytes, signature] = [kept.get(MANIFEST), kept.get(SIGNATURE)];
  if (manifestBytes === undefined || signature === undefined) throw new UndertoneError('ARCHIVE_INVALID', `The archive has no ${manifestBytes === undefined ? MANIFEST : SIGNATURE}: it was cut, or is none of Undertone's.`);
  return { manifestBytes, signature: Buffer.from(signature.toString('ascii').trim(), 'base64'), members };
}

/** By its first bytes, whatever it is called. `done` settles when the last byte has gone in. */
async function decompress(source: Readable, into: tar.Extract): Promise<{ readonly done: Promise<void> }> {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const start = await chunks.next();
  if (start.done === true) throw new UndertoneError('ARCHIVE_INVALID', 'The archive is empty.');
  const first = start.value;
  const whole = Readable.from((async function* () {
    yield first;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  })(), { objectMode: false });
  const unpack = first.length >= 4 && first.readUInt32LE(0) === 0xfd2fb528 ? zstd('createZstdDecompress', { chunkSize: CHUNK_BYTES }) : first.length >= 2 && first.readUInt16BE(0) === 0x1f8b ? zlib.createGunzip({ chunkSize: CHUNK_BYTES }) : new PassThrough();
  const done = pipeline(whole, unpack, into as unknown as NodeJS.WritableStream);
  done.catch(() => undefined);
  return { done };
}

async function collected(bytes: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    length += chunk.length;
    if (length > MAX_MANIFEST_BYTES) throw new UndertoneError('ARCHIVE_INVALID', 'The manifest of the archive is larger than any that Undertone writes.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export interface CheckedArchive {
  readonly manifest: ArchiveManifest;
  /** What differs, for people; empty: the archive is whole and signed by one of the keys. */
  readonly problems: readonly string[];
}

/** Compares what was read with the manifest and its signature. Without keys, only that it is whole is said, not who wrote it. */
export function checkArchive({ manifestBytes, signature, members }: ArchiveContents, keys: readonly KeyObject[] | null): CheckedArchive {
  const manifest = parseManifest(manifestBytes);
  const problems: string[] = [];
  const signers = keys ?? [createPublicKey({ key: Buffer.from(manifest.signingKey.publicKey, 'base64'), format: 'der', type: 'spki' })];
  if (!signers.some((key) => verify(null, manifestBytes, key, signature))) problems.push('the signature is not of this manifest and any of the known keys');
  const found = new Map(members.map((member) => [member.path, member]));
  for (const wanted of manifest.recordings.flatMap((recording) => recording.members)) {
    const member = found.get(wanted.path);
    if (member === undefined) problems.push(`${wanted.path} is missing`);
    else if (member.byteLength !== wanted.byteLength || member.sha256 !== wanted.sha256) problems.push(`${wanted.path} is not what the manifest says`);
    found.delete(wanted.path);
  }
  for (const path of found.keys()) if (path.startsWith('recordings/')) problems.push(`${path} is not in the manifest`);
  if (new Set(members.map(({ path }) => path)).size < members.length) problems.push('a member is there twice');
  return { manifest, problems };
}

function parseManifest(bytes: Buffer): ArchiveManifest {
  try {
    const given = JSON.parse(bytes.toString('utf8')) as { readonly format?: unknown; readonly version?: unknown; readonly recordings?: unknown };
    if (given.format === 'undertone-archive' && given.version === 1 && Array.isArray(given.recordings)) return given as ArchiveManifest;
  } catch {
    // Said below.
  }
  throw new UndertoneError('ARCHIVE_INVALID', 'The manifest of the archive is none, or of a version that this Undertone does not know.');
}
