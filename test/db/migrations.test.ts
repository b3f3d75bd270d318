import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import pg from 'pg';
import { migrate, readMigrations } from '../../src/db/migrations.js';
import { readSchema } from '../support/prisma-schema.js';
import { openEmbeddedTestDatabase, type TestDatabase } from '../support/test-database.js';

describe('the migrations', () => {
  let database: TestDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    database = await openEmbeddedTestDatabase();
    client = new pg.Client({ connectionString: database.db.connectionString });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await database.dispose();
  });
  const rows = async <Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> => (await client.query<Row>(sql, values)).rows;
  const schema = readSchema();
  const migrations = readMigrations();

  it('make exactly the tables of the schema', async () => {
    const tables = await rows<{ name: string }>("SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> '_prisma_migrations' ORDER BY 1");
    expect(schema.models.length).toBeGreaterThan(5);
    expect(tables.map(({ name }) => name)).toEqual(schema.models.map(({ name }) => name).sort());
  });

  it.each(schema.models.map((model) => [model.name, model] as const))('give %s the columns, types, nulls, defaults, indexes and foreign keys of the schema', async (table, model) => {
    const columns = await rows<{ name: string; type: string; isNullable: boolean; hasDefault: boolean }>(
      `SELECT column_name AS name, udt_name AS type, is_nullable = 'YES' AS "isNullable", column_default IS NOT NULL AS "hasDefault" FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position`,
      [table],
    );
    expect(columns).toEqual(model.columns);
    const indexes = await rows<{ name: string }>("SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'public' AND tablename = $1 ORDER BY indexname COLLATE \"C\"", [table]);
    expect(indexes.map(({ name }) => name)).toEqual(model.indexes);
    const keys = await rows<{ name: string }>(
      `SELECT c.constraint_name || ':' || r.delete_rule AS name FROM information_schema.table_constraints c JOIN information_schema.referential_constraints r USING (constraint_schema, constraint_name)
       WHERE c.table_schema = 'public' AND c.table_name = $1 AND r.update_rule = 'CASCADE' ORDER BY 1`,
      [table],
    );
    expect(keys.map(({ name }) => name)).toEqual(model.foreignKeys);
  });

  it('give the enums the values of the schema, in order', async () => {
    const values = await rows<{ name: string; label: string }>('SELECT t.typname AS name, e.enumlabel AS label FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace AND n.nspname = \'public\' ORDER BY t.typname, e.enumsortorder');
    const found: Record<string, string[]> = {};
    for (const { name, label } of values) (found[name] ??= []).push(label);
    expect(found).toEqual(schema.enums);
  });

  it('keep a history as Prisma does', async () => {
    const history = await rows('SELECT length(id)::int AS id, migration_name, checksum, applied_steps_count, finished_at >= started_at AS finished, logs, rolled_back_at FROM "_prisma_migrations" ORDER BY migration_name');
    expect(history).toEqual(migrations.map(({ name, checksum }) => ({ id: 36, migration_name: name, checksum, applied_steps_count: 1, finished: true, logs: null, rolled_back_at: null })));
  });

  it('apply nothing twice', async () => {
    expect(await migrate(database.db.connectionString)).toEqual([]);
  });

  it('apply a new one after the old ones, and one that fails not at all', async () => {
    const good = { name: '20990101000000_good', sql: 'CREATE TABLE extra (id int); INSERT INTO extra VALUES (1);', checksum: 'c1' };
    const bad = { name: '20990102000000_bad', sql: 'INSERT INTO extra VALUES (2); SELECT nonsense;', checksum: 'c2' };
    await expect(migrate(database.db.connectionString, [...migrations, good, bad])).rejects.toMatchObject({ code: 'MIGRATION_FAILED', message: expect.stringContaining('nonsense') as string });
    expect(await rows('SELECT id FROM extra')).toEqual([{ id: 1 }]);
    expect(await migrate(database.db.connectionString, [...migrations, good, { ...bad, sql: 'INSERT INTO extra VALUES (2)' }])).toEqual([bad.name]);
    expect(await rows('SELECT id FROM extra')).toEqual([{ id: 1 }, { id: 2 }]);
    await client.query('DROP TABLE extra');
    await client.query('DELETE FROM "_prisma_migrations" WHERE migration_name LIKE \'2099%\'');
  });

  it('refuse a database with a changed migration, one that is unknown, and one that another tool left half done', async () => {
    const [first] = migrations;
    const attempt = (list = migrations): Promise<readonly string[]> => migrate(database.db.connectionString, list);
    await expect(attempt([{ ...first!, checksum: 'changed' }])).rejects.toMatchObject({ code: 'MIGRATION_FAILED', message: expect.stringContaining('was changed') as string });
    await expect(attempt([])).rejects.toMatchObject({ code: 'MIGRATION_FAILED', message: expect.stringContaining('newer version') as string });
    await client.query('UPDATE "_prisma_migrations" SET finished_at = NULL');
    await expect(attempt()).rejects.toMatchObject({ code: 'MIGRATION_FAILED', message: expect.stringContaining('did not finish') as string });
    await client.query('UPDATE "_prisma_migrations" SET finished_at = now()');
  });
});
