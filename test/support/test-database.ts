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
    dispose: async () => {
      await db.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The same on the server at `serverUrl` (TEST_DATABASE_URL): a database of its own there, dropped at the end. */
export async function openServerTestDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `ut_test_${randomBytes(6).toString('hex')}`;
  await onServer(serverUrl, `CREATE DATABASE "${name}"`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const dataDir = mkdtempSync(join(tmpdir(), 'ut-db-'));
  const db = await openDatabase({ url: url.href, dataDir, log: silentLog });
  return {
    db,
    dataDir,
    dispose: async () => {
      await db.close();
      await onServer(serverUrl, `DROP DATABASE "${name}" WITH (FORCE)`);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function onServer(url: string, sql: string): Promise<void> {
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
