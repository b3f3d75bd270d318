import {
  getNamedType, GraphQLError, GraphQLInterfaceType, GraphQLObjectType, isCompositeType, isListType, isNonNullType, Kind, parse,
  type DocumentNode, type FieldNode, type FragmentDefinitionNode, type GraphQLField, type GraphQLNamedType, type GraphQLSchema, type OperationDefinitionNode, type SelectionSetNode, type ValueNode,
} from 'graphql';
import { UndertoneError } from '../domain/errors.js';
import type { HttpLimits } from './http-limits.js';

export type QueryLimits = Pick<HttpLimits, 'queryDepth' | 'queryAliases' | 'queryRootFields' | 'queryTokens' | 'queryCost'>;

interface Size {
  depth: number;
  aliases: number;
  fields: number;
  cost: number;
}

/** A list of objects without `first` (models, speakers, scores …): what it counts for. */
const ASSUMED_LIST_LENGTH = 10;

/**
 * Refuses an operation that is too deep, too wide or too costly, before anything validates or runs it: GraphQL's own
 * validation takes a time that grows with the square of repeated fields. Costs one parse and one walk; a fragment is
 * walked once however often it is spread. A document with a syntax error is let through to whoever answers that.
 */
export function measureOperation(schema: GraphQLSchema, limits: QueryLimits, query: unknown, variables: unknown): { readonly document: DocumentNode; readonly cost: number } | null {
  if (typeof query !== 'string') return null;
  const document = parseWithin(query, limits.queryTokens);
  if (document === null) return null;
  const measure = new Measure(schema, document, isRecord(variables) ? variables : {});
  let cost = 0;
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const size = measure.operation(definition);
    cost = Math.max(cost, size.cost);
    refuseAbove('is nested', size.depth, limits.queryDepth, 'levels deep');
    refuseAbove('has', size.aliases, limits.queryAliases, 'aliases');
    refuseAbove('has', size.fields, limits.queryRootFields, 'root fields');
    refuseAbove('would resolve about', size.cost, limits.queryCost, 'fields, counting each list at its `first`');
  }
  return { document, cost };
}

function refuseAbove(verb: string, measured: number, limit: number, what: string): void {
  if (measured > limit) throw new UndertoneError('QUERY_TOO_COMPLEX', `The query ${verb} ${measured} ${what}; at most ${limit} are allowed. Ask for less at once.`, { measured, limit });
}

function parseWithin(query: string, maxTokens: number): DocumentNode | null {
  try {
    return parse(query, { maxTokens, noLocation: false });
  } catch (error) {
    if (error instanceof GraphQLError && error.message.includes('Parsing aborted')) {
      throw new UndertoneError('QUERY_TOO_COMPLEX', `The query has more than the ${maxTokens} tokens that are allowed. Ask for less at once.`, { limit: maxTokens });
    }
    return null;
  }
}

class Measure {
  private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  private readonly measured = new Map<string, Size>();
  private defaults: ReadonlyMap<string, ValueNode | undefined> = new Map();

  constructor(private readonly schema: GraphQLSchema, document: DocumentNode, private readonly variables: Readonly<Record<string, unknown>>) {
    this.fragments = new Map(document.definitions.flatMap((definition) => (definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [])));
  }

  operation(operation: OperationDefinitionNode): Size {
    this.defaults = new Map((operation.variableDefinitions ?? []).map((definition) => [definition.variable.name.value, definition.defaultValue]));
    this.measured.clear();
    return this.selections(operation.selectionSet, this.schema.getRootType(operation.operation) ?? undefined);
  }

  private selections(set: SelectionSetNode, parent: GraphQLNamedType | undefined): Size {
    const total: Size = { depth: 0, aliases: 0, fields: 0, cost: 0 };
    for (const selection of set.selections) {
      const size =
        selection.kind === Kind.FIELD ? this.field(selection, parent)
        : selection.kind === Kind.INLINE_FRAGMENT ? this.selections(selection.selectionSet, selection.typeCondition === undefined ? parent : this.schema.getType(selection.typeCondition.name.value))
        : this.fragment(selection.name.value);
      total.depth = Math.max(total.depth, size.depth);
      total.aliases += size.aliases;
      total.fields += size.fields;
      total.cost += size.cost;
    }
    return total;
  }

  private fragment(name: string): Size {
    const known = this.measured.get(name);
    if (known !== undefined) return known;
    const nothing: Size = { depth: 0, aliases: 0, fields: 0, cost: 0 };
    // Entered before the walk: a fragment that spreads itself ends here, and validation refuses it afterwards.
    this.measured.set(name, nothing);
    const definition = this.fragments.get(name);
    const size = definition === undefined ? nothing : this.selections(definition.selectionSet, this.schema.getType(definition.typeCondition.name.value));
    this.measured.set(name, size);
    return size;
  }

  private field(node: FieldNode, parent: GraphQLNamedType | undefined): Size {
    const alias = node.alias === undefined ? 0 : 1;
    if (node.name.value.startsWith('__')) return { depth: 1, aliases: alias, fields: 1, cost: 1 };
    const field = parent instanceof GraphQLObjectType || parent instanceof GraphQLInterfaceType ? parent.getFields()[node.name.value] : undefined;
    if (node.selectionSet === undefined) return { depth: 1, aliases: alias, fields: 1, cost: 1 };
    const inside = this.selections(node.selectionSet, field && getNamedType(field.type));
    return { depth: inside.depth + 1, aliases: inside.aliases + alias, fields: 1, cost: 1 + inside.cost * this.multiplier(node, field, parent) };
  }

  private multiplier(node: FieldNode, field: GraphQLField<unknown, unknown> | undefined, parent: GraphQLNamedType | undefined): number {
    if (field === undefined) return 1;
    const first = field.args.find((argument) => argument.name === 'first');
    if (first !== undefined) {
      const given = node.arguments?.find((argument) => argument.name.value === 'first')?.value;
      return Math.max(1, this.intOf(given) ?? (typeof first.defaultValue === 'number' ? first.defaultValue : ASSUMED_LIST_LENGTH));
    }
    const type = isNonNullType(field.type) ? field.type.ofType : field.type;
    // The items of a connection were counted at the connection's `first` already.
    return isListType(type) && isCompositeType(getNamedType(type)) && parent?.name.endsWith('Connection') !== true ? ASSUMED_LIST_LENGTH : 1;
  }

  private intOf(value: ValueNode | undefined): number | null {
    if (value?.kind === Kind.INT) return Number(value.value);
    if (value?.kind !== Kind.VARIABLE) return null;
    const given = this.variables[value.name.value];
    if (given === undefined) return this.intOf(this.defaults.get(value.name.value));
    return typeof given === 'number' ? given : null;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
