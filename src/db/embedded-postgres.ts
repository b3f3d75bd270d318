import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { UndertoneError } from '../domain/errors.js';
import { lockDataFolder } from './data-folder-lock.js';
import type { EmbeddedWorkerData, EmbeddedWorkerMessage } from './embedded-postgres.worker.js';

/** Longest path of a unix socket that every supported system takes (104 on macOS, 108 on Linux, with the final zero). */
const MAX_SOCKET_PATH_BYTES = 100;
const SOCKET_NAME = '.s.PGSQL.5432';
/** A client that opened a transaction and went silent holds up everybody; far longer than any transaction of ours. */
const IDLE_IN_TRANSACTION_MS = 60_000;

export interface EmbeddedPostgres {
  readonly connectionString: string;
  /** Settles with the cause when the database ended without being asked to. */
  readonly ended: Promise<Error | null>;
  close(): Promise<void>;
}

/**
 * PostgreSQL inside this process: PGlite in a worker thread, reached over a unix socket in a folder of this user only,
 * so that everything else speaks to it as to any server. Cold start 2 to 8 s, warm under 1 s, several hundred MB.
 *
 * Throws DATA_DIR_LOCKED when another process has the folder, DATABASE_UNAVAILABLE when it does not start.
 */
export async function startEmbeddedPostgres(dataDir: string): Promise<EmbeddedPostgres> {
  const root = resolve(dataDir);
  const lock = lockDataFolder(root);
  try {
    const socketDir = makeSocketDir(root);
    const socketPath = join(socketDir, SOCKET_NAME);
    // Left behind by a kill; nobody listens there, because the folder is locked by us.
    rmSync(socketPath, { force: true });
    const workerData: EmbeddedWorkerData = { clusterDir: join(root, 'postgres'), socketPath, idleInTransactionMs: IDLE_IN_TRANSACTION_MS };
    const worker = new Worker(workerEntry(), { workerData, execArgv: [] });
    await started(worker);
    worker.unref();
    let isClosing = false;
    const ended = new Promise<Error | null>((settle) => {
      worker.once('error', (error) => settle(error));
      worker.once('exit', (code) => settle(isClosing ? null : new Error(`the embedded database ended with exit code ${code}`)));
    });
    return {
      connectionString: `postgresql://postgres@localhost/postgres?host=${encodeURIComponent(socketDir)}`,
      ended,
      close: async () => {
        if (isClosing) {
          await ended;
          return;
        }
        isClosing = true;
        worker.ref();
        worker.postMessage('close');
        await ended;
        rmSync(socketPath, { force: true });
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function started(worker: Worker): Promise<void> {
  await new Promise<void>((onReady, onFailure) => {
    const fail = (cause: unknown): void =>
      onFailure(new UndertoneError('DATABASE_UNAVAILABLE', `The embedded database did not start: ${cause instanceof Error ? cause.message : String(cause)}. Its files were left as they are.`, {}, { cause }));
    const onExit = (code: number): void => fail(`its thread ended with exit code ${code}`);
    worker.once('error', fail);
    worker.once('exit', onExit);
    worker.once('message', (_message: EmbeddedWorkerMessage) => {
      worker.off('error', fail);
      worker.off('exit', onExit);
      onReady();
    });
  });
}

/** Threads load plain JavaScript only: beside this file when compiled, in the build folder when this runs from its source (tests). */
function workerEntry(): string {
  const beside = fileURLToPath(new URL('./embedded-postgres.worker.js', import.meta.url));
  if (existsSync(beside)) return beside;
  const built = fileURLToPath(new URL('../../dist/src/db/embedded-postgres.worker.js', import.meta.url));
  if (existsSync(built)) return built;
  throw new Error('The compiled database worker is missing: run `npm run build` first.');
}

/** Inside the data folder, or under the system's temporary folder when that path is too long for a socket. */
function makeSocketDir(root: string): string {
  const inside = join(root, 'run');
  if (fits(inside)) return privateFolder(inside);
  const name = `undertone-${userInfo().uid}-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`;
  const outside = [tmpdir(), '/tmp'].map((parent) => join(parent, name)).find(fits);
  if (outside === undefined) throw new UndertoneError('DATABASE_UNAVAILABLE', 'No folder with a path short enough for a unix socket was found. Set TMPDIR to a shorter path.');
  return privateFolder(outside);
}

function fits(folder: string): boolean {
  return Buffer.byteLength(join(folder, SOCKET_NAME)) <= MAX_SOCKET_PATH_BYTES;
}

/** Whoever can open the socket is the database's superuser, so a folder that others could have made is refused. */
function privateFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const stat = lstatSync(path);
  if (!stat.isDirectory() || stat.uid !== userInfo().uid || (stat.mode & 0o077) !== 0) {
    throw new UndertoneError('DATABASE_UNAVAILABLE', `The folder ${path} is open to other users. Remove it, or make it yours alone (chmod 700).`);
  }
  return path;
}
