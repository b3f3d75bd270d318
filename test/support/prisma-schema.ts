import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface SchemaColumn {
  readonly name: string;
  /** PostgreSQL's short name of the type; `_` before it for a list. */
  readonly type: string;
  readonly isNullable: boolean;
  readonly hasDefault: boolean;
}
export interface SchemaModel {
  readonly name: string;
  readonly columns: readonly SchemaColumn[];
  /** Names as Prisma gives them, sorted. */
  readonly indexes: readonly string[];
  /** `Table_column_fkey:RULE`, sorted. */
  readonly foreignKeys: readonly string[];
}
export interface Schema {
  readonly models: readonly SchemaModel[];
  readonly enums: Readonly<Record<string, readonly string[]>>;
}

const TYPES: Readonly<Record<string, string>> = { String: 'text', Int: 'int4', BigInt: 'int8', Float: 'float8', Boolean: 'bool', Bytes: 'bytea', Json: 'jsonb', DateTime: 'timestamp' };
const RULES: Readonly<Record<string, string>> = { Cascade: 'CASCADE', SetNull: 'SET NULL', Restrict: 'RESTRICT' };

/** What prisma/schema.prisma says about the database, for as much of the language as it uses. */
export function readSchema(): Schema {
  const text = readFileSync(fileURLToPath(new URL('../../prisma/schema.prisma', import.meta.url)), 'utf8').replace(/\/\/.*$/gm, '');
  const enums: Record<string, string[]> = {};
  for (const [, name, body] of text.matchAll(/^enum (\w+) \{([^}]*)\}/gm)) enums[name!] = body!.trim().split(/\s+/);
  const blocks = [...text.matchAll(/^model (\w+) \{([\s\S]*?)^\}/gm)].map(([, name, body]) => ({ name: name!, lines: body!.split('\n').map((line) => line.trim()).filter((line) => line !== '') }));
  const modelNames = new Set(blocks.map(({ name }) => name));
  return { enums, models: blocks.map(({ name, lines }) => readModel(name, lines, modelNames, enums)) };
}

function readModel(model: string, lines: readonly string[], modelNames: ReadonlySet<string>, enums: Readonly<Record<string, unknown>>): SchemaModel {
  const columns: SchemaColumn[] = [];
  const indexes: string[] = [];
  const foreignKeys: string[] = [];
  for (const line of lines) {
    if (line.startsWith('@@id(')) {
      indexes.push(`${model}_pkey`);
      continue;
    }
    const block = /^@@(index|unique)\(\[(.*?)\]/.exec(line);
    if (block !== null) {
      const names = block[2]!.replace(/\([^)]*\)/g, '').split(',').map((column) => column.trim());
      indexes.push(`${model}_${names.join('_')}_${block[1] === 'index' ? 'idx' : 'key'}`);
      continue;
    }
    const [, name, type, suffix = '', attributes = ''] = /^(\w+)\s+(Unsupported\("\w+"\)|\w+)(\[\]|\?)?\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || type === undefined) throw new Error(`not understood: ${line}`);
    if (modelNames.has(type)) {
      const field = /fields: \[(\w+)\]/.exec(attributes)?.[1];
      const rule = /onDelete: (\w+)/.exec(attributes)?.[1] ?? 'Restrict';
      if (field !== undefined) foreignKeys.push(`${model}_${field}_fkey:${RULES[rule]!}`);
      continue;
    }
    if (attributes.includes('@unique')) indexes.push(`${model}_${name}_key`);
    if (attributes.includes('@id')) indexes.push(`${model}_pkey`);
    columns.push({ name, type: columnType(type, suffix, attributes, enums), isNullable: suffix !== '', hasDefault: attributes.includes('@default') });
  }
  return { name: model, columns, indexes: indexes.sort(), foreignKeys: foreignKeys.sort() };
}

function columnType(type: string, suffix: string, attributes: string, enums: Readonly<Record<string, unknown>>): string {
  const native = /@db\.(\w+)/.exec(attributes)?.[1]?.toLowerCase();
  const unsupported = /Unsupported\("(\w+)"\)/.exec(type)?.[1];
  const base = native ?? unsupported ?? (type in enums ? type : TYPES[type]);
  if (base === undefined) throw new Error(`no type for ${type}`);
  return suffix === '[]' ? `_${base}` : base;
}
