import { randomUUID } from 'node:crypto';
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { Registry } from 'prom-client';
import type { StepFigures } from '../domain/plugin-figures.js';
import type { Settings } from '../domain/settings.js';
import { NO_TRACING, type Tracing } from '../domain/tracing.js';
import type { RateLimiter } from '../services/rate-limiter.js';
import type { Services } from '../services/service-contracts.js';
import { registerAdmission, registerDraining } from './admission.js';
import { answerClientError } from './client-errors.js';
import { registerCors } from './cors.js';
import { registerEmbeddingFile } from './embeddings.route.js';
import { registerAnalysisExports } from './exports.route.js';
import { registerGraphQL } from './graphql.route.js';
import { registerHealth, type ReadinessCheck } from './health.route.js';
import { registerErrors } from './http-errors.js';
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from './http-limits.js';
import { createMetrics, registerMetrics } from './metrics.js';
import { withTokens, type TokenVerifier } from './oidc-tokens.js';
import { registerPage } from './page.route.js';
import { registerPluginMetrics } from './plugin-metrics.js';
import { registerRecordingAudio, registerRecordingUpload } from './recordings.route.js';
import { principalOf, registerAuth } from './request-auth.js';
import { registerReviewExports } from './reviews.route.js';
import { registerRateLimits } from './rate-limits.js';
import { registerTurns } from './request-turns.js';
import { registerRequestTrace } from './request-trace.js';
import { cookieSessions } from './session-cookie.js';
import { registerSessions } from './session.route.js';
import { registerRuleSchema } from './rule-schema.route.js';
import { registerSecurityHeaders } from './security-headers.js';
import { pathSigner } from './signed-path.js';
import { registerSlowReaders } from './slow-readers.js';
import { attachSockets } from './sockets.js';
import type { CreateContext } from './subscriptions.js';
import { createTurns } from './turns.js';
import { httpsOf, type TlsFiles } from './tls.js';
import { trustedProxies } from './trusted-proxies.js';
import { registerWebhookKeys } from './webhook-keys.route.js';
import type { TrustedDocuments } from './trusted-documents.js';

export interface AppOptions {
  readonly services: Pick<Services, 'recordings' | 'embeddings' | 'exports' | 'keys' | 'sessions' | 'rules' | 'reviewFigures' | 'webhooks'>;
  readonly settings: Pick<Settings, 'maxUploadBytes' | 'minUploadBytesPerSecond' | 'introspection' | 'trustedProxies' | 'corsOrigins' | 'behindProxy'>;
  /** From `buildApiSchema()`. */
  readonly schema: GraphQLSchema;
  /** From `contextFactory()`. */
  readonly createContext: CreateContext;
  readonly checks: readonly ReadinessCheck[];
  /** A pino logger, or anything with its methods. */
  readonly log: FastifyBaseLogger;
  /** The built dashboard (`web/dist`); where it is not there, `/` says how to build it. */
  readonly webDir: string;
  readonly limits?: Partial<HttpLimits>;
  /** A registry that others add their metrics to. */
  readonly registry?: Registry;
  /** What the steps and listeners of plugins have done, for `/metrics`. */
  readonly pluginFigures?: () => readonly StepFigures[];
  readonly tracing?: Tracing;
  /** Downloads are sent on to the storage where it can sign links. */
  readonly directDownloads?: boolean;
  /** Key of signed links; random for each process unless several share one address. */
  readonly pathKey?: Buffer;
  readonly limiter: RateLimiter;
  /** The only documents that run; any, where it is left out. */
  readonly trusted?: TrustedDocuments;
  /** Checks tokens of an issuer; left out where API keys alone are let in. */
  readonly verifyToken?: TokenVerifier;
  /** Without it plain HTTP. */
  readonly tls?: TlsFiles;
}

/** The whole edge, not yet listening. Order matters: a hook here runs before those below it. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { services, settings, schema, createContext, limiter } = options;
  const limits: HttpLimits = { ...DEFAULT_HTTP_LIMITS, ...options.limits };
  const signer = pathSigner(limits.signedPathSeconds, options.pathKey);
  const metrics = createMetrics(options.registry);
  const { trusted = null } = options;
  const turns = createTurns(limits);
  const keys = withTokens(services.keys, options.verifyToken ?? null);
  if (options.pluginFigures !== undefined) registerPluginMetrics(metrics.registry, options.pluginFigures);

  const sessions = cookieSessions(services.sessions, options.tls !== undefined || settings.behindProxy);
  const isTrusted = trustedProxies(settings.trustedProxies);

  const app: FastifyInstance = Fastify({
    ...httpsOf(options.tls),
    trustProxy: isTrusted,
    loggerInstance: options.log,
    // Fastify's own lines carry addresses and URLs; `registerMetrics` writes one without them.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    bodyLimit: limits.queryBytes,
    requestTimeout: longestUploadMs(settings),
    forceCloseConnections: 'idle',
    clientErrorHandler: answerClientError,
    http: { headersTimeout: limits.headersTimeoutMs, connectionsCheckingInterval: 2000 },
  });

  registerErrors(app);
  registerRequestTrace(app, options.tracing ?? NO_TRACING);
  registerDraining(app, limits);
  registerSlowReaders(app, limits.readTimeoutMs);
  registerSecurityHeaders(app);
  registerCors(app, settings.corsOrigins);
  registerAuth(app, { keys, signer, limiter, sessions, onRefusedLogin: () => services.sessions.refused() });
  registerRateLimits(app, limiter);
  registerAdmission(app, settings, limits, (bytes) => services.recordings.assertRoom(bytes));
  registerTurns(app, turns);
  registerMetrics(app, metrics);
  registerHealth(app, options.checks, limits.readinessTimeoutMs);
  await registerGraphQL(app, {
    schema, createContext, limits, limiter, metrics, trusted, introspection: settings.introspection, maxUploadBytes: settings.maxUploadBytes,
    signPath: (request) => (path, range) => signer.sign(path, principalOf(request), range),
  });
  registerRecordingUpload(app, services.recordings, settings.maxUploadBytes);
  registerRecordingAudio(app, services.recordings, options.directDownloads ?? false);
  registerEmbeddingFile(app, services.embeddings);
  registerSessions(app, services.sessions, sessions);
  registerAnalysisExports(app, services.exports);
  registerReviewExports(app, services.reviewFigures);
  registerRuleSchema(app, services.rules);
  registerWebhookKeys(app, services.webhooks, limiter);
  await registerPage(app, options.webDir);

  const closeSockets = attachSockets(app.server, {
    schema, createContext, limits, limiter, turns, metrics, trusted, keys, sessions, introspection: settings.introspection, log: options.log, isTrusted, corsOrigins: settings.corsOrigins, signPath: (path, principal, range) => signer.sign(path, principal, range),
  });
  // Before the server waits for its connections to end: sockets do not end by themselves.
  app.addHook('preClose', closeSockets);
  return app;
}

/** Node's limit for a whole request must leave room for the largest upload at the smallest rate; slower ones are cut before. */
function longestUploadMs({ maxUploadBytes, minUploadBytesPerSecond }: AppOptions['settings']): number {
  const seconds = 60 + maxUploadBytes / Math.max(1, minUploadBytesPerSecond);
  return Math.ceil(Math.min(seconds, 24 * 3600) * 1000);
}
