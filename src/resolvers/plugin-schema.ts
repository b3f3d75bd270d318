import { extendSchema, findBreakingChanges, isInterfaceType, isObjectType, Kind, parse, type DocumentNode, type GraphQLField, type GraphQLObjectType, type GraphQLSchema } from 'graphql';
import { UndertoneError } from '../domain/errors.js';
import { requireRole } from '../services/permissions.js';
import type { PluginGraphql } from '../services/service-contracts.js';
import type { RequestContext } from './request-context.js';

/** Definitions that an addition may hold. Directives and the schema itself are the core's. */
const ALLOWED_KINDS: ReadonlySet<string> = new Set([
  Kind.OBJECT_TYPE_DEFINITION, Kind.OBJECT_TYPE_EXTENSION, Kind.INPUT_OBJECT_TYPE_DEFINITION, Kind.ENUM_TYPE_DEFINITION, Kind.SCALAR_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_DEFINITION, Kind.UNION_TYPE_DEFINITION,
]);

/** The schema with what plugins add to it. PLUGIN_INVALID with the plugin's name where an addition takes something that is there, or does not fit. */
export function extendWithPlugins(core: GraphQLSchema, additions: readonly PluginGraphql[]): GraphQLSchema {
  return additions.reduce(extendByOne, core);
}

function extendByOne(schema: GraphQLSchema, addition: PluginGraphql): GraphQLSchema {
  const { plugin } = addition;
  const document = parsed(addition);
  refuseCollisions(schema, document, plugin);
  let extended: GraphQLSchema;
  try {
    extended = extendSchema(schema, document);
  } catch (error) {
    throw invalid(plugin, `its GraphQL types do not fit the schema: ${error instanceof Error ? error.message : 'unknown reason'}`, error);
  }
  // The collisions by name are found above; this is the whole promise: whoever used the schema before can go on.
  const broken = findBreakingChanges(schema, extended)[0];
  if (broken !== undefined) throw invalid(plugin, `it changes what the schema promises: ${broken.description}`);
  attachResolvers(extended, document, addition);
  return extended;
}

function parsed({ plugin, typeDefs }: PluginGraphql): DocumentNode {
  let document: DocumentNode;
  try {
    document = parse(typeDefs);
  } catch (error) {
    throw invalid(plugin, `its typeDefs are not GraphQL: ${error instanceof Error ? error.message : 'unknown reason'}`, error);
  }
  for (const definition of document.definitions) {
    if (!ALLOWED_KINDS.has(definition.kind)) throw invalid(plugin, `its typeDefs hold a ${definition.kind}; new types and \`extend type\` are taken`);
    if ('name' in definition && definition.name?.value === 'Subscription') throw invalid(plugin, 'it adds subscriptions, which plugins cannot; offer a query, or raise an alert');
  }
  return document;
}

function refuseCollisions(schema: GraphQLSchema, document: DocumentNode, plugin: string): void {
  for (const definition of document.definitions) {
    if (!('name' in definition) || definition.name === undefined) continue;
    const name = definition.name.value;
    const existing = schema.getType(name);
    if (definition.kind !== Kind.OBJECT_TYPE_EXTENSION) {
      if (existing !== undefined) throw invalid(plugin, `it defines the type ${name}, which is there already`, undefined, name);
      continue;
    }
    const fields = isObjectType(existing) || isInterfaceType(existing) ? existing.getFields() : {};
    for (const { name: field } of definition.fields ?? []) {
      if (field.value in fields) throw invalid(plugin, `it defines the field ${name}.${field.value}, which is there already`, undefined, `${name}.${field.value}`);
    }
  }
}

function attachResolvers(schema: GraphQLSchema, document: DocumentNode, { plugin, resolvers }: PluginGraphql): void {
  const own = new Map<string, Set<string>>();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.OBJECT_TYPE_EXTENSION) continue;
    own.set(definition.name.value, new Set([...(own.get(definition.name.value) ?? []), ...(definition.fields ?? []).map((field) => field.name.value)]));
  }
  for (const [typeName, fields] of Object.entries(resolvers)) {
    for (const [fieldName, resolver] of Object.entries(fields)) {
      if (own.get(typeName)?.has(fieldName) !== true) throw invalid(plugin, `it has a resolver for ${typeName}.${fieldName}, which its typeDefs do not define`, undefined, `${typeName}.${fieldName}`);
      const field = (schema.getType(typeName) as GraphQLObjectType).getFields()[fieldName] as GraphQLField<unknown, RequestContext>;
      field.resolve = guarded(resolver);
    }
  }
  for (const root of ['Query', 'Mutation']) {
    const missing = [...(own.get(root) ?? [])].find((field) => resolvers[root]?.[field] === undefined);
    if (missing !== undefined) throw invalid(plugin, `it defines ${root}.${missing} without a resolver`, undefined, `${root}.${missing}`);
  }
}

/** Checks the role. Deadline and circuit come with the resolver: the registry of plugins has put them round it. */
function guarded(resolver: PluginGraphql['resolvers'][string][string]): NonNullable<GraphQLField<unknown, RequestContext>['resolve']> {
  return (root, args: Readonly<Record<string, unknown>>, { principal, signal }) => {
    requireRole(principal, resolver.role);
    return resolver.resolve(root, args, { principal, signal });
  };
}

function invalid(plugin: string, reason: string, cause?: unknown, field?: string): UndertoneError {
  return new UndertoneError('PLUGIN_INVALID', `The plugin ${plugin} cannot be used: ${reason}.`, { plugin, fault: 'schema', ...(field === undefined ? {} : { field }) }, { cause });
}
