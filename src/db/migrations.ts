import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { UndertoneError } from '../domain/errors.js';
import { EVERY_WORKSPACE } from '../domain/workspace-scope.js';

/** The key under which Prisma's own `migrate` locks, so that the two never run at once. */
const MIGRATION_LOCK = 72_707_369;
/** Versions of pgvector before this one have no iterative scan: a filtered search would find a tenth of its neighbours. */
const MIN_PGVECTOR = [0, 8] as const;

/** As Prisma makes it: `prisma migrate status` and `deploy` agree with what was applied here. */
const HISTORY_TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  id VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum VARCHAR(64) NOT NULL,
  finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL,
  logs TEXT,
  rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`;

export interface Migration {
  /** `<timestamp>_<name>`: its folder, and its place in the order. */
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, hex, as Prisma counts it. */
  readonly checksum: string;
}

/** The folder `prisma/migrations`, from the source and from the build. */
export function migrationsDir(): string {
  const candidates = ['../../prisma/migrations', '../../../prisma/migrations'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) throw new UndertoneError('MIGRATION_FAILED', `The folder prisma/migrations is missing from this installation (looked in ${candidates.join(' and ')}). Install again.`);
  return found;
}

export function readMigrations(directory: string = migrationsDir()): readonly Migration[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .map((name) => {
      const sql = readFileSync(join(directory, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    });
}

/**
 * Brings the database up to date and answers the names of what was applied. Any number of processes may do this at
 * once: the first does the work, the others wait. Each migration is one transaction together with its row of history,
 * so one that fails leaves nothing behind and is tried again at the next start (no CREATE INDEX CONCURRENTLY in one).
 *
 * Throws MIGRATION_FAILED.
 */
export async function migrate(connectionString: string, migrations: readonly Migration[] = readMigrations()): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString, application_name: 'undertone-migrate', connectionTimeoutMillis: 15_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(`SELECT pg_advisory_lock(${MIGRATION_LOCK})`);
    await requirePgvector(client);
    await client.query(HISTORY_TABLE);
    const pending = await findPending(client, migrations);
    for (const migration of pending) await apply(client, migration);
    return pending.map(({ name }) => name);
  } finally {
    await client.query(`SELECT pg_advisory_unlock(${MIGRATION_LOCK})`).catch(() => undefined);
    await client.end();
  }
}

async function findPending(client: pg.Client, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  const { rows } = await client.query<{ migration_name: string; checksum: string; is_finished: boolean }>(
    'SELECT migration_name, checksum, finished_at IS NOT NULL AS is_finished FROM "_prisma_migrations" WHERE rolled_back_at IS NULL',
  );
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const row of rows) {
    const migration = known.get(row.migration_name);
    if (!row.is_finished) {
      throw new UndertoneError('MIGRATION_FAILED', `Migration ${row.migration_name} was begun by another tool and did not finish. Mend the database and mark it with \`prisma migrate resolve\`.`);
    }
    if (migration === undefined) {
      throw new UndertoneError('MIGRATION_FAILED', `The database has migration ${row.migration_name}, which this version does not know: a newer version has used it. Start that version, or restore a backup.`);
    }
    if (migration.checksum !== row.checksum) {
      throw new UndertoneError('MIGRATION_FAILED', `Migration ${row.migration_name} was changed after it had been applied. Put the file back as it was and add a new migration instead.`);
    }
  }
  const applied = new Set(rows.map((row) => row.migration_name));
  return migrations.filter(({ name }) => !applied.has(name));
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  try {
    await client.query('BEGIN');
    // What a migration changes, it changes in every workspace.
    await client.query(`SELECT set_config('undertone.workspace', '${EVERY_WORKSPACE}', true)`);
    await client.query('INSERT INTO "_prisma_migrations" (id, checksum, migration_name, started_at) VALUES ($1, $2, $3, clock_timestamp())', [randomUUID(), checksum, name]);
    await client.query(sql);
    await client.query('UPDATE "_prisma_migrations" SET finished_at = clock_timestamp(), applied_steps_count = 1 WHERE migration_name = $1 AND rolled_back_at IS NULL', [name]);
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UndertoneError('MIGRATION_FAILED', `Migration ${name} failed and was undone: ${reason}`, { migration: name }, { cause });
  }
}

async function requirePgvector(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: string; isInstalled: boolean; mayInstall: boolean }>(`
    SELECT coalesce(e.installed_version, e.default_version) AS version, e.installed_version IS NOT NULL AS "isInstalled",
      (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) OR (coalesce(v.trusted, false) AND has_database_privilege(current_database(), 'CREATE')) AS "mayInstall"
    FROM pg_available_extensions e LEFT JOIN pg_available_extension_versions v ON v.name = e.name AND v.version = e.default_version WHERE e.name = 'vector'`);
  const { version, isInstalled = false, mayInstall = false } = rows[0] ?? {};
  if (version === undefined) {
    throw new UndertoneError('MIGRATION_FAILED', 'The PostgreSQL server has no pgvector extension. Install it there (Debian: `apt-get install postgresql-17-pgvector`) and start again.');
  }
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < MIN_PGVECTOR[0] || (major === MIN_PGVECTOR[0] && minor < MIN_PGVECTOR[1])) {
    throw new UndertoneError('MIGRATION_FAILED', `pgvector ${version} is too old; ${MIN_PGVECTOR.join('.')} or newer is needed. Update it and run \`ALTER EXTENSION vector UPDATE\`.`);
  }  if (!isInstalled && !mayInstall) {
    throw new UndertoneError('MIGRATION_FAILED', 'The role of DATABASE_URL may not make the extension pgvector. Run `CREATE EXTENSION vector;` once in this database as a superuser, and start again: the role itself should stay an ordinary one.');
  }
}
