import { WebSocket } from 'ws';
import { DEFAULT_HTTP_LIMITS } from '../../../src/http/http-limits.js';
import type { Attack, AttackTarget } from '../attack-target.js';

const PROGRESS = 'subscription { modelStateChanged { id } }';

/** Opens a socket, does what is given, and tells the code it was closed with, the first refusal on it, or the status that did not let it open. */
async function over({ url }: AttackTarget, act: (socket: WebSocket) => void, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers });
  socket.on('error', () => undefined);
  const refused = new Promise<string>((resolve) => {
    socket.on('unexpected-response', (_request, response) => resolve(String(response.statusCode)));
    socket.on('close', (code) => resolve(String(code)));
    socket.on('message', (data: Buffer) => {
      const { type, payload } = JSON.parse(data.toString()) as { type: string; payload?: readonly { readonly extensions: { readonly code: string } }[] };
      if (type === 'error') resolve(payload![0]!.extensions.code);
    });
  });
  socket.on('open', () => act(socket));
  const told = await refused;
  if (socket.readyState !== WebSocket.CLOSED) {
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.terminate();
    await closed;
  }
  return told;
}

const send = (socket: WebSocket, message: object): void => socket.send(JSON.stringify(message));
const subscribe = (socket: WebSocket, query: string, count = 1): void => {
  for (let id = 1; id <= count; id++) send(socket, { id: String(id), type: 'subscribe', payload: { query } });
};

function socket(name: string, source: string, sends: string, expects: string, act: (opened: WebSocket) => void, options: { readonly key?: 'viewer' | null; readonly headers?: Readonly<Record<string, string>>; readonly isSlow?: boolean } = {}): Attack {
  const { key = 'viewer', headers, isSlow = false } = options;
  return {
    name, source, sends, expects, isSlow,
    run: (target) => over(target, (opened) => {
      if (key === null) {
        act(opened);
        return;
      }
      send(opened, { type: 'connection_init', payload: { apiKey: target.keys[key] } });
      opened.once('message', () => act(opened));
    }, headers),
  };
}

const held: WebSocket[] = [];

/** One more socket than a caller may have; those that it has are opened before and ended after. */
function crowd(name: string, sends: string, expects: string, count: number, greet: (opened: WebSocket, target: AttackTarget) => void, isGreeted: (told: string) => boolean): Attack {
  return {
    name, source: 'measured', sends, expects, times: 1,
    prepare: async (target) => {
      for (let opened = 0; opened < count; opened++) {
        const one = new WebSocket(`${target.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
        held.push(one);
        one.on('error', () => undefined);
        await new Promise<void>((resolve) => {
          one.on('message', (data: Buffer) => { if (isGreeted(data.toString())) resolve(); });
          one.on('close', () => resolve());
          one.on('open', () => {
            greet(one, target);
            if (isGreeted('')) resolve();
          });
        });
      }
    },
    run: async (target) => {
      const told = await over(target, (opened) => greet(opened, target));
      await Promise.all(held.splice(0).map((one) => new Promise<void>((resolve) => {
        if (one.readyState === WebSocket.CLOSED) resolve();
        one.on('close', () => resolve());
        one.terminate();
      })));
      return told;
    },
  };
}

/** The same over WebSockets, and what only they have. */
export const SOCKET_ATTACKS: readonly Attack[] = [
  socket('socket of another page', 'OWASP GraphQL', '`Origin: https://evil.example`', '403', () => undefined, { headers: { Origin: 'https://evil.example' } }),
  socket('socket of a page without an origin', 'OWASP GraphQL', '`Origin: null`', '403', () => undefined, { headers: { Origin: 'null' } }),
  socket('socket of an origin that begins like ours', 'OWASP GraphQL', '`Origin: http://127.0.0.1.evil.example`', '403', () => undefined, { headers: { Origin: 'http://127.0.0.1.evil.example' } }),
  socket('socket without a key', 'OWASP API2', '`connection_init` alone', '4403', (opened) => send(opened, { type: 'connection_init' }), { key: null }),
  socket('operation before the key', 'OWASP API2', '`subscribe` first', '4401', (opened) => subscribe(opened, PROGRESS), { key: null }),
  socket('silent socket', 'measured', 'nothing', '4408', () => undefined, { key: null, isSlow: true }),
  crowd('sockets of nobody', `socket ${DEFAULT_HTTP_LIMITS.socketsWaitingPerAddress + 1} of an address that says no key on any of them`, '429', DEFAULT_HTTP_LIMITS.socketsWaitingPerAddress, () => undefined, () => true),
  crowd('sockets of one key', `socket ${DEFAULT_HTTP_LIMITS.socketsPerKey + 1} of a key`, '4429', DEFAULT_HTTP_LIMITS.socketsPerKey, (opened, { keys }) => send(opened, { type: 'connection_init', payload: { apiKey: keys.viewer } }), (told) => told.includes('connection_ack')),
  socket('flood of messages', 'measured', '200 pings at once', '4429', (opened) => { for (let count = 0; count < 200; count++) send(opened, { type: 'ping' }); }),
  socket('huge message', 'measured', '1 MB', '1009', (opened) => opened.send('x'.repeat(1_000_000))),
  socket('message that is none', 'measured', '`not json`', '4400', (opened) => opened.send('not json')),
  socket('too many subscriptions', 'measured', '30 on one socket', 'RATE_LIMITED', (opened) => subscribe(opened, PROGRESS, 30)),
  socket('deep nesting over a socket', 'measured', 'recording in analysis in recording, 22 levels', 'QUERY_TOO_COMPLEX', (opened) => subscribe(opened, `{ recordings { nodes { ${'latestAnalysis { recording { '.repeat(10)} id ${'} }'.repeat(10)} } } }`)),
  socket('huge page over a socket', 'measured', '`first: 100000000`', 'QUERY_TOO_COMPLEX', (opened) => subscribe(opened, '{ recordings(first: 100000000) { nodes { id } } }')),
  socket('field duplication over a socket', 'measured', 'one field 1,990 times', 'GRAPHQL_VALIDATION_FAILED', (opened) => subscribe(opened, `{ viewer { ${'keyId '.repeat(1990)} } }`)),
  socket('introspection over a socket', 'OWASP API8', '`__schema` where introspection is off', 'GRAPHQL_VALIDATION_FAILED', (opened) => subscribe(opened, '{ __schema { queryType { name } } }')),
];
