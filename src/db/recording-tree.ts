import type { PrismaClient } from './generated/client.js';
import type { Transaction } from './database.js';

/** A table whose rows belong to a recording and go with it: it is found in the catalogue, so that a new one is archived without being named here. */
export interface TreeTable {
  readonly name: string;
  readonly columns: readonly string[];
  /** Of its primary key. */
  readonly key: readonly string[];
  /** Which of its columns point to which table of the tree, with the row going when that one goes. */
  readonly parents: readonly { readonly column: string; readonly table: string }[];
}

interface Edge {
  readonly child: string;
  readonly column: string;
  readonly parent: string;
  readonly cascades: boolean;
}

export const ROOT = 'Recording';

/** Parents before children, as rows must be inserted. Self-references need no order: a statement's rows are checked at its end. */
export async function readTree(client: PrismaClient | Transaction): Promise<readonly TreeTable[]> {
  const edges = await client.$queryRaw<Edge[]>`
    SELECT child.relname AS child, a.attname AS "column", parent.relname AS parent, c.confdeltype = 'c' AS cascades
    FROM pg_constraint c JOIN pg_class child ON child.oid = c.conrelid JOIN pg_class parent ON parent.oid = c.confrelid
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND cardinality(c.conkey) = 1 AND c.connamespace = 'public'::regnamespace AND child.oid <> parent.oid
    ORDER BY 1, 2`;
  const members = new Set([ROOT]);
  for (let before = 0; before !== members.size; ) {
    before = members.size;
    for (const edge of edges) if (edge.cascades && members.has(edge.parent)) members.add(edge.child);
  }
  const columns = await client.$queryRaw<{ table: string; column: string }[]>`
    SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = ANY(${[...members]}) AND is_generated = 'NEVER' ORDER BY table_name, ordinal_position`;
  const keys = await client.$queryRaw<{ table: string; column: string }[]>`
    SELECT t.relname AS "table", a.attname AS "column" FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY(i.indkey)
    WHERE i.indisprimary AND t.relnamespace = 'public'::regnamespace AND t.relname = ANY(${[...members]}) ORDER BY 1, a.attnum`;
  return inOrder([...members], edges.filter((edge) => members.has(edge.child) && members.has(edge.parent))).map((name) => ({
    name,
    columns: columns.filter((one) => one.table === name).map((one) => one.column),
    key: keys.filter((one) => one.table === name).map((one) => one.column),
    parents: edges.filter((edge) => edge.child === name && edge.cascades && members.has(edge.parent)).map((edge) => ({ column: edge.column, table: edge.parent })),
  }));
}

function inOrder(names: readonly string[], edges: readonly Edge[]): readonly string[] {
  const ordered: string[] = [];
  let rest = [...names].sort();
  while (rest.length > 0) {
    const ready = rest.filter((name) => edges.every((edge) => edge.child !== name || ordered.includes(edge.parent)));
    if (ready.length === 0) throw new Error(`The tables ${rest.join(', ')} refer to each other in a circle: rows of a recording cannot be put back in any order.`);
    ordered.push(...ready);
    rest = rest.filter((name) => !ready.includes(name));
  }
  return ordered;
}

/** SQL of a text that orders the rows `t` of a table and tells them apart. */
export function keyOf({ key }: Pick<TreeTable, 'key'>): string {
  return key.length === 1 ? `t.${quoted(key[0]!)}` : `concat_ws(chr(31), ${key.map((column) => `t.${quoted(column)}::text`).join(', ')})`;
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** SQL that is true for the rows `t` of a table that belong to the recording $1. */
export function belongs(tree: readonly TreeTable[], table: TreeTable): string {
  if (table.name === ROOT) return 't."id" = $1 AND t."workspaceId" = $2';
  return table.parents.map(({ column, table: name }) => {
    const parent = tree.find((one) => one.name === name)!;
    return `t.${quoted(column)} IN (SELECT t."id" FROM ${quoted(name)} t WHERE ${belongs(tree, parent)})`;
  }).map((condition) => `(${condition})`).join(' OR ');
}

/** Tables below one table of the tree, itself included. */
export function below(tree: readonly TreeTable[], name: string): readonly TreeTable[] {
  const members = new Set([name]);
  for (const table of tree) if (table.parents.some((parent) => members.has(parent.table))) members.add(table.name);
  return tree.filter((table) => members.has(table.name));
}
