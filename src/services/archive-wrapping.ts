import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import type tar from 'tar-stream';
import type { ManifestMember } from '../domain/archive.js';

/** What an archive is written in: each piece is a trip to another thread and one to the disk. */
const PIECE_BYTES = 256 * 1024;

/** A tar, packed into `.tar.gz` or `.tar.zst` without being compressed: what is sealed does not shrink, and every tool shall know what it has. */
export async function* wrapped(format: string, tarBytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const wrapper = format === 'tar.zst' ? zstdWrapper() : gzipWrapper();
  yield wrapper.header;
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const bytes of tarBytes) {
    // The checksum of nothing is 0, whatever came before.
    if (bytes.length === 0) continue;
    held.push(bytes);
    heldBytes += bytes.length;
    if (heldBytes < PIECE_BYTES) continue;
    yield blocksOf(held, wrapper);
    held = [];
    heldBytes = 0;
  }
  yield blocksOf(held, wrapper);
  yield wrapper.trailer();
}

interface Wrapper {
  readonly header: Buffer;
  readonly maxBlockBytes: number;
  readonly blockHeaderBytes: number;
  readonly writeBlockHeader: (into: Buffer, at: number, byteLength: number) => void;
  /** Sees every piece in order. */
  readonly see: (bytes: Buffer) => void;
  readonly trailer: () => Buffer;
}

function blocksOf(pieces: readonly Buffer[], { maxBlockBytes, blockHeaderBytes, writeBlockHeader, see }: Wrapper): Buffer {
  const length = pieces.reduce((sum, piece) => sum + piece.length + blockHeaderBytes * Math.ceil(piece.length / maxBlockBytes), 0);
  // Memory of its own: it is given away to another thread.
  const blocks = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const piece of pieces) {
    see(piece);
    for (let start = 0; start < piece.length; start += maxBlockBytes) {
      const byteLength = Math.min(maxBlockBytes, piece.length - start);
      writeBlockHeader(blocks, at, byteLength);
      at += blockHeaderBytes;
      at += piece.copy(blocks, at, start, start + byteLength);
    }
  }
  return blocks;
}

/** RFC 1952 around stored blocks of RFC 1951. */
function gzipWrapper(): Wrapper {
  let checksum = 0;
  let length = 0;
  return {
    header: Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]),
    maxBlockBytes: 65_535, blockHeaderBytes: 5,
    writeBlockHeader(into, at, byteLength) {
      into[at] = 0;
      into.writeUInt16LE(byteLength, at + 1);
      into.writeUInt16LE(byteLength ^ 0xffff, at + 3);
    },
    see(bytes) {
      checksum = crc32(bytes, checksum);
      length = (length + bytes.length) % 2 ** 32;
    },
    trailer() {
      const end = Buffer.from([1, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]);
      end.writeUInt32LE(checksum, 5);
      end.writeUInt32LE(length, 9);
      return end;
    },
  };
}

/** RFC 8878: one frame of raw blocks, a window of 128 KiB, no checksum (every member has its digest). */
function zstdWrapper(): Wrapper {
  return {
    header: Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38]),
    maxBlockBytes: 128 * 1024, blockHeaderBytes: 3,
    writeBlockHeader: (into, at, byteLength) => void into.writeUIntLE(byteLength << 3, at, 3),
    see: () => undefined,
    trailer: () => Buffer.from([1, 0, 0]),
  };
}

/** Writes a member and says what the manifest will say of it. Rejects when it has other than `byteLength` bytes. */
export async function addEntry(pack: tar.Pack, member: { readonly path: string; readonly byteLength: number; bytes(): AsyncIterable<Buffer> }): Promise<ManifestMember> {
  const hash = createHash('sha256');
  const hashed = (async function* () {
    for await (const chunk of member.bytes()) {
      hash.update(chunk);
      yield chunk;
    }
  })();
  await new Promise<void>((resolve, reject) => {
    // The time would make two archives of the same data differ.
    const entry = pack.entry({ name: member.path, size: member.byteLength, mode: 0o600, mtime: new Date(0) }, (error) => (error == null ? resolve() : reject(error)));
    pipeline(Readable.from(hashed), entry as unknown as NodeJS.WritableStream).catch(reject);
  });
  return { path: member.path, byteLength: member.byteLength, sha256: hash.digest('hex') };
}
