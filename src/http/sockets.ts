import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { handleProtocols } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { workIds } from '../domain/work-context.js';
import { inNoWorkspace } from '../domain/workspace-scope.js';
import type { Metrics } from './metrics.js';
import { CLOSE_FORBIDDEN, socketPrincipal, subscriptionServer, type SocketSession, type SubscriptionOptions } from './subscriptions.js';
import type { CookieSessions } from './session-cookie.js';
import { createSocketPlaces } from './socket-shares.js';
import { clientAddress, type IsTrusted } from './trusted-proxies.js';

/** RFC 6455 leaves 4000–4999 to applications; this one is HTTP's 429. */
const CLOSE_TOO_MANY = 4429;
const CLOSE_GOING_AWAY = 1001;

/** WebSocket connections on `/graphql`. The returned function ends them all. */
export function attachSockets(http: HttpServer, options: SubscriptionOptions & { readonly sessions: CookieSessions; readonly metrics: Metrics; readonly isTrusted: IsTrusted; readonly corsOrigins: readonly string[] }): () => Promise<void> {
  const { limits, log } = options;
  const server = subscriptionServer(options);
  const places = createSocketPlaces(limits);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.socketMessageBytes, handleProtocols: (protocols) => handleProtocols(protocols), perMessageDeflate: false });

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy());
    const address = clientAddress(request.socket.remoteAddress ?? '', forwardedFor(request), options.isTrusted);
    const refusal = refusalOf(request, options.corsOrigins) ?? (sockets.clients.size >= limits.sockets ? '503 Service Unavailable' : places.isFull(address) ? '429 Too Many Requests' : null);
    if (refusal !== null) socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    else sockets.handleUpgrade(request, socket, head, (opened) => open(opened, address, options.sessions.secretOfSocket(request.headers)));
  };
  http.on('upgrade', upgrade);

  const open = (socket: WebSocket, address: string, cookieSecret: string | null): void => {
    const place = places.open(address);
    const session: SocketSession = {
      secret: null, cookieSecret, address, left: new AbortController(),
      admit(principal) {
        const isAdmitted = place.admit(principal);
        if (!isAdmitted) socket.close(CLOSE_TOO_MANY, 'Too many connections');
        return isAdmitted;
      },
    };
    options.metrics.sockets.inc();
    // Broken frames and oversized messages: ws closes the socket itself with the fitting code.
    socket.on('error', (error) => log.debug({ kind: error.name }, 'websocket failed'));
    const isAlive = keepAlive(socket, limits.socketPingMs);
    const recheck = setInterval(() => void closeWhenRevoked(socket, session), limits.socketRecheckMs);
    const withinRate = messageRate(limits.socketMessagesPerSecond);
    const closed = server.opened(
      {
        protocol: socket.protocol,
        send: (text) => new Promise((resolve, reject) => (socket.readyState === socket.OPEN ? socket.send(text, (error) => (error ? reject(error) : resolve())) : resolve())),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) =>
          socket.on('message', (data: Buffer) => {
            if (!withinRate()) socket.close(CLOSE_TOO_MANY, 'Too many messages');
            else inNoWorkspace(() => workIds.run({ requestId: randomUUID(), address }, () => handle(data.toString()))).catch((error: unknown) => failed(socket, error));
          }),
      },
      session,
    );
    socket.once('close', (code, reason) => {
      isAlive.stop();
      place.leave();
      clearInterval(recheck);
      options.metrics.sockets.dec();
      session.left.abort();
      void closed(code, reason.toString());
    });
  };

  const failed = (socket: WebSocket, error: unknown): void => {
    log.error({ kind: error instanceof Error ? error.name : typeof error }, 'websocket message failed');
    socket.close(1011, 'Internal error');
  };
  const closeWhenRevoked = async (socket: WebSocket, session: SocketSession): Promise<void> => {
    // A database that cannot be asked just now is no reason to end every subscription; the next round asks again.
    const principal = await socketPrincipal(session, options).catch(() => undefined);
    if (principal === null) socket.close(CLOSE_FORBIDDEN, 'Forbidden');
  };

  return async () => {
    http.off('upgrade', upgrade);
    for (const socket of sockets.clients) {
      socket.close(CLOSE_GOING_AWAY, 'Going away');
      setTimeout(() => socket.terminate(), 1000).unref();
    }
    await new Promise((resolve) => sockets.close(resolve));
  };
}

/** Browsers send cookies and local network access along with any page's socket: only our own pages, and those of listed origins, may open one. */
function refusalOf(request: IncomingMessage, corsOrigins: readonly string[]): string | null {
  if (request.url?.split('?', 1)[0] !== '/graphql') return '404 Not Found';
  const { origin, host } = request.headers;
  return origin !== undefined && hostOf(origin) !== host && !corsOrigins.includes(origin) ? '403 Forbidden' : null;
}

function forwardedFor(request: IncomingMessage): string | undefined {
  return [request.headers['x-forwarded-for'] ?? []].flat().join(',') || undefined;
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

/** Says whether one more message is within the rate, over windows of a second. */
function messageRate(perSecond: number): () => boolean {
  let windowStartMs = Date.now();
  let count = 0;
  return () => {
    if (Date.now() - windowStartMs >= 1000) {
      windowStartMs = Date.now();
      count = 0;
    }
    return ++count <= perSecond;
  };
}

/** A peer that answers no ping is gone, or reads nothing while we queue for it: either way the socket ends. */
function keepAlive(socket: WebSocket, pingMs: number): { stop(): void } {
  let answered = true;
  socket.on('pong', () => (answered = true));
  const timer = setInterval(() => {
    if (!answered) socket.terminate();
    answered = false;
    if (socket.readyState === socket.OPEN) socket.ping();
  }, pingMs);
  return { stop: () => clearInterval(timer) };
}
