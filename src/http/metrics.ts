import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];

export interface Metrics {
  readonly registry: Registry;
  /** `name`: of the schema, never of the client's choosing. */
  observeOperation(name: string, failed: boolean, seconds: number): void;
  readonly sockets: Gauge;
}

/** Labels come from routes, methods and the schema: never from paths, ids or workspaces. */
export function createMetrics(registry: Registry = new Registry()): Metrics {
  collectDefaultMetrics({ register: registry, prefix: 'undertone_' });
  const operations = new Histogram({ name: 'undertone_graphql_duration_seconds', help: 'GraphQL operations over HTTP by their root field.', labelNames: ['operation', 'outcome'], buckets: DURATION_BUCKETS, registers: [registry] });
  const sockets = new Gauge({ name: 'undertone_websockets', help: 'Open WebSocket connections.', registers: [registry] });
  return { registry, sockets, observeOperation: (name, failed, seconds) => operations.observe({ operation: name, outcome: failed ? 'errors' : 'ok' }, seconds) };
}

export function registerMetrics(app: FastifyInstance, { registry }: Metrics): void {
  const requests = new Histogram({ name: 'undertone_http_duration_seconds', help: 'HTTP requests by route.', labelNames: ['method', 'route', 'status'], buckets: DURATION_BUCKETS, registers: [registry] });
  const bytes = new Counter({ name: 'undertone_http_received_bytes_total', help: 'Announced bytes of request bodies by route.', labelNames: ['route'], registers: [registry] });
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
    requests.observe({ method: request.method, route, status: `${String(reply.statusCode).charAt(0)}xx` }, reply.elapsedTime / 1000);
    bytes.inc({ route }, Number(request.headers['content-length'] ?? 0) || 0);
    request.log.info({ method: request.method, route, status: reply.statusCode, durationMs: Math.round(reply.elapsedTime), keyId: request.principal?.keyId }, 'request');
    done();
  });
  app.get('/metrics', { config: { access: 'loopback' } }, async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
}
