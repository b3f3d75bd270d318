import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmbeddedTestDatabase, type TestDatabase } from '../support/test-database.js';

/** Tables that hold nothing of any workspace, with the reason. The queue's are in a schema of their own: jobs hold ids, and the queue serves all workspaces. */
const NOBODYS: Readonly<Record<string, string>> = {
  Node: 'processes of the platform belong to no workspace',
  _prisma_migrations: 'which migrations the database has had',
};

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  readonly isOn: boolean;
  readonly isForced: boolean;
  readonly policies: readonly string[];
}

describe('the tables of the schema', () => {
  let database: TestDatabase;
  let tables: readonly Table[];
  beforeAll(async () => {
    database = await openEmbeddedTestDatabase();
    tables = await database.db.client.$queryRaw<Table[]>`
      SELECT c.relname AS name, c.relrowsecurity AS "isOn", c.relforcerowsecurity AS "isForced",
        ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
        ARRAY(SELECT pg_get_expr(p.polqual, p.polrelid) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd = '*' AND p.polpermissive AND p.polwithcheck IS NULL AND p.polroles = '{0}') AS policies
      FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY 1`;
  });
  afterAll(() => database.dispose());

  const keyOf = ({ name }: Table): string => (name === 'Workspace' ? 'id' : 'workspaceId');

  it('say whose each row is, or are of nobody for a reason', () => {
    expect(tables.length).toBeGreaterThan(40);
    expect(tables.filter((table) => !table.columns.includes(keyOf(table)) && !(table.name in NOBODYS)).map(({ name }) => name)).toEqual([]);
    expect(Object.keys(NOBODYS).filter((name) => !tables.some((table) => table.name === name))).toEqual([]);
  });

  it('have one policy each, which binds their owner as well: SELECT "undertone_wall"(\'"Name"\') in the migration that makes one', () => {
    const open = tables.filter(({ name }) => !(name in NOBODYS)).filter((table) => {
      const setting = "( SELECT current_setting('undertone.workspace'::text, true) AS current_setting)";
      const wanted = `((${setting} = '*'::text) OR (${/^[a-z]+$/.test(keyOf(table)) ? keyOf(table) : `"${keyOf(table)}"`} = ${setting}))`;
      return !table.isOn || !table.isForced || table.policies.length !== 1 || table.policies[0] !== wanted;
    });
    expect(open).toEqual([]);
  });

  it('would be found out where a table had none', async () => {
    const rows = await database.db.transaction(async (tx) => {
      await tx.$executeRaw`CREATE TABLE "Forgotten" ("id" TEXT PRIMARY KEY, "workspaceId" TEXT NOT NULL)`;
      const found = await tx.$queryRaw<{ isOn: boolean }[]>`SELECT relrowsecurity AS "isOn" FROM pg_class WHERE relname = 'Forgotten'`;
      await tx.$executeRaw`SELECT "undertone_wall"('"Forgotten"')`;
      return [...found, ...(await tx.$queryRaw<{ isOn: boolean }[]>`SELECT relrowsecurity AND relforcerowsecurity AS "isOn" FROM pg_class WHERE relname = 'Forgotten'`)];
    });
    expect(rows).toEqual([{ isOn: false }, { isOn: true }]);
  });

  it('are read whole on the embedded database, whose role passes by policies: nothing is said to it and nothing is lost', async () => {
    expect(database.db.hasWall).toBe(false);
    await database.db.client.workspace.create({ data: { id: 'ws_seen', name: 'x' } });
    expect(await database.db.client.workspace.count()).toBe(1);
  });
});
