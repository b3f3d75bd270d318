import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { UndertoneError } from '../domain/errors.js';
import { isAlive, processStartTime } from './process-identity.js';

const LOCK_FILE = 'undertone.lock';

interface LockHolder {
  readonly pid: number;
  /** Tells a live holder from a stranger that got the same pid after a reboot. */
  readonly startTime: string | null;
  readonly host: string;
}

export interface DataFolderLock {
  release(): void;
}

/**
 * One process a folder: two PostgreSQL sessions on the same files destroy them silently. The kernel's lock (flock)
 * decides, because it ends with its process however that dies and counts between containers that share a disk, where
 * pids mean nothing; the file's content only serves to name the holder. Where there is no flock command (macOS), the
 * content decides: pid and start time.
 *
 * Throws DATA_DIR_LOCKED naming the pid.
 */
export function lockDataFolder(dataDir: string): DataFolderLock {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, LOCK_FILE);
  const descriptor = openSync(path, 'a+', 0o600);
  const holder = readHolder(path);
  const isFree = tryFlock(descriptor) ?? !(holder !== null && isRunning(holder));
  if (!isFree) {
    closeSync(descriptor);
    throw new UndertoneError(
      'DATA_DIR_LOCKED',
      `The data folder ${dataDir} is in use by process ${holder?.pid ?? 'unknown'}${holder === null ? '' : ` on ${holder.host}`}. Stop it, use its API, or choose another UNDERTONE_DATA_DIR.`,
      holder === null ? {} : { pid: holder.pid },
    );
  }
  ftruncateSync(descriptor, 0);
  writeSync(descriptor, JSON.stringify({ pid: process.pid, startTime: processStartTime(process.pid), host: hostname() } satisfies LockHolder));
  let isHeld = true;
  return {
    release: () => {
      if (!isHeld) return;
      isHeld = false;
      // Never unlinked: a waiter that has the old file open and a newcomer that made a new one would both hold "the" lock.
      ftruncateSync(descriptor, 0);
      closeSync(descriptor);
    },
  };
}

/** Takes the kernel's lock on an open file. The lock belongs to our descriptor and outlives the command. Null: no such command here. */
function tryFlock(descriptor: number): boolean | null {
  const { status, error } = spawnSync('flock', ['--nonblock', '3'], { stdio: ['ignore', 'ignore', 'ignore', descriptor] });
  if (error !== undefined || status === null) return null;
  return status === 0;
}

function readHolder(path: string): LockHolder | null {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as Partial<LockHolder>;
    return typeof holder.pid === 'number' ? { pid: holder.pid, startTime: holder.startTime ?? null, host: holder.host ?? 'unknown' } : null;
  } catch {
    return null;
  }
}

function isRunning(holder: LockHolder): boolean {
  if (!isAlive(holder.pid)) return false;
  const startTime = processStartTime(holder.pid);
  // When in doubt it runs: a refused start costs a message, a second session costs the data.
  return holder.startTime === null || startTime === null || startTime === holder.startTime;
}
