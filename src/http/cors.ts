import type { FastifyInstance } from 'fastify';

const METHODS = 'GET, HEAD, POST, PUT';
const REQUEST_HEADERS = 'authorization, content-type, content-sha256, content-digest, apollo-require-preflight, x-apollo-operation-name, range, if-range';
const ANSWER_HEADERS = 'accept-ranges, content-disposition, content-range, etag, location, ratelimit-limit, ratelimit-remaining, ratelimit-reset, x-request-id';
const PREFLIGHT_SECONDS = 600;

/**
 * Pages of the listed origins may call the API with a key of their own. Never with credentials that a browser adds by
 * itself: there are none, and no origin is `*`. Without a list not one of these headers is sent.
 */
export function registerCors(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  app.addHook('onRequest', async (request, reply) => {
    // Also for those who are not listed: a cache must not give one origin's answer to another.
    void reply.header('Vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || !origins.includes(origin)) return;
    void reply.headers({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': ANSWER_HEADERS, 'Cross-Origin-Resource-Policy': 'cross-origin' });
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return;
    return reply.code(204).headers({ 'Access-Control-Allow-Methods': METHODS, 'Access-Control-Allow-Headers': REQUEST_HEADERS, 'Access-Control-Max-Age': PREFLIGHT_SECONDS }).send();
  });
}
