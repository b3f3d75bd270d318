import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RateState } from '../domain/token-bucket.js';
import type { RateLimiter } from '../services/rate-limiter.js';

/** After authentication: how much the key may still ask for, in the headers of every answer. */
export function registerRateLimits(app: FastifyInstance, limiter: RateLimiter): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { principal } = request;
    if (principal !== null) {
      const state = limiter.take(principal.keyId, 'requests');
      if (state !== null) tell(reply, state);
      const announced = isUpload(request) ? Number(request.headers['content-length'] ?? 0) : 0;
      if (announced > 0) limiter.take(principal.keyId, 'uploadBytes', announced);
      else if (isUpload(request)) countWhenDone(request, reply, limiter, principal.keyId);
    }
    done();
  });
}

function tell(reply: FastifyReply, { limit, remaining, resetMs }: RateState): void {
  void reply.header('RateLimit-Limit', limit).header('RateLimit-Remaining', remaining).header('RateLimit-Reset', Math.ceil(resetMs / 1000));
}

function isUpload(request: FastifyRequest): boolean {
  return request.method === 'PUT' || /^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '');
}

/** A chunked body says its size only by ending: it is counted then, and the next one waits for it. */
function countWhenDone(request: FastifyRequest, reply: FastifyReply, limiter: RateLimiter, keyId: string): void {
  const { socket } = request.raw;
  const before = socket.bytesRead;
  // A small body comes with its headers and was read before this; one that is refused is read on past the gauge.
  reply.raw.once('close', () => limiter.spend(keyId, 'uploadBytes', Math.max(request.bodyGauge?.receivedBytes ?? 0, socket.bytesRead - before)));
}
