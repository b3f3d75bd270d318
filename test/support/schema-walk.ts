import {
  getNamedType, getNullableType, isEnumType, isInputObjectType, isInterfaceType, isLeafType, isListType, isObjectType, isRequiredArgument, isRequiredInputField, isUnionType,
  type GraphQLArgument, type GraphQLField, type GraphQLInputObjectType, type GraphQLInputType, type GraphQLNamedType, type GraphQLObjectType, type GraphQLSchema,
} from 'graphql';
import type { Operation } from './walk-client.js';

export type OperationKind = 'query' | 'mutation' | 'subscription';

/** One place where a caller can put an id or a text, with an operation that carries it. */
export interface Slot extends Operation {
  /** For people: `Query.compareEmbeddings(a)`. */
  readonly name: string;
  readonly root: string;
  readonly scalar: 'ID' | 'String';
  /** With `everywhere`, required ids beside the slot get the value too. */
  variables(value: string, everywhere: boolean): Record<string, unknown>;
}

type AnyField = GraphQLField<unknown, unknown>;
export const NO_SUCH_ID = 'none_01JAAAAAAAAAAAAAAAAAAAAAAA';
const DAY_MS = 86_400_000;
/** One range for the whole walk: buckets of time must not move between two looks. */
const NOW_MS = Date.now();

/** Operations over a whole schema, made from the schema alone: a field that is added tomorrow is in them. */
export class SchemaWalk {
  /** Fields that need a value for which nothing is known here; a test must find none. */
  readonly unknown: string[] = [];
  /** `samples`: values by the name of a scalar or input type, where what can be made up here would be refused. Those of `whole` stay beside a slot. */
  constructor(private readonly schema: GraphQLSchema, private readonly samples: Readonly<Record<string, unknown>> = {}, private readonly whole: readonly string[] = []) {}

  private roots(): [OperationKind, GraphQLObjectType][] {
    const { schema } = this;
    return ([['query', schema.getQueryType()], ['mutation', schema.getMutationType()], ['subscription', schema.getSubscriptionType()]] as const).flatMap(([kind, type]) => (type == null ? [] : [[kind, type] as [OperationKind, GraphQLObjectType]]));
  }

  /** Root fields that can be read without knowing an id, each with everything under it. */
  readable(kind: OperationKind): { readonly name: string; readonly document: string; readonly variables: Record<string, unknown> }[] {
    const type = this.roots().find(([one]) => one === kind)?.[1];
    return Object.values(type?.getFields() ?? {}).flatMap((field) => {
      if (field.args.some((argument) => isRequiredArgument(argument) && this.mentions(argument.type, 'ID'))) return [];
      return [{ name: field.name, document: this.document(kind, [field]), variables: this.required(field, `${type!.name}.${field.name}`) }];
    });
  }

  /** Every root field with the least selection and what it requires. */
  rootFields(): (Operation & { readonly name: string; readonly variables: Record<string, unknown>; selecting(selection: string): Operation })[] {
    return this.roots().flatMap(([operation, type]) => Object.values(type.getFields()).map((field) => {
      const name = `${type.name}.${field.name}`;
      const takesFile = field.args.some((one) => this.mentions(one.type, 'Upload'));
      const least = isLeafType(getNamedType(field.type)) ? '' : '{ __typename }';
      const selecting = (selection: string): Operation => ({ operation, takesFile, document: this.document(operation, [field], selection) });
      return { ...selecting(least), name, variables: this.required(field, name), selecting };
    }));
  }

  /** Every argument, however deep in input objects and wherever in the schema, that takes an id or a text. */
  slots(): Slot[] {
    const found: Slot[] = [];
    for (const [kind, type] of this.roots()) for (const field of Object.values(type.getFields())) found.push(...this.slotsOf(kind, [field], `${type.name}.${field.name}`));
    for (const type of Object.values(this.schema.getTypeMap())) {
      if (!isObjectType(type) || type.name.startsWith('__') || this.roots().some(([, root]) => root === type)) continue;
      for (const field of Object.values(type.getFields())) {
        if (field.args.every((argument) => !this.mentions(argument.type, 'ID'))) continue;
        const path = this.pathTo(type);
        if (path === null) this.unknown.push(`${type.name}.${field.name}: no way to it without an id`);
        else found.push(...this.slotsOf('query', [...path, field], `${type.name}.${field.name}`));
      }
    }
    return found;
  }

  private slotsOf(operation: OperationKind, path: readonly AnyField[], name: string): Slot[] {
    const field = path.at(-1)!;
    const document = this.document(operation, path);
    const required = this.required(field, name);
    return field.args.flatMap((argument) => this.leaves(argument.name, argument.type, 0).map(({ keys, scalar }) => ({
      name: `${name}(${keys.join('.')})`, root: path[0]!.name, operation, scalar, document, takesFile: field.args.some((one) => this.mentions(one.type, 'Upload')),
      variables: (value: string, everywhere: boolean) => {
        const values = structuredClone(required);
        if (everywhere) replaceIn(values, NO_SUCH_ID, value);
        this.place(values, argument, keys, value, name);
        return values;
      },
    })));
  }

  /** Paths of keys down to ids and texts. */
  private leaves(key: string, type: GraphQLInputType, depth: number): { keys: string[]; scalar: 'ID' | 'String' }[] {
    const named = getNamedType(type);
    if (named.name === 'ID' || named.name === 'String') return [{ keys: [key], scalar: named.name }];
    if (!isInputObjectType(named) || depth > 4) return [];
    return Object.values(named.getFields()).flatMap((inner) => this.leaves(inner.name, inner.type, depth + 1).map(({ keys, scalar }) => ({ keys: [key, ...keys], scalar })));
  }

  private place(values: Record<string, unknown>, argument: GraphQLArgument, keys: readonly string[], value: string, name: string): void {
    const put = (type: GraphQLInputType, rest: readonly string[], before: unknown): unknown => {
      const nullable = getNullableType(type);
      if (isListType(nullable)) return [put(nullable.ofType, rest, Array.isArray(before) ? before[0] : undefined)];
      if (!isInputObjectType(nullable)) return value;
      const inner = nullable.getFields()[rest[0]!]!;
      // A given sample may be one of several ways to fill the type, and the slot another: only what is required stays.
      const object = ((nullable.name in this.samples && !this.whole.includes(nullable.name)) || before === undefined ? this.requiredOf(nullable, name) : before) as Record<string, unknown>;
      return { ...object, [inner.name]: put(inner.type, rest.slice(1), object[inner.name]) };
    };
    values[argument.name] = put(argument.type, keys.slice(1), values[argument.name]);
  }

  private required(field: AnyField, name: string): Record<string, unknown> {
    return Object.fromEntries(field.args.filter(isRequiredArgument).map((argument) => [argument.name, this.sample(argument.type, name, argument.name)]));
  }

  private sample(type: GraphQLInputType, field: string, key = ''): unknown {
    const nullable = getNullableType(type);
    if (isListType(nullable)) return [this.sample(nullable.ofType, field, key)];
    if (nullable.name in this.samples) return structuredClone(this.samples[nullable.name]);
    if (isInputObjectType(nullable)) return this.requiredOf(nullable, field);
    if (isEnumType(nullable)) return nullable.getValues()[0]!.name;
    const samples: Record<string, unknown> = { ID: NO_SUCH_ID, String: 'probe', Int: 1, Float: 0.5, Boolean: false, Upload: null, DateTime: new Date(NOW_MS + (key === 'to' ? DAY_MS : -DAY_MS)).toISOString() };
    if (!(nullable.name in samples)) this.unknown.push(`${field}: no sample of ${nullable.name}`);
    return samples[nullable.name] ?? null;
  }

  private requiredOf(type: GraphQLInputObjectType, field: string): Record<string, unknown> {
    return Object.fromEntries(Object.values(type.getFields()).filter(isRequiredInputField).map((inner) => [inner.name, this.sample(inner.type, field, inner.name)]));
  }

  private mentions(type: GraphQLInputType, scalar: string): boolean {
    const named = getNamedType(type);
    if (named.name === scalar) return true;
    return isInputObjectType(named) && Object.values(named.getFields()).some((inner) => getNamedType(inner.type) !== named && this.mentions(inner.type, scalar));
  }

  private document(kind: OperationKind, path: readonly AnyField[], selection?: string): string {
    const field = path.at(-1)!;
    // An argument with a default keeps it when its variable is not given.
    const variables = field.args.map(({ name, type, defaultValue }) => `$${name}: ${defaultValue === undefined ? String(type) : String(getNullableType(type))}`);
    const call = `${field.name}${field.args.length === 0 ? '' : `(${field.args.map(({ name }) => `${name}: $${name}`).join(', ')})`}`;
    const inner = `${call}${selection ?? this.selection(getNamedType(field.type), [])}`;
    const body = path.slice(0, -1).reduceRight((text, one) => `${one.name} { ${text} }`, inner);
    return `${kind} Walk${variables.length === 0 ? '' : `(${variables.join(', ')})`} { ${body} }`;
  }

  /** Everything under a type that needs no argument; a type is not entered again under itself. */
  private selection(type: GraphQLNamedType, above: readonly string[]): string {
    if (isLeafType(type)) return '';
    const inside = [...above, type.name];
    if (isUnionType(type)) return ` { __typename ${type.getTypes().map((member) => `... on ${member.name} { ${this.fields(member, inside, `${member.name}_`)} }`).join(' ')} }`;
    if (isInterfaceType(type)) return ` { __typename ${this.schema.getPossibleTypes(type).map((member) => `... on ${member.name} { ${this.fields(member, inside, `${member.name}_`)} }`).join(' ')} }`;
    return isObjectType(type) ? ` { ${this.fields(type, inside, '')} }` : '';
  }

  private fields(type: GraphQLObjectType, above: readonly string[], prefix: string): string {
    const all = Object.values(type.getFields());
    const chosen = all.filter((field) => !field.args.some(isRequiredArgument) && !above.includes(getNamedType(field.type).name) && !(field.name === 'edges' && all.some(({ name }) => name === 'nodes')));
    const inside = above.includes(type.name) ? above : [...above, type.name];
    return ['__typename', ...chosen.map((field) => `${prefix === '' ? '' : `${prefix}${field.name}: `}${field.name}${this.selection(getNamedType(field.type), inside)}`)].join(' ');
  }

  /** The shortest way from the query root to a type over fields that need no argument. */
  private pathTo(target: GraphQLObjectType): AnyField[] | null {
    const waiting: { type: GraphQLNamedType; path: AnyField[] }[] = [{ type: this.schema.getQueryType()!, path: [] }];
    const seen = new Set<string>();
    for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
      if (at.type === target) return at.path;
      if (!isObjectType(at.type) || seen.has(at.type.name)) continue;
      seen.add(at.type.name);
      for (const field of Object.values(at.type.getFields())) if (!field.args.some(isRequiredArgument)) waiting.push({ type: getNamedType(field.type), path: [...at.path, field] });
    }
    return null;
  }
}

function replaceIn(values: object, from: string, to: string): void {
  for (const [key, value] of Object.entries(values) as [string, unknown][]) {
    if (value === from) Object.assign(values, { [key]: to });
    else if (typeof value === 'object' && value !== null) replaceIn(value, from, to);
  }
}
