import { createHash, randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import type { Database } from '../../src/db/database.js';
import { readMigrations } from '../../src/db/migrations.js';
import { openDatabase } from '../../src/db/open-database.js';

export interface TestDatabase {
  readonly db: Database;
  /** A folder of this test's own; the embedded database lies in it. */
  readonly dataDir: string;
  /** On a server: the same database as a superuser, whom policies do not bind; for what a test does behind the platform's back. */
  readonly superuserUrl: string;
  /** Closes and removes everything. */
  dispose(): Promise<void>;
}

export const silentLog = { info: () => undefined, error: () => undefined };

/**
 * An empty, migrated database on the embedded engine: a copy of a folder made once a machine and kept in the temporary
 * folder under a digest of the migrations and the engine (making one takes 5 to 10 s, copying and opening it about 1).
 */
export async function openEmbeddedTestDatabase(): Promise<TestDatabase> {
  const dataDir = mkdtempSync(join(tmpdir(), 'ut-db-'));
  cpSync(await templateDatabaseDir(), join(dataDir, 'postgres'), { recursive: true });
  const db = await openDatabase({ dataDir, log: silentLog });
  return {
    db,
    dataDir,
    superuserUrl: db.connectionString,
    dispose: async () => {
      await db.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/**
 * The same on the server at `serverUrl` (TEST_DATABASE_URL): a database of its own there, dropped at the end. It belongs to
 * an ordinary role, as it should in earnest, so that whatever runs on it runs under row-level security. `superuser`: it does not,
 * for suites that ask repositories what their own conditions are worth.
 */
export async function openServerTestDatabase(serverUrl: string, { as = 'ordinary' }: { readonly as?: 'ordinary' | 'superuser' } = {}): Promise<TestDatabase> {
  const { url, superuserUrl, drop } = await makeServerDatabase(serverUrl);
  const dataDir = mkdtempSync(join(tmpdir(), 'ut-db-'));
  const db = await openDatabase({ url: as === 'ordinary' ? url : superuserUrl, dataDir, log: silentLog });
  return {
    db,
    dataDir,
    superuserUrl,
    dispose: async () => {
      await db.close();
      await drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The address of a server's database for a plain connection that sees the rows of one workspace, or of all ('*'). */
export function urlSeeing(workspaceId: string, address: string): string {
  const url = new URL(address);
  // Not by URLSearchParams, whose `+` for a space libpq takes for a plus.
  url.search = `?options=${encodeURIComponent(`-c undertone.workspace=${workspaceId}`)}`;
  return url.href;
}

export interface ServerDatabase {
  /** As the ordinary role that owns it. */
  readonly url: string;
  readonly superuserUrl: string;
  readonly drop: () => Promise<void>;
}

const DATABASE_SQL = readFileSync(new URL('../../deploy/database.sql', import.meta.url), 'utf8');
/** What deploy/database.sql does in a database that is new. */
const SUPERUSER_STATEMENTS = DATABASE_SQL.split('\n').filter((line) => /^(CREATE EXTENSION|ALTER FUNCTION) .*;$/.test(line));

/** An empty database with pgvector, and an ordinary role that owns it. */
export async function makeServerDatabase(serverUrl: string): Promise<ServerDatabase> {
  const name = `ut_test_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  await onServer(serverUrl, `CREATE ROLE "${name}" LOGIN PASSWORD '${password}'`);
  await onServer(serverUrl, `CREATE DATABASE "${name}" OWNER "${name}"`);
  const superuserUrl = new URL(serverUrl);
  superuserUrl.pathname = `/${name}`;
  for (const statement of SUPERUSER_STATEMENTS) await onServer(superuserUrl.href, statement);
  const url = new URL(superuserUrl);
  url.username = name;
  url.password = password;
  return {
    url: url.href,
    superuserUrl: superuserUrl.href,
    drop: async () => {
      await onServer(serverUrl, `DROP DATABASE "${name}" WITH (FORCE)`);
      await onServer(serverUrl, `DROP ROLE "${name}"`);
    },
  };
}

/** One statement as its superuser. */
export async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

/** PostgreSQL's folder of an empty, migrated database, to be copied and never opened. */
export async function templateDatabaseDir(): Promise<string> {
  const digest = createHash('sha256');
  for (const { checksum } of readMigrations()) digest.update(checksum);
  digest.update(readFileSync(join(dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite')), '..', 'package.json')));
  const folder = join(tmpdir(), `undertone-test-database-${digest.digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  const draft = mkdtempSync(join(tmpdir(), 'ut-template-'));
  const db = await openDatabase({ dataDir: draft, log: silentLog });
  await db.close();
  try {
    renameSync(join(draft, 'postgres'), folder);
  } catch (error) {
    // Another test process was first; its copy is as good.
    if (!existsSync(folder)) throw error;
  }
  rmSync(draft, { recursive: true, force: true });
  return folder;
}
