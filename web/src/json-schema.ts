import type { JsonValue } from './rule-types.js';

/** The parts of JSON Schema (draft 2020-12) that the published schema of rules uses. What it does not know it lets pass: the server has the last word. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly type?: string | readonly string[];
  readonly enum?: readonly JsonValue[];
  readonly const?: JsonValue;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
}

export interface SchemaFault {
  /** As `when.all[0].label`; '' for the whole. */
  readonly path: string;
  readonly message: string;
}

const MOST_FAULTS = 20;

function typeOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
}

const TYPE_WORDS: Readonly<Record<string, string>> = { object: 'an object', array: 'a list', string: 'a text', number: 'a number', integer: 'a whole number', boolean: 'true or false', null: 'null' };

/** Every fault with its path, the outermost first; at most twenty. */
export function validate(root: JsonSchema, given: JsonValue): SchemaFault[] {
  const faults: SchemaFault[] = [];
  const check = (schema: JsonSchema, value: JsonValue, path: string): void => {
    if (faults.length >= MOST_FAULTS) return;
    const fault = (message: string, at = path): void => void faults.push({ path: at, message });
    if (schema.$ref !== undefined) {
      const target = resolve(root, schema.$ref);
      if (target) check(target, value, path);
      return;
    }
    for (const part of schema.allOf ?? []) check(part, value, path);
    if (schema.anyOf && !schema.anyOf.some((part) => validate({ ...(root.$defs && { $defs: root.$defs }), ...part }, value).length === 0)) fault('fits none of what is allowed here');
    const type = typeOf(value);
    const isOf = (wanted: string): boolean => wanted === type || (wanted === 'number' && type === 'integer');
    const types = schema.type === undefined ? null : [schema.type].flat();
    const wrong = types && !types.some(isOf) ? `must be ${types.map((each) => TYPE_WORDS[each] ?? each).join(' or ')}`
      : schema.enum && !schema.enum.includes(value) ? `must be one of ${schema.enum.map((each) => JSON.stringify(each)).join(', ')}`
        : schema.const !== undefined && schema.const !== value ? `must be ${JSON.stringify(schema.const)}` : null;
    if (wrong !== null) {
      fault(wrong);
      return;
    }
    if (typeof value === 'number') checkNumber(schema, value, fault);
    if (typeof value === 'string') checkText(schema, value, fault);
    if (Array.isArray(value)) {
      if (value.length < (schema.minItems ?? 0)) fault(`needs at least ${schema.minItems}`);
      if (value.length > (schema.maxItems ?? Infinity)) fault(`has ${value.length}, at most ${schema.maxItems} are allowed`);
      value.forEach((item: JsonValue, index) => schema.items && check(schema.items, item, `${path}[${index}]`));
    } else if (typeof value === 'object' && value !== null) {
      checkObject(schema, value as Readonly<Record<string, JsonValue>>, path, fault, check);
    }
  };
  check(root, given, '');
  return faults;
}

function resolve(root: JsonSchema, reference: string): JsonSchema | null {
  if (reference === '#') return root;
  const [, name] = /^#\/\$defs\/(.+)$/.exec(reference) ?? [];
  return (name !== undefined && root.$defs?.[name]) || null;
}

function checkNumber(schema: JsonSchema, value: number, fault: (message: string) => void): void {
  if (schema.minimum !== undefined && value < schema.minimum) fault(`is ${value}, under ${schema.minimum}`);
  if (schema.maximum !== undefined && value > schema.maximum) fault(`is ${value}, over ${schema.maximum}`);
  if (schema.exclusiveMinimum !== undefined && value <= schema.exclusiveMinimum) fault(`must be over ${schema.exclusiveMinimum}`);
  if (schema.exclusiveMaximum !== undefined && value >= schema.exclusiveMaximum) fault(`must be under ${schema.exclusiveMaximum}`);
}

function checkText(schema: JsonSchema, value: string, fault: (message: string) => void): void {
  if (value.length < (schema.minLength ?? 0)) fault(value === '' ? 'is empty' : `needs at least ${schema.minLength} characters`);
  if (value.length > (schema.maxLength ?? Infinity)) fault(`has ${value.length} characters, at most ${schema.maxLength} are allowed`);
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value)) fault(`does not have the form ${schema.pattern}`);
}

function checkObject(
  schema: JsonSchema, value: Readonly<Record<string, JsonValue>>, path: string, fault: (message: string, at?: string) => void, check: (schema: JsonSchema, value: JsonValue, path: string) => void,
): void {
  const names = Object.keys(value);
  const known = Object.keys(schema.properties ?? {});
  const inside = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const strangers = names.filter((name) => schema.properties?.[name] === undefined);
  const lacking = (schema.required ?? []).filter((name) => !names.includes(name));
  // One name too many and one too few are one mistake.
  const [meant] = strangers.length === 1 && lacking.length === 1 && schema.additionalProperties === false ? lacking : [];
  for (const name of names) {
    const own = schema.properties?.[name];
    if (own) check(own, value[name]!, inside(name));
    else if (schema.additionalProperties === false) fault(meant === undefined ? `is not known here; known are ${known.join(', ')}` : `is not known here; “${meant}” is missing`, inside(name));
    else if (typeof schema.additionalProperties === 'object') check(schema.additionalProperties, value[name]!, inside(name));
  }
  for (const name of lacking) if (name !== meant) fault('is missing', inside(name));
  if (names.length < (schema.minProperties ?? 0)) fault(`is empty; one of ${known.join(', ')} is needed`);
  if (names.length > (schema.maxProperties ?? Infinity)) fault(`has ${names.join(' and ')}; ${schema.maxProperties === 1 ? 'exactly one name' : `at most ${schema.maxProperties} names`} may stand here`);
}
