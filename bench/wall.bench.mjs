// What the second wall adds to a whole request: three servers on one PostgreSQL, asked in turns in one run. Without the
// wall (a superuser, and connections that are told nothing), with connections that are told the workspace, and with an
// ordinary role, whom row-level security binds, as well. Keys of two workspaces take turns, so that nearly every checkout
// is told anew; then one key alone. Compared is processor time, of the server and of PostgreSQL for it: it hardly depends on
// what else the machine does. Needs TEST_DATABASE_URL.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { median, report } from './bench-report.mjs';
import { clip } from './clips.mjs';
import { cpuSeconds, cpuSecondsOf, freshDatabase, start, stop } from './fleet-processes.mjs';
import { throwAwayFolder } from './platform-process.mjs';

const BLOCKS = Number(process.env.BENCH_BLOCKS ?? 20);
/** The clock of processor time has ticks of 10 ms. */
const REQUESTS_A_BLOCK = 100;
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

const backends = new RegExp(`postgres:.* ${name} `);
/** Processor milliseconds so far of a server and of what PostgreSQL does for all of them: the other two are idle meanwhile. */
const spentMs = ({ child }) => 1000 * (cpuSeconds(child.pid).own + cpuSecondsOf(backends));

/** Blocks of requests to one server after another, in an order that moves on, so that what others do on this machine falls on all alike. */
async function measure(query, keysInTurn) {
  const perRequest = { without: [], told: [], walled: [] };
  const latencies = { without: [], told: [], walled: [] };
  const names = Object.keys(servers);
  for (let block = -1; block < BLOCKS; block++) {
    for (let i = 0; i < names.length; i++) {
      const which = names[(block + 1 + i) % names.length];
      const before = spentMs(servers[which]);
      const times = [];
      for (let request = 0; request < REQUESTS_A_BLOCK; request++) times.push(await timed(servers[which], keysInTurn[request % keysInTurn.length], query));
      // The first block warms up.
      if (block < 0) continue;
      perRequest[which].push((spentMs(servers[which]) - before) / REQUESTS_A_BLOCK);
      latencies[which].push(...times);
    }
  }
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const shareOf = (which) => {
    const ratio = (blocks) => sum(blocks.map((block) => perRequest[which][block])) / sum(blocks.map((block) => perRequest.without[block])) - 1;
    const all = perRequest.without.map((_, block) => block);
    const drawn = Array.from({ length: RESAMPLES }, () => ratio(all.map(() => Math.floor(Math.random() * BLOCKS)))).sort((a, b) => a - b);
    return { processorMs: sum(perRequest[which]) / BLOCKS, addedShare: ratio(all), low: drawn[Math.floor(RESAMPLES * 0.025)], high: drawn[Math.floor(RESAMPLES * 0.975)], latencyMedianMs: median(latencies[which]) };
  };
  return { without: { processorMs: sum(perRequest.without) / BLOCKS, latencyMedianMs: median(latencies.without) }, told: shareOf('told'), walled: shareOf('walled') };
}

const loadBefore = loadavg()[0];
const figures = { blocks: BLOCKS, requestsABlock: REQUESTS_A_BLOCK, recordingsPerWorkspace: RECORDINGS, allowedShare: 0.05, loadBefore };
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
