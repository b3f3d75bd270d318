import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * A client that takes nothing of an answer for this long is cut: it holds a connection, a file and their buffers. One that
 * waits for its answer, or sends its request, is not: nothing lies ready for it. Node counts every byte that the peer has
 * acknowledged as progress, so a slow line is no fault.
 */
export function registerSlowReaders(app: FastifyInstance, readTimeoutMs: number): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.raw.setTimeout(readTimeoutMs);
    reply.raw.on('timeout', (socket: Socket) => {
      if (socket.writableLength > 0) socket.destroy();
      else socket.setTimeout(readTimeoutMs);
    });
    done();
  });
}
