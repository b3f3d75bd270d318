import type { FastifyInstance } from 'fastify';
import { isMultipart } from './admission.js';
import { leftSignal } from './left-signal.js';
import type { Turns } from './turns.js';

/**
 * After admission and before a body is read: a request of a key waits for its turn. Uploads and streams take none: they
 * last for as long as the client likes, and others hardly feel them.
 */
export function registerTurns(app: FastifyInstance, turns: Turns): void {
  app.addHook('onRequest', async (request, reply) => {
    const { maxBodyBytes, isStream = false } = request.routeOptions.config;
    if (request.principal === null || request.is404 || isStream || maxBodyBytes !== undefined || isMultipart(request)) return;
    const end = await turns.take(request.principal.keyId, leftSignal(reply));
    if (end === null) return;
    if (reply.raw.closed) end();
    else reply.raw.once('close', end);
  });
}
