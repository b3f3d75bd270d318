import type { FastifyBaseLogger } from 'fastify';
import {
  execute, getNamedType, GraphQLError, isInputType, isNonNullType, Kind, NoSchemaIntrospectionCustomRule, OperationTypeNode, parse, specifiedRules, typeFromAST, validate,
  type DocumentNode, type GraphQLSchema, type OperationDefinitionNode,
} from 'graphql';
import { isUndertoneError } from './domain/errors.js';
import type { Principal } from './domain/principal.js';
import { ID_VARIABLES, idsOfAll, type DeliveryVariables, type WebhookEvent } from './domain/webhook.js';
import { formatGraphQLError } from './http/graphql-errors.js';
import type { HttpLimits } from './http/http-limits.js';
import { measureOperation } from './http/operation-limits.js';
import type { CreateContext } from './http/subscriptions.js';
import type { StoredQueries } from './services/webhook-body.js';

export interface StoredQueriesParts {
  /** Asked when the first query is checked or run: a process without webhooks builds none. */
  readonly schema: () => GraphQLSchema;
  readonly createContext: CreateContext;
  readonly limits: HttpLimits;
  readonly log: FastifyBaseLogger;
}

const ALWAYS_GIVEN = ['id', 'event'];
const GIVEN = [...ALWAYS_GIVEN, ...ID_VARIABLES];
/** What a delivery of a rule's action is about. */
const OF_RULES: readonly string[] = ['alertId', 'ruleId', 'analysisId', 'recordingId'];

/** Queries that are stored with webhooks: under the limits of any other, read-only, as a viewer of the workspace. */
export function createStoredQueries({ schema, createContext, limits, log }: StoredQueriesParts): StoredQueries {
  const rules = [...specifiedRules, NoSchemaIntrospectionCustomRule];
  return {
    faults(query, events) {
      try {
        const document = parse(query, { maxTokens: limits.queryTokens });
        measureOperation(schema(), limits, query, {});
        const operations = operationsOf(document);
        if (operations.length !== 1 || operations[0]!.operation !== OperationTypeNode.QUERY) return [`it must hold exactly one operation, a query; it holds ${operations.map(({ operation }) => operation).join(', ') || 'none'}.`];
        const invalid = validate(schema(), document, rules).map(({ message }) => message);
        return invalid.length > 0 ? invalid : faultsOfVariables(schema(), operations[0]!, events);
      } catch (error) {
        if (error instanceof GraphQLError || isUndertoneError(error)) return [error.message];
        throw error;
      }
    },
    async run(workspaceId, query, variables, signal) {
      const document = parse(query, { maxTokens: limits.queryTokens });
      // A plugin that is gone has taken its fields along: the receiver is told, not left without.
      const invalid = validate(schema(), document, rules);
      if (invalid.length > 0) return { data: null, errors: invalid.map((error) => formatGraphQLError(error.toJSON(), error, log)) };
      const contextValue = createContext({ principal: readerOf(workspaceId), signPath: (path) => path, signal });
      const { data = null, errors = [] } = await execute({ schema: schema(), document, contextValue, variableValues: declaredOnly(document, variables) });
      return { data, errors: errors.map((error) => formatGraphQLError(error.toJSON(), error, log)) };
    },
  };
}

/** Nobody's key: it reads what a viewer of the workspace reads. */
function readerOf(workspaceId: string): Principal {
  return { keyId: 'webhook', keyName: 'webhook', workspaceId, role: 'viewer' };
}

function operationsOf(document: DocumentNode): readonly OperationDefinitionNode[] {
  return document.definitions.flatMap((definition) => (definition.kind === Kind.OPERATION_DEFINITION ? [definition] : []));
}

function faultsOfVariables(schema: GraphQLSchema, { variableDefinitions = [] }: OperationDefinitionNode, events: readonly WebhookEvent[]): readonly string[] {
  const certain = [...ALWAYS_GIVEN, ...(events.length === 0 ? OF_RULES : idsOfAll(events))];
  return variableDefinitions.flatMap(({ variable: { name: { value: name } }, type, defaultValue }) => {
    const declared = typeFromAST(schema, type);
    const isText = isInputType(declared) && ['ID', 'String'].includes(getNamedType(declared).name);
    if (!GIVEN.includes(name)) return defaultValue === undefined && isNonNullType(declared) ? [`nothing is given for $${name}; it may use ${GIVEN.map((given) => `$${given}`).join(', ')}.`] : [];
    if (!isText) return [`$${name} must be of type ID or String.`];
    return isNonNullType(declared) && defaultValue === undefined && !certain.includes(name) ? [`$${name} is not there for each of its events: declare it as ID, without "!".`] : [];
  });
}

function declaredOnly(document: DocumentNode, variables: DeliveryVariables): Record<string, unknown> {
  const declared = new Set(operationsOf(document).flatMap(({ variableDefinitions = [] }) => variableDefinitions.map(({ variable }) => variable.name.value)));
  return Object.fromEntries(Object.entries(variables).filter(([name]) => declared.has(name)));
}
