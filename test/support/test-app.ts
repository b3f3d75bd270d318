import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { Writable } from 'node:stream';
import type { ReadinessCheck } from '../../src/http/health.route.js';
import { buildApp } from '../../src/http/build-app.js';
import { DEFAULT_HTTP_LIMITS, shownLimits, type HttpLimits } from '../../src/http/http-limits.js';
import type { TokenVerifier } from '../../src/http/oidc-tokens.js';
import { listen } from '../../src/http/listen.js';
import type { TlsFiles } from '../../src/http/tls.js';
import type { TrustedDocuments } from '../../src/http/trusted-documents.js';
import { buildApiSchema } from '../../src/resolvers/build-schema.js';
import { contextFactory } from '../../src/resolvers/request-context.js';
import type { RateLimits } from '../../src/domain/settings.js';
import type { Services } from '../../src/services/service-contracts.js';
import { createRateLimiter } from '../../src/services/rate-limiter.js';
import { FakeWorld } from './fake-services.js';

const schema = buildApiSchema();

export interface TestApp {
  readonly world: FakeWorld;
  readonly app: FastifyInstance;
  readonly url: string;
  readonly port: number;
  /** Every line of the log so far. */
  readonly logLines: readonly string[];
  close(): Promise<void>;
  /** A GraphQL request over HTTP; the analyst's key unless another one (or null for none) is given. */
  readonly graphql: (query: string, variables?: Record<string, unknown>, key?: string | null) => Promise<GraphQLAnswer>;
}

export interface GraphQLAnswer {
  readonly status: number;
  readonly data: Record<string, unknown> | null | undefined;
  readonly errors: readonly { readonly message: string; readonly extensions: { readonly code: string } & Record<string, unknown>; readonly path?: unknown }[] | undefined;
}

export interface TestAppOptions {
  readonly limits?: Partial<HttpLimits>;
  readonly maxUploadBytes?: number;
  readonly minUploadBytesPerSecond?: number;
  readonly maxPageSize?: number;
  readonly introspection?: boolean;
  readonly checks?: readonly ReadinessCheck[];
  readonly webDir?: string;
  readonly rateLimits?: Partial<RateLimits>;
  readonly trustedProxies?: readonly string[];
  readonly corsOrigins?: readonly string[];
  readonly behindProxy?: boolean;
  readonly tls?: TlsFiles;
  readonly verifyToken?: TokenVerifier;
  readonly trusted?: TrustedDocuments;
  /** Real ones in the place of the fakes. */
  readonly services?: Partial<Services>;
}

export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const world = new FakeWorld();
  // Into the world itself: a test may put another part there later.
  const services: Services = Object.assign(world.services, options.services);
  const logLines: string[] = [];
  const log = pino({ level: 'info' }, new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      logLines.push(chunk.toString());
      done();
    },
  }));
  const settings = { maxUploadBytes: options.maxUploadBytes ?? 1_000_000, minUploadBytesPerSecond: options.minUploadBytesPerSecond ?? 1, introspection: options.introspection ?? true, trustedProxies: options.trustedProxies ?? [], corsOrigins: options.corsOrigins ?? [], behindProxy: options.behindProxy ?? false, maxPageSize: options.maxPageSize ?? 200, maxAudioSeconds: 3600, maxRawSeconds: 120, maxAudioChannels: 64, minSampleRateHz: 1000, maxSampleRateHz: 768_000, analyzeWaitMs: 1000 };
  const facts = { version: '0.0.0-test', audioFormats: ['wav', 'mp3'], diarization: () => ({ isAvailable: false, diarizer: 'sherpa-onnx', reason: 'No diarization model is installed; pull one' }), transcription: false, limits: shownLimits({ ...DEFAULT_HTTP_LIMITS, ...options.limits }) };
  const app = await buildApp({
    services, settings, schema, createContext: contextFactory({ services, settings, facts }), checks: options.checks ?? [], log, webDir: options.webDir ?? '/nowhere',
    limiter: createRateLimiter({ requests: 0, queryCost: 0, uploadBytes: 0, failedKeys: 0, ...options.rateLimits }),
    ...(options.tls !== undefined && { tls: options.tls }),
    ...(options.trusted !== undefined && { trusted: options.trusted }),
    ...(options.verifyToken !== undefined && { verifyToken: options.verifyToken }),
    ...(options.limits !== undefined && { limits: options.limits }),
  });
  const { url, port } = await listen(app, { host: '127.0.0.1', port: 0, guarded: { hasKeys: true, isEncrypted: false } });
  return {
    world, app, url, port, logLines,
    close: () => app.close(),
    graphql: async (query, variables, key = 'analyst-key') => {
      const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { 'Content-Type': 'application/json', ...(key !== null && { Authorization: `Bearer ${key}` }) }, body: JSON.stringify({ query, variables }) });
      return { status: response.status, ...((await response.json()) as Omit<GraphQLAnswer, 'status'>) };
    },
  };
}

/** Sends a file over GraphQL multipart. */
export function multipart(query: string, file: Blob | null, options: { readonly variables?: Record<string, unknown>; readonly fileName?: string } = {}): FormData {
  const form = new FormData();
  form.append('operations', JSON.stringify({ query, variables: { ...options.variables, file: null } }));
  form.append('map', JSON.stringify({ 0: ['variables.file'] }));
  if (file !== null) form.append('0', file, options.fileName ?? 'call.wav');
  return form;
}

/** Waits until something holds, looking again on every turn of the event loop that the timers allow. */
export async function until(holds: () => boolean, timeoutMs = 5000): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!holds()) {
    if (Date.now() > endMs) throw new Error('It did not come to hold in time.');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
