import type { FastifyInstance, FastifyRequest } from 'fastify';
import { UndertoneError } from '../domain/errors.js';
import type { Settings } from '../domain/settings.js';
import { BodyGauge } from './body-gauge.js';
import { drainAfterAnswer } from './drain.js';
import type { HttpLimits } from './http-limits.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What its body passes through; null where it has none. */
    bodyGauge: BodyGauge | null;
  }
}

/**
 * What a multipart request may have besides its file: the operation, the map and the boundaries. Far more than they need:
 * the parser must meet the limit of the file before the request meets its own, for then the answer is the mutation's problem.
 */
const MULTIPART_EXTRA_BYTES = 1024 * 1024;
const HOST = /^[\w.:[\]-]{1,260}$/;

export type AdmissionSettings = Pick<Settings, 'maxUploadBytes' | 'minUploadBytesPerSecond'>;

/** Everything that is decided about a body before a parser sees it. Registered after authentication. */
export function registerAdmission(app: FastifyInstance, settings: AdmissionSettings, limits: HttpLimits, assertRoom: (announcedBytes: number) => Promise<void>): void {
  app.decorateRequest('bodyGauge', null);
  app.addHook('onRequest', async (request) => {
    // Node takes the first of them, and what stands before this server may have gone by another.
    if (request.raw.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length > 1) throw new UndertoneError('BAD_INPUT', 'The request has several Host headers; one is allowed.');
    if (request.headers.host !== undefined && !HOST.test(request.headers.host)) throw new UndertoneError('BAD_INPUT', 'The Host header is not a host name or address.');
    if (isMultipart(request)) assertPreflighted(request);
    const announced = Number(request.headers['content-length'] ?? 0);
    const { maxBytes, tooLarge } = rulesOf(request, settings, limits);
    if (announced > maxBytes) throw tooLarge(announced);
    // Before it has come: a disk that is nearly full must not be filled up to find that out.
    if (announced > 0 && isUpload(request)) await assertRoom(announced);
  });

  app.addHook('preParsing', (request, reply, payload, done) => {
    const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
    if (!hasBody) {
      done(null, payload);
      return;
    }
    const gauge = new BodyGauge(request.raw, { ...rulesOf(request, settings, limits), minBytesPerSecond: settings.minUploadBytesPerSecond, graceMs: limits.bodyGraceMs });
    request.bodyGauge = gauge;
    reply.raw.once('close', () => gauge.giveUp());
    done(null, gauge);
  });
}

/** First of all hooks: a request that is refused by any later one must not leave its body on the connection. */
export function registerDraining(app: FastifyInstance, limits: HttpLimits): void {
  let closing = false;
  app.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  const rules = { drainBytes: limits.drainBytes, drainMs: limits.drainMs, isClosing: () => closing };
  app.addHook('onRequest', (request, reply, done) => {
    drainAfterAnswer(request.raw, reply.raw, rules);
    done();
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    // Fastify asks to close after a body that failed, and Node would do so at once, often before the answer is read.
    if (reply.getHeader('connection') === 'close') reply.removeHeader('connection');
    done(null, payload);
  });
}

function isUpload(request: FastifyRequest): boolean {
  return isMultipart(request) || (!request.is404 && request.routeOptions.config.maxBodyBytes !== undefined);
}

export function isMultipart(request: FastifyRequest): boolean {
  return /^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '') && request.method === 'POST';
}

/** A form on another page can send multipart without asking the browser first; it cannot set these headers. */
function assertPreflighted(request: FastifyRequest): void {
  if ([request.headers['apollo-require-preflight'], request.headers['x-apollo-operation-name']].some((value) => typeof value === 'string' && value !== '')) return;
  throw new UndertoneError('CSRF_REFUSED', 'A multipart request must carry the header `apollo-require-preflight: true` (or `x-apollo-operation-name`).');
}

function rulesOf(request: FastifyRequest, settings: AdmissionSettings, limits: HttpLimits): { maxBytes: number; tooLarge: (bytes: number) => UndertoneError } {
  const routeMaxBytes = request.is404 ? undefined : request.routeOptions.config.maxBodyBytes;
  if (isMultipart(request) || routeMaxBytes !== undefined) {
    const { maxUploadBytes: maxBytes } = settings;
    return {
      maxBytes: routeMaxBytes ?? maxBytes + MULTIPART_EXTRA_BYTES,
      tooLarge: (receivedBytes) => new UndertoneError('UPLOAD_TOO_LARGE', `The upload has at least ${receivedBytes} bytes; at most ${maxBytes} are allowed (UNDERTONE_MAX_UPLOAD_BYTES).`, { maxBytes, receivedBytes }),
    };
  }
  const maxBytes = limits.queryBytes;
  return { maxBytes, tooLarge: (measured) => new UndertoneError('QUERY_TOO_COMPLEX', `The request body has at least ${measured} bytes; at most ${maxBytes} are allowed here.`, { measured, limit: maxBytes }) };
}
