import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Received {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

export interface Receiver {
  readonly url: string;
  readonly port: number;
  /** Whole requests, in the order in which they came. */
  readonly received: Received[];
  /** Connections that are open now. */
  readonly openCount: () => number;
  /** What it does from now on. */
  answer: Answer;
  close(): Promise<void>;
}
export type Answer = (response: ServerResponse, request: Received, count: number) => void;

export const ok: Answer = (response) => void response.writeHead(204).end();
export const withStatus = (status: number, headers: Record<string, string> = {}): Answer => (response) => void response.writeHead(status, headers).end('an answer');
/** Takes the request and says nothing. */
export const hang: Answer = () => undefined;
/** A byte now and then, without an end. */
export const drip: Answer = (response) => {
  response.writeHead(200);
  const timer = setInterval(() => response.write('.'), 20);
  response.on('close', () => clearInterval(timer));
};
/** As much as the other side takes, without an end. */
export const flood: Answer = (response) => {
  response.writeHead(200);
  const chunk = Buffer.alloc(64 * 1024, 120);
  const pour = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', pour);
  pour();
};
/** Announces more than it sends. */
export const breakOff: Answer = (response) => {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('half', () => response.socket?.destroy());
};

/** `tls`: its key and certificate; then it speaks https alone. */
export async function startReceiver(answer: Answer = ok, host = '127.0.0.1', tls: { readonly key: Buffer; readonly cert: Buffer } | null = null): Promise<Receiver> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const listener = (request: IncomingMessage, response: ServerResponse): void => void take(request).then((one) => {
    received.push(one);
    receiver.answer(response, one, received.length);
  }, () => undefined);
  const server = tls === null ? createServer(listener) : createTlsServer(tls, listener);
  track(server, sockets);
  const port = await listening(server, host);
  const receiver: Receiver = { url: `http${tls === null ? '' : 's'}://${host.includes(':') ? `[${host}]` : host}:${port}/hook`, port, received, answer, openCount: () => sockets.size, close: () => ended(server, sockets) };
  return receiver;
}

/** Speaks no HTTP of its own: what it says to whoever connects is the test's. */
export async function startRawServer(talk: (socket: Socket) => void): Promise<Pick<Receiver, 'url' | 'openCount' | 'close'>> {
  const sockets = new Set<Socket>();
  const server = createTcpServer(talk);
  track(server, sockets);
  const port = await listening(server, '127.0.0.1');
  return { url: `http://127.0.0.1:${port}/`, openCount: () => sockets.size, close: () => ended(server, sockets) };
}

async function take(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return { headers: request.headers as Received['headers'], body: Buffer.concat(chunks) };
}

function track(server: Server, sockets: Set<Socket>): void {
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
}

function listening(server: Server, host: string): Promise<number> {
  return new Promise((resolve, reject) => server.once('error', reject).listen(0, host, () => resolve((server.address() as AddressInfo).port)));
}

function ended(server: Server, sockets: Set<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
}
