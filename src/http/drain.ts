import type { IncomingMessage, ServerResponse } from 'node:http';

export interface DrainRules {
  readonly drainBytes: number;
  readonly drainMs: number;
  /** True once the server stops. */
  readonly isClosing: () => boolean;
}

/**
 * A request that is answered before its body is read: the rest would stall a connection that is kept open, and reading
 * all of it is what a flood wants. So a bounded part is thrown away, for a client that is nearly done; then the
 * connection is closed, first our half, so that the answer still arrives.
 */
export function drainAfterAnswer(request: IncomingMessage, response: ServerResponse, rules: DrainRules): void {
  // Before Node's own listener, which would read an unread body to its end, whatever its size.
  response.prependOnceListener('finish', () => {
    const { socket } = request;
    // A connection that becomes idle only after the server began to stop would hold it up until its keep-alive is over.
    const endWhenClosing = (): void => {
      if (rules.isClosing()) setImmediate(() => socket.end());
    };
    if (request.complete || request.destroyed) {
      endWhenClosing();
      return;
    }
    let drainedBytes = 0;
    const close = (): void => {
      clearTimeout(timer);
      request.pause();
      socket.end();
      setTimeout(() => socket.destroy(), 250).unref();
    };
    const timer = setTimeout(close, rules.drainMs);
    timer.unref();
    request.unpipe();
    request.on('data', (chunk: Buffer) => {
      drainedBytes += chunk.length;
      if (drainedBytes > rules.drainBytes) close();
    });
    request.once('end', () => {
      clearTimeout(timer);
      endWhenClosing();
    });
    request.once('close', () => clearTimeout(timer));
    request.read(0);
    request.resume();
  });
}
