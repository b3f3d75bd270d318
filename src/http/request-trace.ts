import type { FastifyInstance } from 'fastify';
import type { OpenSpan, Tracing } from '../domain/tracing.js';
import { workIds } from '../domain/work-context.js';
import { inNoWorkspace } from '../domain/workspace-scope.js';

declare module 'fastify' {
  interface FastifyRequest {
    span: OpenSpan | null;
  }
}

/** W3C trace context, so that what a client traces goes on here. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * A span and the request's id for everything that a handler does. The span begins with the request and becomes the
 * active one only before the handler: parsers of bodies run in the socket's context, which is nobody's.
 */
export function registerRequestTrace(app: FastifyInstance, tracing: Tracing): void {
  app.decorateRequest('span', null);
  app.addHook('onRequest', (request, _reply, done) => {
    const given = request.headers['traceparent'];
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
    const parent = typeof given === 'string' && TRACEPARENT.test(given) ? given : null;
    request.span = tracing.begin(`${request.method} ${route}`, { kind: 'server', parent, attributes: { 'http.request.method': request.method, 'http.route': route, 'undertone.request.id': request.id } });
    // Whatever the server was started in: a request sees nothing until a use case knows for whom it is.
    inNoWorkspace(done);
  });
  app.addHook('preHandler', (request, _reply, done) => {
    const traceId = request.span?.traceId ?? null;
    const ids = { requestId: request.id, address: request.ip, ...(traceId === null ? {} : { traceId }) };
    const go = (): void => inNoWorkspace(() => workIds.run(ids, done));
    if (request.span === null) go();
    else request.span.within(go);
  });
  app.addHook('onResponse', (request, reply, done) => {
    request.span?.set({ 'http.response.status_code': reply.statusCode });
    request.span?.end(reply.statusCode >= 500 ? String(reply.statusCode) : null);
    done();
  });
  // A client that left gets no response, and its span would never be sent.
  app.addHook('onRequestAbort', (request, done) => {
    request.span?.end('ABORTED');
    request.span = null;
    done();
  });
}
