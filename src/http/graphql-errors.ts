import type { FastifyBaseLogger } from 'fastify';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { exposable, graphqlErrorBody } from './fault-log.js';

/** Codes of others for faults of the request itself that docs/errors.md has; the rest of theirs are bad input to us. */
const CODES_OF_GRAPHQL: readonly unknown[] = ['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED'];

/**
 * The one place where errors leave over GraphQL: ours with their code and numbers, faults of the request as GraphQL words
 * them, everything else as INTERNAL.
 */
export function formatGraphQLError(formatted: GraphQLFormattedError, error: unknown, log: FastifyBaseLogger): GraphQLFormattedError {
  const cause = causeOf(error);
  // Syntax, validation and variables fail before any resolver runs, so without a path, and quote only the request. With a
  // path it is a value that does not fit the schema: a fault of ours, and its words quote the value.
  if (cause instanceof GraphQLError && formatted.path === undefined) return requestFault(formatted);
  const { message, extensions } = graphqlErrorBody(exposable(cause, log));
  return { message, ...(formatted.locations && { locations: formatted.locations }), ...(formatted.path && { path: formatted.path }), extensions };
}

/** Where introspection is off: suggestions of GraphQL tell the schema name by name. Apollo takes them out of validation alone, and not of values. */
export function withoutSuggestions(error: GraphQLFormattedError): GraphQLFormattedError {
  return { ...error, message: error.message.replace(/ ?Did you mean .*$/s, '') };
}

/** What was thrown, under the wrappings of GraphQL and Apollo. */
function causeOf(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError !== undefined) cause = cause.originalError;
  return cause;
}

function requestFault(formatted: GraphQLFormattedError): GraphQLFormattedError {
  const { code = 'GRAPHQL_VALIDATION_FAILED', ...rest } = formatted.extensions ?? {};
  const shown = code === 'INTERNAL_SERVER_ERROR' ? 'GRAPHQL_VALIDATION_FAILED' : code;
  return { ...formatted, extensions: { ...rest, code: CODES_OF_GRAPHQL.includes(shown) ? shown : 'BAD_INPUT', retryable: false } };
}
