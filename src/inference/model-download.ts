import { createHash } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { UndertoneError } from '../domain/errors.js';
import { arrivingBody, assertRoom, digestPart, forget, readNote, receive, sizeOf, type PartNote } from './download-part.js';
import { DownloadRefused, requestDownload } from './download-request.js';
import { withFileLock } from './file-lock.js';

export interface DownloadOptions {
  /** The same bytes at different places, tried in order: mirrors first. */
  readonly urls: readonly string[];
  readonly path: string;
  readonly sizeBytes?: number;
  /** Hex. Without it the digest that the server announces, if any, is held against the bytes. */
  readonly sha256?: string;
  readonly proxyUrl?: string;
  /** Attempts for each address after a cut; each goes on where the one before ended. Default 5. */
  readonly attempts?: number;
  /** Pause before the second attempt; doubles each time. Default 1000. */
  readonly retryDelayMs?: number;
  readonly idleTimeoutMs?: number;
  readonly onProgress?: (doneBytes: number, totalBytes: number | null) => void;
  readonly signal?: AbortSignal;
}

export interface DownloadedFile {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/**
 * Fetches one file to `path`. An interrupted download leaves `<path>.part` and goes on there the next time, in this call or
 * a later one. The file appears under its own name only with the right size and digest. Errors: MODEL_DOWNLOAD_FAILED,
 * STORAGE_FULL, CONFLICT (another process downloads it now); an abort rejects with the signal's reason.
 */
export async function downloadFile(options: DownloadOptions): Promise<DownloadedFile> {
  await mkdir(dirname(options.path), { recursive: true });
  return withFileLock(`${options.path}.lock`, async () => {
    const present = (await alreadyThere(options.path, options)) ?? (await wholePart(options));
    if (present !== null) return present;
    const failures: string[] = [];
    for (const url of options.urls) {
      try {
        return await fromAddress(url, options);
      } catch (error) {
        options.signal?.throwIfAborted();
        if (isCode(error, 'ENOSPC') || isCode(error, 'EDQUOT')) throw full(error);
        if (error instanceof UndertoneError && error.code === 'STORAGE_FULL') throw error;
        failures.push(`${new URL(url).host}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    throw new UndertoneError('MODEL_DOWNLOAD_FAILED', `The download failed (${failures.join('; ')}). Run the command again: it goes on where it stopped. Behind a firewall set a mirror or a proxy, or fetch the file elsewhere and use \`undertone models import\`.`);
  });
}

/** A download that was finished before, for example when the import after it failed. */
async function alreadyThere(path: string, { sizeBytes: wantedBytes, sha256: wantedDigest }: DownloadOptions): Promise<DownloadedFile | null> {
  const sizeBytes = await sizeOf(path);
  if (sizeBytes === 0 || (wantedBytes !== undefined && sizeBytes !== wantedBytes)) return null;
  const hash = createHash('sha256');
  await digestPart(path, sizeBytes, hash);
  const sha256 = hash.digest('hex');
  return wantedDigest === undefined || wantedDigest === sha256 ? { sha256, sizeBytes } : null;
}

/** Every byte came, and the process was killed before the file had its name: a server has nothing after them, and all would be fetched again. */
async function wholePart(options: DownloadOptions): Promise<DownloadedFile | null> {
  const part = `${options.path}.part`;
  if (options.sha256 === undefined || options.sizeBytes === undefined || (await sizeOf(part)) !== options.sizeBytes) return null;
  const file = await alreadyThere(part, options);
  await (file === null ? forget(part) : giveName(options.path));
  return file;
}

async function giveName(path: string): Promise<void> {
  await rename(`${path}.part`, path);
  await rm(`${path}.part.json`, { force: true });
}

async function fromAddress(url: string, options: DownloadOptions): Promise<DownloadedFile> {
  const attempts = options.attempts ?? 5;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptDownload(url, options);
    } catch (error) {
      if (attempt >= attempts || error instanceof DownloadRefused || error instanceof UndertoneError || isCode(error, 'ENOSPC')) throw error;
      await wait((options.retryDelayMs ?? 1000) * 2 ** (attempt - 1), undefined, options.signal ? { signal: options.signal } : {});
    }
  }
}

async function attemptDownload(url: string, options: DownloadOptions): Promise<DownloadedFile> {
  const part = `${options.path}.part`;
  const note = await readNote(part);
  // With a published digest a part may go on anywhere; without it only where it came from, and only if nothing changed.
  const mayContinue = note !== null && (note.url === url || options.sha256 !== undefined);
  const present = mayContinue ? await sizeOf(part) : 0;
  const headers: Record<string, string> = present > 0 ? { range: `bytes=${present}-`, ...(note?.url === url && note.etag !== null ? { 'if-range': note.etag } : {}) } : {};
  const { response, linkedDigest } = await requestDownload(url, { headers, idleTimeoutMs: options.idleTimeoutMs ?? 60_000, ...(options.proxyUrl ? { proxyUrl: options.proxyUrl } : {}), ...(options.signal ? { signal: options.signal } : {}) });
  const body = arrivingBody(response);
  const start = startOf(response, present);
  if (start === null) {
    response.destroy();
    await rm(part, { force: true });
    throw new Error(`the server does not continue at byte ${present}; starting over`);
  }
  const total = totalOf(response, start) ?? options.sizeBytes ?? null;
  if (options.sizeBytes !== undefined && total !== null && total !== options.sizeBytes) {
    response.destroy();
    throw new DownloadRefused(`it has ${total} bytes there; ${options.sizeBytes} were published`);
  }
  if (total !== null) await assertRoom(part, total - start, response);
  await writeFile(`${part}.json`, JSON.stringify({ url, etag: response.headers.etag ?? null } satisfies PartNote));
  const sha256 = await receive(body, { part, start, total, onProgress: options.onProgress }).finally(() => response.destroy());
  const sizeBytes = await sizeOf(part);
  if (total !== null && sizeBytes !== total) throw new Error(`the connection ended after ${sizeBytes} of ${total} bytes`);
  const wanted = options.sha256 ?? linkedDigest;
  if (wanted !== null && sha256 !== wanted) {
    await forget(part);
    throw new DownloadRefused(`its SHA-256 is ${sha256}; published is ${wanted}. What came was deleted`);
  }
  await giveName(options.path);
  return { sha256, sizeBytes };
}

/** Where the answer's bytes belong, or null when the part does not fit it. Other statuses throw. */
function startOf(response: IncomingMessage, present: number): number | null {
  const { statusCode } = response;
  if (statusCode === 200) return 0;
  if (statusCode === 206) return Number(/^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1]) === present ? present : null;
  if (statusCode === 416) return null;
  response.resume();
  const message = `the server answered with status ${statusCode ?? 0}`;
  throw statusCode === 408 || statusCode === 429 || (statusCode ?? 0) >= 500 ? new Error(message) : new DownloadRefused(message);
}

function totalOf(response: IncomingMessage, start: number): number | null {
  const length = response.headers['content-length'];
  return length === undefined ? null : start + Number(length);
}

function full(cause: unknown): UndertoneError {
  return new UndertoneError('STORAGE_FULL', 'The disk filled up during the download; what came is kept. Free space and run the command again.', {}, { cause });
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
