import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import { isUndertoneError, UndertoneError } from '../domain/errors.js';
import { errorBody, exposable, graphqlErrorBody } from './fault-log.js';

/** Converts whatever a hook or route throws, once: our own errors as they are, Fastify's as BAD_INPUT, the rest masked. */
export function registerErrors(app: FastifyInstance): void {
  app.setErrorHandler(async (error: unknown, request, reply) => {
    const known = knownOf(error) ?? exposable(error, request.log);
    void reply.code(statusOf(error) ?? known.httpStatus).header('Cache-Control', 'no-store');
    if (known.code === 'RATE_LIMITED' && typeof known.details['retryAfterMs'] === 'number') void reply.header('Retry-After', Math.ceil(known.details['retryAfterMs'] / 1000));
    if (!isGraphQL(request)) return reply.send(errorBody(known));
    const type = (request.headers.accept ?? '').includes('application/graphql-response+json') ? 'application/graphql-response+json; charset=utf-8' : 'application/json; charset=utf-8';
    return reply.type(type).send(JSON.stringify({ errors: [graphqlErrorBody(known)] }));
  });
  app.setNotFoundHandler(() => {
    throw new UndertoneError('NOT_FOUND', 'There is nothing at this address. The API is at /graphql.');
  });
}

/** Errors of Fastify say what is wrong with the request and quote nothing of it but its media type. */
function knownOf(error: unknown): UndertoneError | null {
  if (isUndertoneError(error)) return error;
  return isFastifyError(error) && (error.statusCode ?? 500) < 500 ? new UndertoneError('BAD_INPUT', error.message) : null;
}

function statusOf(error: unknown): number | undefined {
  return !isUndertoneError(error) && isFastifyError(error) ? error.statusCode : undefined;
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('FST_');
}

function isGraphQL(request: FastifyRequest): boolean {
  return !request.is404 && request.routeOptions.url === '/graphql';
}
