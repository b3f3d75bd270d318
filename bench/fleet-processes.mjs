// Servers and workers on one PostgreSQL for benchmarks, and the processor time of processes (Linux only).
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { KEY } from './platform-process.mjs';

/** One for all nodes of a run, as an installation of several has it. */
const WORKSPACE_KEY = `utk_${randomBytes(32).toString('base64url')}`;
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** A database of its own on the server of TEST_DATABASE_URL, dropped by `drop`. */
export async function freshDatabase() {
  const server = process.env.TEST_DATABASE_URL;
  if (server === undefined) throw new Error('This benchmark needs a PostgreSQL server: TEST_DATABASE_URL="$(scripts/postgres-chroot.sh start)"');
  const name = `ut_bench_${randomBytes(6).toString('hex')}`;
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  await admin.query(`CREATE DATABASE "${name}"`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    async drop() {
      await admin.query(`DROP DATABASE "${name}" WITH (FORCE)`);
      await admin.end();
    },
  };
}

/** `undertone …args` once it says what `ready` matches; `core`: the one processor core it may use. */
export function start(args, environment, ready, core = null) {
  const command = core === null ? [process.execPath] : ['taskset', '-c', String(core), process.execPath];
  const child = spawn(command[0], [...command.slice(1), 'bin/undertone.mjs', ...args], { env: { ...process.env, UNDERTONE_PORT: '0', UNDERTONE_ADMIN_KEY: KEY, UNDERTONE_LOG_LEVEL: 'error', UNDERTONE_REQUESTS_PER_MINUTE: '0', UNDERTONE_WORKSPACE_KEY: WORKSPACE_KEY, ...environment }, stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}`)));
    process.once('exit', () => child.kill('SIGKILL'));
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
      const found = ready.exec(said);
      if (found !== null) resolve({ child, url: found[1] ?? null });
    });
  });
}

export function stop({ child }) {
  child.removeAllListeners('exit');
  return new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });
}

/** Processor seconds of a process so far: its own, and those of its children that have ended. */
export function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [utime, stime, cutime, cstime] = stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(11, 15).map(Number);
  return { own: (utime + stime) / TICKS_PER_SECOND, endedChildren: (cutime + cstime) / TICKS_PER_SECOND };
}

export function childrenOf(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter((text) => text !== '').map(Number);
}

/** Processor seconds of every process whose command line matches, such as the backends of PostgreSQL. */
export function cpuSecondsOf(pattern) {
  let sum = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (pattern.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))) sum += cpuSeconds(pid).own;
    } catch {
      // It ended in this moment.
    }
  }
  return sum;
}
