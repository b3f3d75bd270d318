import { randomUUID } from 'node:crypto';
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { StepFigures } from '../domain/plugin-figures.js';
import type { RateLimiter } from '../services/rate-limiter.js';
import type { KeyService } from '../services/key-contracts.js';
import { registerHealth, type ReadinessCheck } from './health.route.js';
import { registerErrors } from './http-errors.js';
import { DEFAULT_HTTP_LIMITS } from './http-limits.js';
import { createMetrics, registerMetrics } from './metrics.js';
import { registerPluginMetrics } from './plugin-metrics.js';
import { registerRateLimits } from './rate-limits.js';
import { registerAuth } from './request-auth.js';
import { registerSecurityHeaders } from './security-headers.js';
import { pathSigner } from './signed-path.js';
import { httpsOf, type TlsFiles } from './tls.js';
import { trustedProxies } from './trusted-proxies.js';

export interface WorkerAppOptions {
  readonly keys: Pick<KeyService, 'authenticate' | 'holderOf'>;
  readonly checks: readonly ReadinessCheck[];
  readonly log: FastifyBaseLogger;
  readonly registry: Registry;
  readonly limiter: RateLimiter;
  /** Steps of plugins run where analyses do: here. */
  readonly pluginFigures: () => readonly StepFigures[];
  /** PEM; without it plain HTTP. */
  readonly tls?: TlsFiles;
  readonly trustedProxies?: readonly string[];
}

/** What a worker shows of itself: health, readiness and metrics under the same rules as the API's. It takes no work this way. */
export function buildWorkerApp({ keys, checks, log, registry, limiter, pluginFigures, tls, trustedProxies: networks = [] }: WorkerAppOptions): FastifyInstance {
  const app: FastifyInstance = Fastify({
    ...httpsOf(tls),
    trustProxy: trustedProxies(networks),
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    bodyLimit: 1024,
    forceCloseConnections: true,
  });
  registerErrors(app);
  registerSecurityHeaders(app);
  registerAuth(app, { keys, signer: pathSigner(DEFAULT_HTTP_LIMITS.signedPathSeconds), limiter });
  registerRateLimits(app, limiter);
  registerMetrics(app, createMetrics(registry));
  registerPluginMetrics(registry, pluginFigures);
  registerHealth(app, checks, DEFAULT_HTTP_LIMITS.readinessTimeoutMs);
  return app;
}
