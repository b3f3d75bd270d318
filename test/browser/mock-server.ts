import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { buildSchema, GraphQLError, graphql, subscribe } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { ruleJsonSchema } from '../../src/plugins/business-rules/rule.schema.js';
import { MockPlatform } from './mock-platform.js';

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

/** What the page must live with. The real server sends the same. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "media-src 'self'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
].join('; ');

const COOKIE = 'undertone=a-session';
const CSRF = 'a-token';

export interface MockServer {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly platform: MockPlatform;
  /** Breaks off every WebSocket, as a proxy that is restarted does. New ones are taken. */
  loseSockets(): void;
  close(): Promise<void>;
}

/**
 * A small stand-in for the server that runs every document of the page against the real `schema.graphql`, so that a field
 * that the schema does not have fails here. `withSocket: false` has no WebSocket, as behind some proxies.
 */
export async function startMockServer(options: { readonly webRoot: string; readonly schemaFile: string; readonly withSocket?: boolean; readonly port?: number }): Promise<MockServer> {
  const schema = buildSchema(readFileSync(options.schemaFile, 'utf8'));
  const platform = new MockPlatform();
  const apiKey = 'ut_test_key';

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/session') answerSession(request, response);
    else if (url.pathname === '/graphql') await answerGraphql(request, response);
    else if (url.pathname === '/schemas/rule.json') sendJson(response, 200, ruleJsonSchema());
    else if (url.pathname.startsWith('/audio/')) sendAudio(platform.audio(url.pathname.slice('/audio/'.length)), request, response);
    else await sendFile(options.webRoot, url.pathname, response);
  };

  const isSignedIn = (request: IncomingMessage): boolean => request.headers.cookie === COOKIE;
  const answerSession = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.method === 'POST' ? request.headers.authorization !== `Bearer ${apiKey}` : !isSignedIn(request)) {
      sendJson(response, 401, { code: 'UNAUTHENTICATED' });
      return;
    }
    if (request.method !== 'GET') response.setHeader('Set-Cookie', request.method === 'POST' ? `${COOKIE}; Path=/; HttpOnly; SameSite=Strict` : 'undertone=; Path=/; Max-Age=0');
    sendJson(response, 200, { csrfToken: request.method === 'DELETE' ? null : CSRF });
  };

  const answerGraphql = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request);
    if (!isSignedIn(request) || request.headers['x-csrf-token'] !== CSRF) {
      sendJson(response, 401, { errors: [{ message: 'No such API key.', extensions: { code: 'UNAUTHENTICATED' } }] });
      return;
    }
    const { query, variables } = operationOf(request, body);
    sendJson(response, 200, await graphql({ schema, source: query, rootValue: platform.root(), variableValues: variables, typeResolver: (value) => (value as { __typename: string }).__typename }));
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  const sockets = new WebSocketServer({ noServer: true });
  useServer({
    schema, subscribe, roots: { subscription: platform.subscriptions() },
    onConnect: ({ extra }) => isSignedIn((extra as { request: IncomingMessage }).request),
  }, sockets);
  server.on('upgrade', (request, socket, head) => {
    if (options.withSocket === false) socket.destroy();
    else sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const loseSockets = (): void => sockets.clients.forEach((client) => client.terminate());
  return {
    baseUrl: `http://127.0.0.1:${port}`, apiKey, platform,
    loseSockets,
    close: async () => {
      loseSockets();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** JSON, or multipart as the GraphQL multipart request specification has it. */
function operationOf(request: IncomingMessage, body: Buffer): { query: string; variables: Record<string, unknown> } {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/')) return JSON.parse(body.toString()) as { query: string; variables: Record<string, unknown> };
  if (request.headers['apollo-require-preflight'] === undefined) throw new GraphQLError('CSRF');
  const parts = partsOf(body, type.split('boundary=')[1] ?? '');
  const operation = JSON.parse(parts.get('operations')?.bytes.toString() ?? '{}') as { query: string; variables: Record<string, unknown> };
  operation.variables.file = parts.get('0');
  return operation;
}

/** Browsers write plain multipart: CRLF lines, a name in every part, a file name in those of files. */
function partsOf(body: Buffer, boundary: string): Map<string, { fileName: string; bytes: Buffer }> {
  const parts = new Map<string, { fileName: string; bytes: Buffer }>();
  const mark = Buffer.from(`--${boundary}`);
  for (let at = body.indexOf(mark); at >= 0;) {
    const next = body.indexOf(mark, at + mark.length);
    if (next < 0) break;
    const headEnd = body.indexOf('\r\n\r\n', at);
    const head = body.toString('utf8', at, headEnd);
    const name = / name="([^"]*)"/.exec(head)?.[1] ?? '';
    parts.set(name, { fileName: /filename="([^"]*)"/.exec(head)?.[1] ?? '', bytes: body.subarray(headEnd + 4, next - 2) });
    at = next;
  }
  return parts;
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

async function sendFile(root: string, path: string, response: ServerResponse): Promise<void> {
  const file = join(root, normalize(path === '/' ? '/index.html' : path));
  const content = await readFile(file).catch(() => null);
  response.writeHead(content ? 200 : 404, {
    'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-security-policy': CONTENT_SECURITY_POLICY, 'x-content-type-options': 'nosniff',
  });
  response.end(content ?? 'Not found');
}

/** Range requests, without which Chromium cannot seek. */
function sendAudio(wav: Buffer | null, request: IncomingMessage, response: ServerResponse): void {
  if (!wav) {
    response.writeHead(404).end();
    return;
  }
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  if (from === undefined) {
    response.writeHead(200, { 'content-type': 'audio/wav', 'content-length': wav.length, 'accept-ranges': 'bytes' }).end(wav);
    return;
  }
  const last = to ? Math.min(Number(to), wav.length - 1) : wav.length - 1;
  response.writeHead(206, { 'content-type': 'audio/wav', 'content-range': `bytes ${from}-${last}/${wav.length}`, 'content-length': last - Number(from) + 1, 'accept-ranges': 'bytes' });
  response.end(wav.subarray(Number(from), last + 1));
}
