import type { FastifyReply } from 'fastify';

/** Fires when the client has gone before it had its answer: work for nobody should stop. */
export function leftSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
