import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/**
 * Sealed bytes: a header, then chunks of 64 KiB, each AES-256-GCM with a tag of its own, so that any range opens without
 * the rest. The key of a file is derived from the data key and a random salt, so counting nonces never repeat. The nonce
 * holds the chunk's number and whether it is the last: chunks cannot be moved, left out or cut off unnoticed.
 *
 * header (64 bytes): magic 8 ‖ zeros 4 ‖ salt 16 ‖ id of the data key, ASCII, padded with zeros 36
 */
const MAGIC = Buffer.from('UTSEAL1\0', 'latin1');
export const HEADER_BYTES = 64;
export const CHUNK_BYTES = 64 * 1024;
const TAG_BYTES = 16;
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;
const SALT_AT = 12;
const ID_AT = 28;

export interface SealingKey {
  readonly id: string;
  readonly secret: Buffer;
}

export interface SealedHeader {
  readonly bytes: Buffer;
  readonly dataKeyId: string;
}

export function newHeader(dataKeyId: string): SealedHeader {
  if (dataKeyId.length > HEADER_BYTES - ID_AT) throw new RangeError('the id of a data key has at most 36 characters');
  const bytes = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(bytes);
  randomBytes(16).copy(bytes, SALT_AT);
  bytes.write(dataKeyId, ID_AT, 'latin1');
  return { bytes, dataKeyId };
}

/** Null for bytes that were stored before there was encryption. */
export function readHeader(bytes: Buffer): SealedHeader | null {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  return { bytes: Buffer.from(bytes.subarray(0, HEADER_BYTES)), dataKeyId: bytes.toString('latin1', ID_AT, HEADER_BYTES).replace(/\0+$/, '') };
}

/** Bytes of the plain text in a sealed file of this length; null when no sealed file has it. */
export function plainLength(sealedLength: number): number | null {
  const body = sealedLength - HEADER_BYTES;
  const chunkCount = Math.ceil(body / SEALED_CHUNK_BYTES);
  const last = body - (chunkCount - 1) * SEALED_CHUNK_BYTES;
  return body < TAG_BYTES || last < TAG_BYTES ? null : body - chunkCount * TAG_BYTES;
}

/** Length of the sealed file; the empty file is one empty chunk. */
export function sealedLength(plain: number): number {
  return HEADER_BYTES + plain + TAG_BYTES * Math.max(1, Math.ceil(plain / CHUNK_BYTES));
}

export interface ChunkCipher {
  seal(index: number, isLast: boolean, plain: Buffer): Buffer;
  /** Null when the bytes are not what was sealed under this key, context, number and end. */
  open(index: number, isLast: boolean, sealed: Buffer): Buffer | null;
}

/** `context` says what the bytes are for (a key of the store), so that one file of a recording never passes for another. */
export function chunkCipher(key: SealingKey, header: SealedHeader, context: string): ChunkCipher {
  const salt = header.bytes.subarray(SALT_AT, SALT_AT + 16);
  const fileKey = Buffer.from(hkdfSync('sha256', key.secret, salt, 'undertone sealed file', 32));
  const aad = Buffer.concat([header.bytes, Buffer.from(context)]);
  const nonceOf = (index: number, isLast: boolean): Buffer => {
    const nonce = Buffer.alloc(12);
    nonce.writeUInt32BE(index, 7);
    nonce[11] = isLast ? 1 : 0;
    return nonce;
  };
  return {
    seal(index, isLast, plain) {
      const cipher = createCipheriv('aes-256-gcm', fileKey, nonceOf(index, isLast)).setAAD(aad);
      return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open(index, isLast, sealed) {
      if (sealed.length < TAG_BYTES) return null;
      const decipher = createDecipheriv('aes-256-gcm', fileKey, nonceOf(index, isLast)).setAAD(aad);
      decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES)), decipher.final()]);
      } catch {
        return null;
      }
    },
  };
}

/** Cuts a stream into chunks of `size` bytes; the last one is shorter, and empty only when there was nothing at all. */
export async function* inChunks(source: AsyncIterable<Buffer>, size: number): AsyncGenerator<{ readonly chunk: Buffer; readonly isLast: boolean }> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const piece of source) {
    held.push(piece);
    heldBytes += piece.length;
    if (heldBytes <= size) continue;
    let all = held.length === 1 ? held[0]! : Buffer.concat(held);
    // One chunk is always kept back, because only the end of the source tells which is the last.
    while (all.length > size) {
      yield { chunk: all.subarray(0, size), isLast: false };
      all = all.subarray(size);
    }
    held = [all];
    heldBytes = all.length;
  }
  yield { chunk: held.length === 1 ? held[0]! : Buffer.concat(held), isLast: true };
}

/** The sealed form of a stream, as it would lie in the store. */
export async function* sealStream(key: SealingKey, context: string, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const header = newHeader(key.id);
  const cipher = chunkCipher(key, header, context);
  yield header.bytes;
  let index = 0;
  for await (const { chunk, isLast } of inChunks(source, CHUNK_BYTES)) yield cipher.seal(index++, isLast, chunk);
}
