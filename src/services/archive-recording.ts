import { createHash } from 'node:crypto';
import { createGunzip, createGzip } from 'node:zlib';
import { Readable } from 'node:stream';
import type { RecordingTreeRepository } from '../db/retention-repositories.js';
import { RowsDigest } from '../domain/archive.js';
import { csvLine } from '../domain/csv.js';
import type { DataKind } from '../domain/retention.js';
import { chunkCipher, HEADER_BYTES, inChunks, plainLength, readHeader, SEALED_CHUNK_BYTES, sealStream, sealedLength, type SealingKey } from '../domain/sealed-format.js';
import { UndertoneError } from '../domain/errors.js';
import { contextOf, type DataKeySource, type SealedStore } from '../storage/sealed-store.js';

export const ROWS_MEMBER = 'rows.jsonl.gz.sealed';
export const CSV_MEMBER = 'results.csv.sealed';

/** First line of a recording's rows: what a restore needs to put the bytes back where the rows point. */
export interface RowsHeader {
  readonly format: 1;
  readonly recordingId: string;
  readonly kinds: readonly DataKind[];
  /** SHA-256 of the plain audio, hex. */
  readonly audioSha256: string;
  readonly blobs: readonly { readonly path: string; readonly blobKey: string; readonly context: string }[];
}

/** A member to be written: its sealed bytes and how many they are, known before the first of them. */
export interface OutgoingMember {
  readonly path: string;
  readonly byteLength: number;
  readonly dataKeyId: string;
  bytes(): AsyncIterable<Buffer>;
}

export function folderOf(recordingId: string): string {
  return `recordings/${recordingId}`;
}

/** The stored bytes of a blob, as they lie there where they are sealed, sealed on the way where they are from before there was encryption. BLOB_MISSING. */
export async function blobMember(blobs: SealedStore, key: SealingKey, path: string, blobKey: string): Promise<OutgoingMember> {
  const info = await blobs.raw.stat(blobKey);
  if (info === null) throw new UndertoneError('BLOB_MISSING', 'Stored bytes are gone that a row still points to; nothing of this recording is archived or deleted until they are back.');
  const start = info.byteLength < HEADER_BYTES ? null : readHeader(Buffer.concat((await (await blobs.raw.read(blobKey, { start: 0, end: HEADER_BYTES - 1 })).toArray()) as Buffer[]));
  if (start !== null && plainLength(info.byteLength) !== null) {
    return { path, byteLength: info.byteLength, dataKeyId: start.dataKeyId, bytes: () => streamed(() => blobs.raw.read(blobKey)) };
  }
  return { path, byteLength: sealedLength(info.byteLength), dataKeyId: key.id, bytes: () => sealStream(key, contextOf(blobKey), streamed(() => blobs.raw.read(blobKey))) };
}

async function* streamed(open: () => Promise<Readable>): AsyncGenerator<Buffer> {
  yield* (await open()) as AsyncIterable<Buffer>;
}

/** All rows of the kinds, compressed, then sealed; and the results as CSV where they are part of it. In memory: compressed rows of an hour are some MB. */
export async function rowMembers(tree: RecordingTreeRepository, key: SealingKey, workspaceId: string, header: RowsHeader): Promise<{ readonly members: readonly OutgoingMember[]; readonly rowsDigest: string }> {
  const digest = new RowsDigest();
  const results: ArchivedSegment[] = [];
  const head = csvLine(['recording_id', 'analysis_id', 'index', 'start_seconds', 'end_seconds', 'speaker_id', 'gate', 'label', 'confidence', 'text']);
  const lines = (async function* () {
    yield `${JSON.stringify(header)}\n`;
    for await (const { section, row } of tree.rows(workspaceId, header.recordingId, header.kinds)) {
      digest.add(section, row);
      if (section === 'Segment') results.push(JSON.parse(row) as ArchivedSegment);
      yield `${section}\t${row}\n`;
    }
  })();
  const unpacked = Readable.from(lines);
  const packer = createGzip();
  // `pipe` tells nobody of a source that fails: the archive would wait for ever.
  unpacked.on('error', (error) => packer.destroy(error));
  const compressed = (await unpacked.pipe(packer).toArray()) as Buffer[];
  const folder = folderOf(header.recordingId);
  const members = [await sealedMember(key, `${folder}/${ROWS_MEMBER}`, Readable.from(compressed))];
  // Rows come by their ids, which say nothing; whoever reads a table wants it by time.
  results.sort((a, b) => a.analysisId.localeCompare(b.analysisId) || a.index - b.index);
  const csv = [head, ...results.map((row) => csvOf(header.recordingId, row))];
  if (results.length > 0) members.push(await sealedMember(key, `${folder}/${CSV_MEMBER}`, Readable.from([Buffer.from(`${csv.join('\r\n')}\r\n`)])));
  return { members, rowsDigest: digest.digest() };
}

async function sealedMember(key: SealingKey, path: string, plain: AsyncIterable<Buffer>): Promise<OutgoingMember> {
  const chunks: Buffer[] = [];
  for await (const chunk of sealStream(key, path, plain)) chunks.push(chunk);
  return { path, byteLength: chunks.reduce((sum, chunk) => sum + chunk.length, 0), dataKeyId: key.id, bytes: () => Readable.from(chunks) };
}

interface ArchivedSegment {
  readonly analysisId: string;
  readonly index: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly speakerId: string | null;
  readonly gate: string;
  readonly label: string | null;
  readonly confidence: number | null;
  readonly text: string | null;
}

function csvOf(recordingId: string, { analysisId, index, startSeconds, endSeconds, speakerId, gate, label, confidence, text }: ArchivedSegment): string {
  return csvLine([recordingId, analysisId, index, startSeconds, endSeconds, speakerId, gate, label, confidence, text]);
}

/** Opens a sealed stream from its first byte. ERASED when its key was destroyed; ARCHIVE_INVALID when it is not what was sealed. */
export async function* openSealed(keys: DataKeySource, context: string, sealed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const source = sealed[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < HEADER_BYTES) {
    const next = await source.next();
    if (next.done === true) throw new UndertoneError('ARCHIVE_INVALID', 'A member of the archive is shorter than its header.');
    head = Buffer.concat([head, next.value]);
  }
  const header = readHeader(head);
  if (header === null) throw new UndertoneError('ARCHIVE_INVALID', 'A member of the archive is not sealed.');
  const cipher = chunkCipher({ id: header.dataKeyId, secret: await keys.secretOf(header.dataKeyId) }, header, context);
  const rest = (async function* () {
    if (head.length > HEADER_BYTES) yield head.subarray(HEADER_BYTES);
    for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
  })();
  let index = 0;
  for await (const { chunk, isLast } of inChunks(rest, SEALED_CHUNK_BYTES)) {
    const plain = cipher.open(index++, isLast, chunk);
    if (plain === null) throw new UndertoneError('ARCHIVE_INVALID', 'A member of the archive does not open with its key: it was changed.');
    yield plain;
  }
}

/** The header and the rows of a sealed rows member, a line at a time. */
export async function* openRows(keys: DataKeySource, path: string, sealed: AsyncIterable<Buffer>): AsyncGenerator<RowsHeader | { readonly section: string; readonly row: string }> {
  const unpack = createGunzip();
  const plain = Readable.from(openSealed(keys, path, sealed));
  plain.on('error', (error) => unpack.destroy(error));
  let isFirst = true;
  for await (const line of linesOf(plain.pipe(unpack))) {
    if (isFirst) yield JSON.parse(line) as RowsHeader;
    else {
      const at = line.indexOf('\t');
      yield { section: line.slice(0, at), row: line.slice(at + 1) };
    }
    isFirst = false;
  }
}

/** Lines of UTF-8. Not `readline`, which waits for ever for an input that fails. */
async function* linesOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** SHA-256, hex, of a stream. */
export async function sha256Of(bytes: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of bytes) hash.update(chunk);
  return hash.digest('hex');
}
