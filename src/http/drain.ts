import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * A request that is answered before its body is read: the rest would stall a connection that is kept open, and reading
 * all of it is what a flood wants. So a bounded part is thrown away, for a client that is nearly done; then the
 * connection is closed, first our half, so that the answer still arrives.
 */
export function drainAfterAnswer(request: IncomingMessage, response: ServerResponse, bounds: { readonly drainBytes: number; readonly drainMs: number }): void {
  // Before Node's own listener, which would read an unread body to its end, whatever its size.
  response.prependOnceListener('finish', () => {
    if (request.complete || request.destroyed) return;
    const { socket } = request;
    let drainedBytes = 0;
    const close = (): void => {
      clearTimeout(timer);
      request.pause();
      socket.end();
      setTimeout(() => socket.destroy(), 250).unref();
    };
    const timer = setTimeout(close, bounds.drainMs);
    timer.unref();
    request.unpipe();
    request.on('data', (chunk: Buffer) => {
      drainedBytes += chunk.length;
      if (drainedBytes > bounds.drainBytes) close();
    });
    request.once('end', () => clearTimeout(timer));
    request.once('close', () => clearTimeout(timer));
    request.read(0);
    request.resume();
  });
}
