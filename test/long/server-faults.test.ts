import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../src/db/migrations.js';
import { openDatabase } from '../../src/db/open-database.js';
import { createBossQueue } from '../../src/queue/boss-queue.js';
import { startChild } from '../support/child.js';
import { asSystem, inWorkspace } from '../../src/domain/workspace-scope.js';
import { makeServerDatabase, openServerTestDatabase, silentLog, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';
import { needsServer } from './needs-server.js';

const url = needsServer();
const quiet = { warn: () => undefined, error: () => undefined };

describe('a PostgreSQL server (TEST_DATABASE_URL) under trouble', () => {
  let database: TestDatabase;
  let admin: pg.Client;
  beforeAll(async () => {
    database = await openServerTestDatabase(url);
    admin = new pg.Client({ connectionString: url });
    await admin.connect();
  });
  afterAll(async () => {
    await admin.end();
    await database.dispose();
  });

  it('is migrated once by four nodes that start at the same moment', async () => {
    const name = `ut_test_${randomBytes(6).toString('hex')}`;
    await admin.query(`CREATE DATABASE "${name}"`);
    const fresh = new URL(url);
    fresh.pathname = `/${name}`;
    const applied = await Promise.all(Array.from({ length: 4 }, () => migrate(fresh.href)));
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
    await admin.query(`DROP DATABASE "${name}" WITH (FORCE)`);
  });

  it('has its queue made once by four nodes that start at the same moment', async () => {
    const queues = Array.from({ length: 4 }, () => createBossQueue({ connectionString: database.db.connectionString, reclaimActive: false, log: quiet }));
    await Promise.all(queues.map((queue) => queue.start()));
    await Promise.all(queues.map((queue) => queue.stop({ deadlineMs: 0 })));
  });

  it('says that pgvector is missing, and how to get it', async () => {
    const name = `ut_test_${randomBytes(6).toString('hex')}`;
    await admin.query(`CREATE DATABASE "${name}"`);
    const fresh = new URL(url);
    fresh.pathname = `/${name}`;
    const bare = new pg.Client({ connectionString: fresh.href });
    await bare.connect();
    // The role's own view of the catalogue hides the extension, as a server without the package would.
    await bare.query('CREATE SCHEMA hiding');
    await bare.query("CREATE VIEW hiding.pg_available_extensions AS SELECT * FROM pg_catalog.pg_available_extensions WHERE name <> 'vector'");
    await bare.query(`ALTER DATABASE "${name}" SET search_path = hiding, pg_catalog, public`);
    await bare.end();
    await expect(migrate(fresh.href)).rejects.toMatchObject({ code: 'MIGRATION_FAILED', message: expect.stringContaining('pgvector') as string });
    await admin.query(`DROP DATABASE "${name}" WITH (FORCE)`);
  });

  it('says what a superuser has to do once where the role may not make pgvector', async () => {
    const { url: ordinary, superuserUrl, drop } = await makeServerDatabase(url);
    const superuser = new pg.Client({ connectionString: superuserUrl });
    await superuser.connect();
    // As if the server did not trust the extension: what the role may do in the database is taken from it.
    await superuser.query(`DROP EXTENSION vector; ALTER DATABASE "${new URL(ordinary).pathname.slice(1)}" OWNER TO postgres`);
    await superuser.end();
    await expect(migrate(ordinary)).rejects.toMatchObject({ code: 'MIGRATION_FAILED', message: expect.stringContaining('CREATE EXTENSION vector;') as string });
    await drop();
  });

  it('refuses a wrong password and an absent server with a clear error that holds neither', async () => {
    const wrong = new URL(url);
    wrong.password = 'wrongsecret';
    const absent = 'postgresql://someone:wrongsecret@127.0.0.1:1/undertone';
    for (const address of [wrong.href, absent]) {
      const failure: unknown = await openDatabase({ url: address, dataDir: database.dataDir, log: silentLog, connectTimeoutMs: 300 }).then(() => null, (error: unknown) => error);
      expect(failure).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      expect((failure as Error).message).not.toContain('wrongsecret');
    }
  });

  it('ends a statement that runs too long, and a transaction that is left open', async () => {
    const { rows } = await database.db.transaction(async (tx) => ({ rows: await tx.$queryRaw<{ statement: string; idle: string }[]>`SELECT current_setting('statement_timeout') AS statement, current_setting('idle_in_transaction_session_timeout') AS idle` }));
    expect(rows).toEqual([{ statement: '30s', idle: '1min' }]);
    await expect(database.db.transaction(async (tx) => {
      await tx.$executeRaw`SET LOCAL statement_timeout = 50`;
      await tx.$queryRaw`SELECT pg_sleep(5)::text`;
    })).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });

  it('says so when all its connections are taken, keeps nobody waiting for ever, and goes on when one is free', async () => {
    const small = await openDatabase({ url: database.db.connectionString, dataDir: database.dataDir, log: silentLog, poolSize: 2, acquireTimeoutMs: 500 });
    try {
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      let holding = 0;
      const holders = [1, 2].map(() => small.transaction(async (tx) => {
        await tx.$queryRaw`SELECT 1`;
        holding += 1;
        await held;
      }));
      await until('both connections are taken', () => holding === 2);
      const since = Date.now();
      await expect(small.ping()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      expect(Date.now() - since).toBeLessThan(5_000);
      release();
      await Promise.all(holders);
      await small.ping();
    } finally {
      await small.close();
    }
  });

  it('goes on after all its connections were cut', async () => {
    await asSystem(() => database.db.client.workspace.create({ data: { id: 'ws_cut', name: 'x' } }));
    const name = new URL(database.db.connectionString).pathname.slice(1);
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
    await until('it answers again', () => database.db.ping().then(() => true, () => false));
    expect(await inWorkspace('ws_cut', () => database.db.client.workspace.count({ where: { id: 'ws_cut' } }))).toBe(1);
  });

  it('gives a job of a killed worker to another one when its heartbeat has run out', async () => {
    const child = startChild('work-until-killed.mjs', database.dataDir, database.db.connectionString);
    await until('the job runs in the other process', () => child.lines.includes('working'), 60_000);
    await child.kill();
    const killedAt = Date.now();
    const queue = createBossQueue({ connectionString: database.db.connectionString, reclaimActive: false, log: quiet });
    await queue.start();
    const attempts: number[] = [];
    await queue.work('analyze-recording', { concurrency: 1 }, (_payload, { attempt }) => Promise.resolve(void attempts.push(attempt)));
    await until('the job runs here', () => attempts.length === 1, 60_000);
    expect(attempts).toEqual([2]);
    // 10 s of heartbeat, up to 5 s until it is noticed, 2 to 4 s of back-off, 1 s of poll; the rest is a slow machine's.
    expect(Date.now() - killedAt).toBeLessThan(35_000);
    await queue.stop({ deadlineMs: 1_000 });
  });
});
