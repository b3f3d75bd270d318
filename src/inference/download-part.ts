import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rm, stat, statfs, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { dirname } from 'node:path';
import { UndertoneError } from '../domain/errors.js';
import { DownloadRefused } from './download-request.js';

/** What `<path>.part` is a part of: it is only continued when the server still has the same thing. */
export interface PartNote {
  readonly url: string;
  readonly etag: string | null;
}

/** Appends the body and digests the whole file, the bytes of earlier attempts included. */
export async function receive(body: AsyncIterable<Buffer>, to: { part: string; start: number; total: number | null; onProgress: ((doneBytes: number, totalBytes: number | null) => void) | undefined }): Promise<string> {
  const hash = createHash('sha256');
  if (to.start > 0) await digestPart(to.part, to.start, hash);
  const file = await open(to.part, to.start > 0 ? 'r+' : 'w');
  let position = to.start;
  try {
    for await (const chunk of body) {
      if (to.total !== null && position + chunk.length > to.total) throw new DownloadRefused(`more bytes came than the ${to.total} announced`);
      await writeWhole(file, chunk, position);
      hash.update(chunk);
      position += chunk.length;
      to.onProgress?.(position, to.total);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

/** Held at most while the disk is slower than the network. */
const MAX_WAITING_BYTES = 4 * 2 ** 20;

/**
 * The body as it comes; to be called at once when the answer is there. A response drops what it holds at the moment the
 * connection breaks (on Node 24 all of a short part); here every byte that arrived is given out before the failure is thrown.
 */
export function arrivingBody(response: IncomingMessage): AsyncGenerator<Buffer, void> {
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  let outcome: { readonly failure: Error | null } | undefined;
  let notify: () => void = () => undefined;
  const finish = (failure: Error | null): void => {
    outcome ??= { failure };
    notify();
  };
  response.on('data', (chunk: Buffer) => {
    waiting.push(chunk);
    waitingBytes += chunk.length;
    if (waitingBytes > MAX_WAITING_BYTES) response.pause();
    notify();
  });
  response.once('end', () => finish(null));
  response.on('error', finish);
  response.once('close', () => finish(new Error('the connection ended early')));

  const ended = (): { readonly failure: Error | null } | undefined => outcome;
  return (async function* () {
    for (;;) {
      const chunk = waiting.shift();
      const end = ended();
      if (chunk !== undefined) {
        yield chunk;
        waitingBytes -= chunk.length;
        if (waitingBytes <= MAX_WAITING_BYTES / 2) response.resume();
      } else if (end === undefined) await new Promise<void>((resolve) => (notify = resolve));
      else if (end.failure !== null) throw end.failure;
      else return;
    }
  })();
}

async function writeWhole(file: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) done += (await file.write(chunk, done, chunk.length - done, position + done)).bytesWritten;
}

export async function digestPart(part: string, length: number, hash: Hash): Promise<void> {
  for await (const chunk of createReadStream(part, { end: length - 1 }) as AsyncIterable<Buffer>) hash.update(chunk);
}

/** STORAGE_FULL before a byte is fetched that has no room. */
export async function assertRoom(part: string, neededBytes: number, response: IncomingMessage): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(part));
  if (bavail * bsize >= neededBytes) return;
  response.destroy();
  throw new UndertoneError('STORAGE_FULL', `The download needs ${neededBytes} more bytes and ${bavail * bsize} are free. Free space or move UNDERTONE_DATA_DIR.`, { neededBytes, freeBytes: bavail * bsize });
}

export async function readNote(part: string): Promise<PartNote | null> {
  try {
    return JSON.parse(await readFile(`${part}.json`, 'utf8')) as PartNote;
  } catch {
    return null;
  }
}

export async function forget(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(`${part}.json`, { force: true });
}

export async function sizeOf(path: string): Promise<number> {
  return stat(path).then(({ size }) => size, () => 0);
}
