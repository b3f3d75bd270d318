import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/database.js';
import { openDatabase } from '../../src/db/open-database.js';
import { asSystem, inWorkspace } from '../../src/domain/workspace-scope.js';
import { seededRandom } from '../support/chaos-clients.js';
import { makeServerDatabase, openServerTestDatabase, silentLog, urlSeeing, type TestDatabase } from '../support/test-database.js';
import { seedEveryTable, walledTables, type WalledTable } from '../support/walled-tables.js';
import { needsServer } from './needs-server.js';

const url = needsServer();
const [A, B] = ['ws_a', 'ws_b'];
const SEED = 20_261_123;
const REQUESTS = 200;
const REFUSED = '42501';

async function connected(address: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: address });
  await client.connect();
  return client;
}

describe('row-level security for an ordinary role (needs TEST_DATABASE_URL)', () => {
  let database: TestDatabase;
  let superuser: pg.Client;
  let tables: readonly WalledTable[];
  /** As somebody who writes their own statements in a session of workspace A. */
  let ofA: pg.Client;

  beforeAll(async () => {
    database = await openServerTestDatabase(url);
    superuser = await connected(database.superuserUrl);
    tables = await walledTables(superuser);
    await seedEveryTable(superuser, tables, A);
    await seedEveryTable(superuser, tables, B);
    ofA = await connected(urlSeeing(A, database.db.connectionString));
  });
  afterAll(async () => {
    await ofA.end();
    await superuser.end();
    await database.dispose();
  });

  it('holds, and the platform knows', async () => {
    expect([database.db.hasWall, tables.length > 40]).toEqual([true, true]);
    const { rows } = await ofA.query<{ isSuperuser: boolean }>('SELECT rolsuper OR rolbypassrls AS "isSuperuser" FROM pg_roles WHERE rolname = current_user');
    expect(rows).toEqual([{ isSuperuser: false }]);
  });

  it('shows of every table the rows of one workspace to a statement without any condition', async () => {
    const seen: Record<string, readonly string[]> = {};
    for (const { name, key } of tables) seen[name] = (await ofA.query<{ key: string }>(`SELECT "${key}" AS key FROM "${name}"`)).rows.map((row) => row.key);
    expect(seen).toEqual(Object.fromEntries(tables.map(({ name }) => [name, [A]])));
  });

  it('lets no statement change or delete a row of another workspace, in any table', async () => {
    const touched: string[] = [];
    for (const { name, key } of tables) {
      const changed = await ofA.query(`UPDATE "${name}" SET "${key}" = "${key}" WHERE "${key}" = $1`, [B]);
      const deleted = await ofA.query(`DELETE FROM "${name}" WHERE "${key}" = $1`, [B]);
      if (changed.rowCount !== 0 || deleted.rowCount !== 0) touched.push(name);
    }
    expect(touched).toEqual([]);
    const left = await Promise.all(tables.map(async ({ name, key }) => (await superuser.query<{ count: number }>(`SELECT count(*)::int AS count FROM "${name}" WHERE "${key}" = $1`, [B])).rows[0]!.count));
    expect(left).toEqual(tables.map(() => 1));
  });

  it('refuses a row for another workspace, in any table, and to give one of its own away', async () => {
    const outcomes: Record<string, unknown> = {};
    // Else the trigger of the audit log's start would be the first to refuse.
    await ofA.query(`SET undertone.audit_prune = 'on'`);
    for (const { name, key } of tables) {
      const { rows } = await superuser.query<{ row: string }>(`SELECT (to_jsonb(t) || jsonb_build_object('id', 'another'))::text AS row FROM "${name}" t WHERE "${key}" = $1`, [B]);
      const row = { ...(JSON.parse(rows[0]!.row) as object), [key]: name === 'Workspace' ? 'ws_new' : B };
      outcomes[name] = await ofA.query(`INSERT INTO "${name}" SELECT * FROM jsonb_populate_record(NULL::"${name}", $1::jsonb)`, [JSON.stringify(row)]).then(() => 'written', (error: unknown) => (error as { code: string }).code);
    }
    expect(outcomes).toEqual(Object.fromEntries(tables.map(({ name }) => [name, REFUSED])));
    await expect(ofA.query(`UPDATE "Recording" SET "workspaceId" = $1`, [B])).rejects.toMatchObject({ code: REFUSED });
  });

  it('shows nothing of any workspace to work that nobody has said anything of, and everything to the system', async () => {
    const count = async (): Promise<readonly number[]> => {
      const counts: number[] = [];
      for (const { name } of tables) counts.push((await database.db.client.$queryRawUnsafe<{ count: number }[]>(`SELECT count(*)::int AS count FROM "${name}"`))[0]!.count);
      return counts;
    };
    expect(await count()).toEqual(tables.map(() => 0));
    expect(await asSystem(count)).toEqual(tables.map(() => 2));
    await expect(database.db.client.workspace.create({ data: { id: 'ws_stray', name: 'x' } })).rejects.toThrow('row-level security');
    const plain = await connected(database.db.connectionString);
    expect((await plain.query('SELECT * FROM "Recording"')).rows).toEqual([]);
    await plain.end();
  });

  it('makes up for a repository that has forgotten its condition', async () => {
    const { client } = database.db;
    const seen = await inWorkspace(A, async () => [
      ...(await client.recording.findMany({ select: { workspaceId: true } })), ...(await client.segment.findMany({ select: { workspaceId: true } })),
      ...(await client.$queryRaw<{ workspaceId: string }[]>`SELECT "workspaceId" FROM "Embedding" ORDER BY "vector" <-> '[1,2,3]'`),
    ]);
    expect(seen).toEqual([{ workspaceId: A }, { workspaceId: A }, { workspaceId: A }]);
    const hit = await inWorkspace(A, () => client.apiKey.updateMany({ data: { name: 'taken over' } }));
    expect(hit.count).toBe(1);
    expect((await superuser.query('SELECT 1 FROM "ApiKey" WHERE name = $1 AND "workspaceId" = $2', ['taken over', B])).rowCount).toBe(0);
  });

  it(`keeps ${REQUESTS} mixed requests of two workspaces apart that share three connections (seed ${SEED})`, async () => {
    const random = seededRandom(SEED);
    const shared = await openDatabase({ url: database.db.connectionString, dataDir: database.dataDir, log: silentLog, poolSize: 3 });
    try {
      const requests = Array.from({ length: REQUESTS }, () => ({ workspaceId: random() < 0.5 ? A : B, work: KINDS[Math.floor(random() * KINDS.length)]!, laterMs: Math.floor(random() * 20) }));
      const seen = await Promise.all(requests.map(async ({ workspaceId, work, laterMs }) => {
        await new Promise((resolve) => setTimeout(resolve, laterMs));
        return work === nothing ? nothing(shared) : inWorkspace(workspaceId, () => work(shared));
      }));
      expect(seen).toEqual(requests.map(({ workspaceId, work }) => (work === nothing ? [] : work === broken ? ['broken'] : [workspaceId])));
      expect(new Set(requests.map(({ work }) => work)).size).toBe(KINDS.length);
    } finally {
      await shared.close();
    }
  });

  it('binds a connection anew after an error, a rollback and the end of its server process', async () => {
    const one = await openDatabase({ url: database.db.connectionString, dataDir: database.dataDir, log: silentLog, poolSize: 1 });
    try {
      const pid = async (): Promise<number> => (await one.client.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`)[0]!.pid;
      const before = await inWorkspace(A, pid);
      for (const workspaceId of [A, B, A]) {
        expect(await inWorkspace(workspaceId, () => broken(one))).toEqual(['broken']);
        expect(await inWorkspace(workspaceId === A ? B : A, () => plainRead(one))).toEqual([workspaceId === A ? B : A]);
        expect(await nothing(one)).toEqual([]);
      }
      expect(await inWorkspace(B, pid)).toBe(before);
      await superuser.query('SELECT pg_terminate_backend($1)', [before]);
      const again = async (): Promise<readonly string[]> => inWorkspace(B, () => plainRead(one)).catch(() => again());
      expect(await again()).toEqual([B]);
      expect(await inWorkspace(A, pid)).not.toBe(before);
    } finally {
      await one.close();
    }
  });

  it('stands in the way of a superuser and of the embedded database not at all, which the platform knows as well', async () => {
    const passing = await openDatabase({ url: database.superuserUrl, dataDir: database.dataDir, log: silentLog, poolSize: 1 });
    try {
      expect(passing.hasWall).toBe(false);
      expect(await inWorkspace(A, () => passing.client.recording.count())).toBe(2);
    } finally {
      await passing.close();
    }
  });
});

describe('a database that Undertone has run on as a superuser (needs TEST_DATABASE_URL, root)', () => {
  it('is handed to an ordinary role by deploy/database.sql, with what is in it, and has its wall from then on', async () => {
    const { url: ordinary, superuserUrl, drop } = await makeServerDatabase(url);
    const open = (address: string): Promise<Database> => openDatabase({ url: address, dataDir: '.', log: silentLog });
    const before = await open(superuserUrl);
    await asSystem(() => before.client.workspace.create({ data: { id: A, name: 'from before' } }));
    await before.close();
    await expect(open(ordinary)).rejects.toThrow('permission denied');

    const { username, password, pathname } = new URL(ordinary);
    const names = ['-v', `role=${username}`, '-v', `database=${pathname.slice(1)}`, '-v', `password=${password}`];
    const done = spawnSync('scripts/postgres-chroot.sh', ['run', 'psql', '-q', ...names, url], { input: readFileSync('deploy/database.sql') });
    expect([done.status, done.stderr.toString()]).toEqual([0, '']);

    const after = await open(ordinary);
    expect(after.hasWall).toBe(true);
    expect(await inWorkspace(A, () => after.client.workspace.findMany({ select: { name: true } }))).toEqual([{ name: 'from before' }]);
    expect(await after.client.workspace.count()).toBe(0);
    await after.close();
    await drop();
  });
});

/** What a request may do; each answers the workspaces of what it saw. */
const idsOf = (rows: readonly { readonly workspaceId: string }[]): readonly string[] => [...new Set(rows.map(({ workspaceId }) => workspaceId))];
const plainRead = async ({ client }: Database): Promise<readonly string[]> => idsOf(await client.recording.findMany());
/** Several in one tick, which the mapper must not put together with those of others. */
const atOnce = async ({ client }: Database): Promise<readonly string[]> => idsOf((await Promise.all([client.analysis.findFirst(), client.recording.findFirst(), client.speaker.findFirst()])).filter((row) => row !== null));
const raw = async ({ client }: Database): Promise<readonly string[]> => idsOf(await client.$queryRaw<{ workspaceId: string }[]>`SELECT "workspaceId" FROM "Segment", pg_sleep(0.002)`);
const joined = async ({ client }: Database): Promise<readonly string[]> => idsOf(await client.$queryRaw<{ workspaceId: string }[]>`SELECT k."workspaceId" FROM "Recording" r CROSS JOIN "DataKey" k`);
const inTransaction = (db: Database): Promise<readonly string[]> => db.transaction(async (tx) => {
  const first = await tx.rule.findMany();
  await new Promise((resolve) => setImmediate(resolve));
  return idsOf([...first, ...(await tx.webhook.findMany())]);
});
const broken = (db: Database): Promise<readonly string[]> => db.transaction(async (tx) => {
  await tx.recording.findMany();
  await tx.$queryRaw`SELECT 1 / 0`;
  return ['whole'];
}).catch(() => ['broken']);
const nothing = async ({ client }: Database): Promise<readonly string[]> => idsOf(await client.recording.findMany());
const KINDS: readonly ((db: Database) => Promise<readonly string[]>)[] = [plainRead, atOnce, raw, joined, inTransaction, broken, nothing];
