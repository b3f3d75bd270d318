import { unwrapResolverError } from '@apollo/server/errors';
import type { FastifyBaseLogger } from 'fastify';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { exposable, graphqlErrorBody } from './fault-log.js';

/** Codes of Apollo for faults of the request itself, in the words of our error table. */
const REQUEST_FAULTS: Readonly<Record<string, string>> = { BAD_USER_INPUT: 'BAD_INPUT', BAD_REQUEST: 'BAD_INPUT' };

/**
 * The one place where errors leave over GraphQL: ours with their code and numbers, faults of the request as GraphQL words
 * them, everything else as INTERNAL.
 */
export function formatGraphQLError(formatted: GraphQLFormattedError, error: unknown, log: FastifyBaseLogger): GraphQLFormattedError {
  const thrown = unwrapResolverError(error);
  if (thrown instanceof GraphQLError && isRequestFault(formatted, thrown)) return requestFault(formatted);
  const { message, extensions } = graphqlErrorBody(exposable(thrown instanceof GraphQLError && thrown.originalError !== undefined ? thrown.originalError : thrown, log));
  return { message, ...(formatted.locations && { locations: formatted.locations }), ...(formatted.path && { path: formatted.path }), extensions };
}

/** Syntax, validation and variables: made by GraphQL or Apollo before any resolver ran, so they quote only the request. */
function isRequestFault(formatted: GraphQLFormattedError, error: GraphQLError): boolean {
  const code = formatted.extensions?.['code'];
  return error.originalError === undefined && (code !== 'INTERNAL_SERVER_ERROR' || (error.path === undefined && error.nodes !== undefined));
}

function requestFault(formatted: GraphQLFormattedError): GraphQLFormattedError {
  const { code = 'GRAPHQL_VALIDATION_FAILED', ...rest } = formatted.extensions ?? {};
  const shown = code === 'INTERNAL_SERVER_ERROR' ? 'GRAPHQL_VALIDATION_FAILED' : String(code);
  return { ...formatted, extensions: { ...rest, code: REQUEST_FAULTS[shown] ?? shown, retryable: false } };
}
