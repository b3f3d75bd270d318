import type { z } from 'zod';
import { nearestName } from '../../domain/nearest-name.js';
import { ruleJsonSchema } from './rule.schema.js';

export interface RuleFault {
  readonly path: string;
  readonly message: string;
  readonly nearest: string | null;
}

/** What is missing somewhere, in the words of the checks in the schema. */
const SAYS_MISSING = /^(is empty|is missing|needs at least one of)/;

/**
 * What the schema says of a rule, one fault for each mistake: a misspelt name is not told a second time as the name that is
 * missing, nor as the emptiness that it leaves behind.
 */
export function schemaFaults(issues: readonly z.core.$ZodIssue[], given: unknown): readonly RuleFault[] {
  const unknown = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys.map((key) => ({ key, at: issue.path })) : []));
  const others = issues.filter(({ code }) => code !== 'unrecognized_keys');
  const missing = others.filter((issue) => issue.code === 'invalid_type' && valueAt(given, issue.path) === undefined);
  const told = new Set<z.core.$ZodIssue>();
  const misspelt = unknown.map(({ key, at }): RuleFault => {
    const strangers = unknown.filter((one) => isSame(one.at, at));
    const lacking = missing.filter((issue) => isSame(issue.path.slice(0, -1), at));
    const [only] = lacking;
    const known = namesAt(at);
    // One name too many and one too few in one place are one mistake, however far apart they are spelt.
    const nearest = nearestName(key, known) ?? (strangers.length === 1 && lacking.length === 1 ? String(only!.path.at(-1)) : null);
    for (const issue of lacking) if (issue.path.at(-1) === nearest) told.add(issue);
    for (const issue of others) if (issue.code === 'custom' && SAYS_MISSING.test(issue.message) && isLackOf(issue.path, at, given)) told.add(issue);
    return { path: pathText([...at, key]), message: `is not known here${nearest === null ? `; known are ${known.join(', ')}` : ''}`, nearest };
  });
  return [...misspelt, ...others.filter((issue) => !told.has(issue)).map((issue) => faultOf(issue, given))];
}

function faultOf(issue: z.core.$ZodIssue, given: unknown): RuleFault {
  const path = pathText(issue.path);
  const found = valueAt(given, issue.path);
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String);
    return { path, message: `must be one of ${values.join(', ')}`, nearest: typeof found === 'string' ? nearestName(found, values) : null };
  }
  if (issue.code === 'custom' && issue.params?.['candidates'] !== undefined) return { path, message: issue.message, nearest: nearestName(String(found), issue.params['candidates'] as readonly string[]) };
  return { path, message: messageOf(issue, found), nearest: null };
}

const TYPE_WORDS: Readonly<Record<string, string>> = { object: 'an object', array: 'a list', string: 'a text', number: 'a number', int: 'a whole number', boolean: 'true or false' };

function messageOf(issue: z.core.$ZodIssue, found: unknown): string {
  if (issue.code === 'invalid_type') {
    if (found === undefined) return 'is missing';
    const wanted = TYPE_WORDS[issue.expected] ?? issue.expected;
    const names = issue.expected === 'object' ? namesAt(issue.path) : [];
    return `must be ${wanted}${names.length === 0 ? '' : ` with ${names.slice(0, 5).join(', ')}${names.length > 5 ? ' …' : ''}`}, and is ${typeWord(found)}`;
  }
  if (issue.code === 'too_small') return issue.origin === 'number' || issue.origin === 'int' ? `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}, and is ${String(found)}` : tooFew(issue.origin, Number(issue.minimum), found);
  if (issue.code === 'too_big') return issue.origin === 'number' || issue.origin === 'int' ? `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}, and is ${String(found)}` : `may have at most ${issue.maximum} ${unitOf(issue.origin)}`;
  return issue.message;
}

function tooFew(origin: string, minimum: number, found: unknown): string {
  const count = Array.isArray(found) ? found.length : 0;
  return count === 0 ? 'is empty' : `needs at least ${minimum} ${unitOf(origin)}, and has ${count}`;
}

const unitOf = (origin: string): string => (origin === 'array' ? 'entries' : 'characters');

function typeWord(value: unknown): string {
  if (value === null || typeof value === 'number') return String(value);
  return TYPE_WORDS[Array.isArray(value) ? 'array' : typeof value] ?? 'something else';
}

/** Whether what is missing at `path` is missing in the object at `at` itself. */
function isLackOf(path: readonly PropertyKey[], at: readonly PropertyKey[], given: unknown): boolean {
  return isSame(path, at) || (isSame(path.slice(0, -1), at) && valueAt(given, path) === undefined);
}

function isSame(a: readonly PropertyKey[], b: readonly PropertyKey[]): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}

/** `when.all[0].label.in`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`)).join('');
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, part) => (typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[part] : undefined), value);
}

type SchemaNode = Readonly<Record<string, unknown>>;

/** The names that the published schema allows at a path: what is served and what is said agree. */
function namesAt(path: readonly PropertyKey[]): readonly string[] {
  const root = ruleJsonSchema();
  const resolved = (node: unknown): SchemaNode => {
    const { $ref } = (node ?? {}) as { $ref?: string };
    return typeof $ref === 'string' ? resolved(valueAt(root, $ref.replace(/^#\/?/, '').split('/').filter((part) => part !== ''))) : ((node ?? {}) as SchemaNode);
  };
  const node = path.reduce((at, part) => resolved(typeof part === 'number' ? at['items'] : valueAt(at, ['properties', part])), resolved(root));
  return Object.keys(node['properties'] ?? {}).filter((name) => name !== '$schema');
}
