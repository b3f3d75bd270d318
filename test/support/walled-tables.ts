import type pg from 'pg';

export interface WalledTable {
  readonly name: string;
  /** The column that says whose a row is. */
  readonly key: string;
}

interface Column {
  readonly name: string;
  readonly type: string;
  readonly isEnum: boolean;
}

/** Every table with a policy, by the catalogue: one that comes later is in it by itself. */
export async function walledTables(client: pg.Client): Promise<readonly WalledTable[]> {
  const { rows } = await client.query<{ name: string }>(`SELECT c.relname AS name FROM pg_class c WHERE c.relrowsecurity AND c.relnamespace = 'public'::regnamespace ORDER BY 1`);
  return rows.map(({ name }) => ({ name, key: name === 'Workspace' ? 'id' : 'workspaceId' }));
}

/** One row in every such table for a workspace, whatever its columns are. For a superuser and a database of the test's own: triggers and foreign keys are not asked, checks are taken away. */
export async function seedEveryTable(client: pg.Client, tables: readonly WalledTable[], workspaceId: string): Promise<void> {
  await client.query('BEGIN');
  await client.query('SET LOCAL session_replication_role = replica');
  for (const { name, key } of tables) {
    const checks = await client.query<{ name: string }>(`SELECT conname AS name FROM pg_constraint WHERE contype = 'c' AND conrelid = $1::regclass`, [`"${name}"`]);
    for (const check of checks.rows) await client.query(`ALTER TABLE "${name}" DROP CONSTRAINT "${check.name}"`);
    const { rows } = await client.query<Column>(
      `SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type, t.typtype = 'e' AS "isEnum" FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
       WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum`, [`"${name}"`]);
    const values = rows.map((column) => (column.name === key ? `'${workspaceId}'` : valueOf(column, `${workspaceId} ${name}`)));
    await client.query(`INSERT INTO "${name}" (${rows.map((column) => `"${column.name}"`).join(', ')}) VALUES (${values.join(', ')})`);
  }
  await client.query('COMMIT');
}

function valueOf({ type, isEnum }: Column, text: string): string {
  if (isEnum) return `(enum_range(NULL::${type}))[1]`;
  if (type.endsWith('[]')) return `'{}'::${type}`;
  if (type === 'vector') return `'[1,2,3]'::vector`;
  if (type === 'bytea') return `convert_to('${text}', 'UTF8')`;
  if (/^json/.test(type)) return `'{}'::${type}`;
  if (/^(timestamp|date)/.test(type)) return `now()::${type}`;
  if (type === 'boolean') return 'false';
  if (/^(integer|bigint|double precision|smallint|numeric|real)$/.test(type)) return '1';
  if (/^(text|character)/.test(type)) return `'${text}'`;
  throw new Error(`No made-up value for a column of type ${type}.`);
}
