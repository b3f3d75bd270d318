// What the second wall adds to a whole request: three servers on one PostgreSQL, asked in turns in one run. Without the
// wall (a superuser, and connections that are told nothing), with connections that are told the workspace, and with an
// ordinary role, whom row-level security binds, as well. Keys of two workspaces take turns, so that nearly every checkout
// is told anew; then one key alone. Needs TEST_DATABASE_URL.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { median, report } from './bench-report.mjs';
import { clip } from './clips.mjs';
import { freshDatabase, start, stop } from './fleet-processes.mjs';
import { throwAwayFolder } from './platform-process.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 600);
const WARM_UP = 60;
const RECORDINGS = 25;
const RESAMPLES = 1000;
const QUERIES = {
  list: '{ recordings(first: 20) { totalCount nodes { id fileName tags latestAnalysis { id status } } } }',
  one: '{ recordings(first: 1) { nodes { id } } }',
};

const database = await freshDatabase();
const role = `ut_bench_${randomBytes(6).toString('hex')}`;
const password = randomBytes(12).toString('hex');
const superuser = new pg.Client({ connectionString: database.url });
await superuser.connect();
const name = new URL(database.url).pathname.slice(1);
for (const statement of [
  `CREATE ROLE "${role}" LOGIN PASSWORD '${password}'`, `ALTER DATABASE "${name}" OWNER TO "${role}"`, `GRANT ALL ON SCHEMA public TO "${role}"`, 'CREATE EXTENSION IF NOT EXISTS vector',
  ...['arraycontains(anyarray, anyarray)', 'arrayoverlap(anyarray, anyarray)', 'enum_eq(anyenum, anyenum)'].map((compare) => `ALTER FUNCTION pg_catalog.${compare} LEAKPROOF`),
]) await superuser.query(statement);
const walledUrl = Object.assign(new URL(database.url), { username: role, password }).href;

const folder = throwAwayFolder();
const workspaceKey = `utk_${randomBytes(32).toString('base64url')}`;
const settingsOf = (which, url) => ({ UNDERTONE_WORKSPACE_KEY: workspaceKey, UNDERTONE_DATA_DIR: join(folder, which), UNDERTONE_STORAGE_URL: `file://${join(folder, 'blobs')}`, UNDERTONE_QUERY_COST_PER_MINUTE: '0', DATABASE_URL: url });
const serve = (which, url, more = {}) => start(['serve', '--no-worker'], { ...settingsOf(which, url), ...more }, /listens on (\S+)/);
// First: the tables belong to the role that makes them.
const walled = await serve('walled', walledUrl);
const told = await serve('told', database.url);
const without = await serve('without', database.url, { NODE_OPTIONS: `--import ${join(import.meta.dirname, 'without-wall.mjs')}` });
const servers = { without, told, walled };

const command = (...args) => execFileSync(process.execPath, ['bin/undertone.mjs', ...args], { encoding: 'utf8', env: { ...process.env, ...settingsOf('command', walledUrl), UNDERTONE_LOG_LEVEL: 'error' } }).trim().split('\n')[0];
const keys = ['one', 'two'].map((tenant) => command('keys', 'create', '--workspace', command('workspaces', 'create', '--name', tenant), '--role', 'admin', '--name', tenant));
for (const [index, key] of keys.entries()) {
  for (let i = 0; i < RECORDINGS; i++) {
    const { status } = await fetch(`${walled.url}/recordings?fileName=clip.wav`, { method: 'PUT', headers: { authorization: `Bearer ${key}` }, body: clip(0.2, index * RECORDINGS + i) });
    if (status !== 201) throw new Error(`an upload was answered with ${status}`);
  }
}
await superuser.query('ANALYZE');

async function timed({ url }, key, query) {
  const before = performance.now();
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify({ query }) });
  const text = await response.text();
  if (response.status !== 200 || text.includes('"errors"')) throw new Error(`${response.status} ${text.slice(0, 200)}`);
  return performance.now() - before;
}

/** Every server once a round, in an order that moves on, so that what others do on this machine falls on all alike. */
async function measure(query, keysInTurn) {
  const times = { without: [], told: [], walled: [] };
  const names = Object.keys(servers);
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (let i = 0; i < names.length; i++) {
      const which = names[(round + WARM_UP + i) % names.length];
      const ms = await timed(servers[which], keysInTurn[(round + WARM_UP) % keysInTurn.length], query);
      if (round >= 0) times[which].push(ms);
    }
  }
  const baseline = median(times.without);
  const shareOf = (which) => {
    const differences = times[which].map((ms, round) => (ms - times.without[round]) / baseline);
    const drawn = Array.from({ length: RESAMPLES }, () => median(differences.map(() => differences[Math.floor(Math.random() * differences.length)]))).sort((a, b) => a - b);
    return { medianMs: median(times[which]), addedShare: median(differences), low: drawn[Math.floor(RESAMPLES * 0.025)], high: drawn[Math.floor(RESAMPLES * 0.975)] };
  };
  return { withoutMedianMs: baseline, told: shareOf('told'), walled: shareOf('walled') };
}

const loadBefore = loadavg()[0];
const figures = { rounds: ROUNDS, recordingsPerWorkspace: RECORDINGS, allowedShare: 0.05, loadBefore };
for (const [label, query] of Object.entries(QUERIES)) {
  figures[`${label}, two workspaces in turns`] = await measure(query, keys);
  figures[`${label}, one workspace`] = await measure(query, keys.slice(0, 1));
}
report('wall', figures);
for (const server of Object.values(servers)) await stop(server);
await superuser.query(`REASSIGN OWNED BY "${role}" TO CURRENT_USER`);
await superuser.query(`DROP OWNED BY "${role}"`);
await superuser.end();
await database.drop();
const admin = new pg.Client({ connectionString: process.env.TEST_DATABASE_URL });
await admin.connect();
await admin.query(`DROP ROLE "${role}"`);
await admin.end();
