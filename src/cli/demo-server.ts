import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface DemoServer {
  readonly url: string;
  readonly adminKey: string;
  /** Ends the server and removes all that it wrote. Safe to call twice. */
  close(): Promise<void>;
}

const START_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 15_000;
const STDERR_TAIL_CHARACTERS = 4000;

/**
 * Starts `undertone serve` as a process of its own on a free port with a throw-away data folder and a fresh key. Throws with the
 * server's last words when it does not come up.
 */
export async function startDemoServer(packageRoot: string, environment: Environment, signal: AbortSignal): Promise<DemoServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'undertone-demo-'));
  const adminKey = `demo_${randomBytes(24).toString('base64url')}`;
  const child = spawn(process.execPath, [join(packageRoot, 'bin', 'undertone.mjs'), 'serve'], {
    cwd: packageRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
    // An empty value wins over a .env file and means "unset": a demo must never touch the database or files of a real installation.
    env: { ...environment, UNDERTONE_DATA_DIR: dataDir, UNDERTONE_HOST: '127.0.0.1', UNDERTONE_PORT: '0', UNDERTONE_ADMIN_KEY: adminKey, DATABASE_URL: '', UNDERTONE_STORAGE_URL: '', UNDERTONE_LOG_LEVEL: 'warn' },
  });
  const close = async (): Promise<void> => {
    await stop(child);
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const url = await listening(child, signal);
    await ready(url, child, signal);
    return { url, adminKey, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The address that `serve` prints, so that the system chooses the port and nobody can take it in between. */
async function listening(child: ChildProcess, signal: AbortSignal): Promise<string> {
  let said = '';
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (part: string) => (complaints = (complaints + part).slice(-STDERR_TAIL_CHARACTERS)));
  return await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => fail('did not start in time'), START_TIMEOUT_MS);
    const fail = (reason: string): void => {
      clearTimeout(timer);
      reject(new Error(`The server ${reason}.${complaints === '' ? '' : `\n${complaints.trim()}`}`));
    };
    signal.addEventListener('abort', () => fail('was interrupted'), { once: true });
    child.once('error', (error) => fail(`could not be started: ${error.message}`));
    child.once('close', (code) => fail(`ended with exit code ${String(code)} before it listened`));
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      said += part;
      const url = /listens on (http:\/\/\S+)/.exec(said)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}

async function ready(url: string, child: ChildProcess, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && child.exitCode === null) {
    signal.throwIfAborted();
    const response = await fetch(`${url}/readyz`, { signal }).catch(() => null);
    if (response?.ok === true) return;
    await delay(100, undefined, { signal });
  }
  throw new Error('The server listens but does not become ready; `undertone doctor` may say why.');
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
