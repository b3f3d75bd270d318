import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export const TEST_ADMIN_KEY = 'ut_a-key-for-tests-only-0123456789';
/** What processes that share a database encrypt under; each with a file of its own would refuse the others' data. */
export const TEST_WORKSPACE_KEY = `utk_${'a'.repeat(42)}A`;

/** A real `undertone serve` on a free port and a data folder of the caller's. */
export interface ServerProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** Everything on stdout so far. */
  said(): string;
  /** Everything on stderr so far: the log. */
  logged(): string;
  /** Sends GraphQL; throws when the answer has errors. */
  query<T>(query: string, variables?: Record<string, unknown>): Promise<T>;
  /** Streams bytes to `PUT /recordings`; gives the recording's id. */
  upload(bytes: Buffer, fileName: string): Promise<string>;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
}

function spawnUndertone(args: readonly string[], dataDir: string, environment: Readonly<Record<string, string>>, watcher: readonly string[] = []): ChildProcess {
  const [program, ...before] = [...watcher, process.execPath];
  return spawn(program, [...before, 'bin/undertone.mjs', ...args], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], UNDERTONE_DATA_DIR: dataDir, UNDERTONE_PORT: '0', UNDERTONE_ADMIN_KEY: TEST_ADMIN_KEY, UNDERTONE_LOG_LEVEL: 'warn', UNDERTONE_REQUESTS_PER_MINUTE: '0', ...('DATABASE_URL' in environment ? { UNDERTONE_WORKSPACE_KEY: TEST_WORKSPACE_KEY } : {}), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** A real `undertone worker`, from the moment it takes jobs. */
export async function startWorker(dataDir: string, environment: Readonly<Record<string, string>>, args: readonly string[] = [], onSpawn: (child: ChildProcess) => void = () => undefined): Promise<{ readonly child: ChildProcess; kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> }> {
  const child = spawnUndertone(['worker', ...args], dataDir, environment);
  onSpawn(child);
  await sayingOf(child, /worker takes jobs/);
  return { child, kill: (signal) => end(child, signal) };
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  child.kill(signal);
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

/** `onSpawn` sees the process before it is ready; `watcher`: words before the command, of a program that becomes it (`strace -D`). */
export async function startServer(dataDir: string, environment: Readonly<Record<string, string>> = {}, args: readonly string[] = [], onSpawn: (child: ChildProcess) => void = () => undefined, watcher: readonly string[] = []): Promise<ServerProcess> {
  const child = spawnUndertone(['serve', ...args], dataDir, environment, watcher);
  onSpawn(child);
  let said = '';
  child.stdout!.on('data', (chunk: Buffer) => { said += chunk.toString('utf8'); });
  let logged = '';
  child.stderr!.on('data', (chunk: Buffer) => { logged += chunk.toString('utf8'); });
  const url = await sayingOf(child, /listens on (http:\/\/\S+)/);
  const headers = { authorization: `Bearer ${TEST_ADMIN_KEY}` };

  return {
    url,
    child,
    said: () => said,
    logged: () => logged,
    async query<T>(query: string, variables: Record<string, unknown> = {}) {
      const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify({ query, variables }) });
      const { data, errors } = (await response.json()) as { data: T; errors?: unknown };
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
      return data;
    },
    async upload(bytes, fileName) {
      const response = await fetch(`${url}/recordings?fileName=${encodeURIComponent(fileName)}`, { method: 'PUT', headers, body: new Uint8Array(bytes) });
      if (!response.ok) throw new Error(`upload: ${response.status} ${await response.text()}`);
      return ((await response.json()) as { id: string }).id;
    },
    kill: (signal) => end(child, signal),
  };
}

/** The first group of what it says (or all of it), once it says it. */
function sayingOf(child: ChildProcess, what: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer): void => {
      said += chunk.toString('utf8');
      const found = what.exec(said);
      if (found !== null) resolve(found[1] ?? found[0]);
    };
    child.stdout!.on('data', hear);
    child.stderr!.on('data', (chunk: Buffer) => { said += chunk.toString('utf8'); });
    child.once('exit', (code) => reject(new Error(`the process ended with ${code} before it was ready:\n${said}`)));
  });
}
