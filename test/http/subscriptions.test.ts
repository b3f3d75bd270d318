import { createClient, type Client } from 'graphql-ws';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startTestApp, until, type TestApp, type TestAppOptions } from '../support/test-app.js';

let app: TestApp;
const clients: Client[] = [];
const sockets: WebSocket[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) void client.dispose();
  for (const socket of sockets.splice(0)) socket.terminate();
  await app.close();
});
const start = async (options: TestAppOptions = {}): Promise<void> => {
  app = await startTestApp(options);
};
const wsUrl = (): string => `${app.url.replace('http', 'ws')}/graphql`;

function client(connectionParams: Record<string, unknown> = { Authorization: 'Bearer analyst-key' }): Client {
  const made = createClient({ url: wsUrl(), webSocketImpl: WebSocket, connectionParams, retryAttempts: 0, lazyCloseTimeout: 0 });
  clients.push(made);
  return made;
}

/** A socket without a client library: what it got, and how it was closed. */
function raw(options: { origin?: string; path?: string } = {}): { socket: WebSocket; messages: { type: string; id?: string; payload?: unknown }[]; closed: () => number | null; opened: Promise<void> } {
  const socket = new WebSocket(options.path === undefined ? wsUrl() : app.url.replace('http', 'ws') + options.path, 'graphql-transport-ws', { ...(options.origin !== undefined && { origin: options.origin }) });
  sockets.push(socket);
  const messages: { type: string; id?: string; payload?: unknown }[] = [];
  let code: number | null = null;
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as { type: string }));
  socket.on('close', (closeCode) => (code = closeCode));
  const opened = new Promise<void>((resolve, reject) => {
    socket.on('open', () => resolve());
    socket.on('error', reject);
  });
  opened.catch(() => undefined);
  return { socket, messages, closed: () => code, opened };
}

const PROGRESS = 'subscription ($id: ID!) { analysisProgress(id: $id) { status progress analysis { status progress model { id } } } }';
const send = (socket: WebSocket, message: object): void => socket.send(JSON.stringify(message));
const subscribe = (socket: WebSocket, id: string, query: string, variables: object = {}): void => send(socket, { id, type: 'subscribe', payload: { query, variables } });
async function connected(options: TestAppOptions = {}, parameters: object = { apiKey: 'analyst-key' }): Promise<ReturnType<typeof raw>> {
  await start(options);
  const connection = raw();
  await connection.opened;
  send(connection.socket, { type: 'connection_init', payload: parameters });
  await until(() => connection.messages.some((message) => message.type === 'connection_ack'));
  return connection;
}

describe('subscriptions', () => {
  it('progress begins with the present, shows the analysis as it is at each step, and ends with its end', async () => {
    await start();
    const analysis = app.world.addAnalysis(app.world.addRecording(), { status: 'RUNNING', progress: 0.25 });
    const seen: unknown[] = [];
    for await (const { data, errors } of client().iterate<{ analysisProgress: { status: string; progress: number; analysis: unknown } }>({ query: PROGRESS, variables: { id: analysis.id } })) {
      expect(errors).toBeUndefined();
      seen.push(data?.analysisProgress);
      if (data?.analysisProgress.progress === 0.25) app.world.progressed(analysis.id, 0.5, 'RUNNING');
      if (data?.analysisProgress.progress === 0.5) app.world.progressed(analysis.id, 1, 'SUCCEEDED');
    }
    const step = (status: string, progress: number): object => ({ status, progress, analysis: { status, progress, model: { id: 'starter' } } });
    expect(seen).toEqual([step('RUNNING', 0.25), step('RUNNING', 0.5), step('SUCCEEDED', 1)]);
    await until(() => app.world.openSubscriptions === 0);
  });

  it('a change of a model reaches its subscribers', async () => {
    await start();
    const iterator = client().iterate<{ modelStateChanged: unknown }>({ query: 'subscription { modelStateChanged { id state } }' });
    const next = iterator.next();
    await until(() => app.world.openSubscriptions === 1 && app.world.events.listenerCount('model') === 1);
    await app.graphql('mutation { loadModel(id: "starter") { __typename } }', {}, 'admin-key');
    expect((await next).value).toMatchObject({ data: { modelStateChanged: { id: 'starter', state: 'READY' } } });
  });

  it.each([
    ['completes', (socket: WebSocket) => send(socket, { id: '1', type: 'complete' })],
    ['closes', (socket: WebSocket) => socket.close()],
    ['vanishes', (socket: WebSocket) => socket.terminate()],
  ])('a client that %s while nothing happens leaves no subscription behind', async (_name, leave) => {
    const { socket, messages } = await connected();
    const analysis = app.world.addAnalysis(app.world.addRecording(), { status: 'RUNNING', progress: 0.1 });
    subscribe(socket, '1', PROGRESS, { id: analysis.id });
    await until(() => messages.some((message) => message.type === 'next'));
    expect(app.world.openSubscriptions).toBe(1);
    leave(socket);
    await until(() => app.world.openSubscriptions === 0);
  });

  it("another workspace's analysis is not found", async () => {
    await start();
    const analysis = app.world.addAnalysis(app.world.addRecording({ workspaceId: 'ws_2' }));
    const iterator = client().iterate({ query: PROGRESS, variables: { id: analysis.id } });
    await expect(iterator.next()).rejects.toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });

  it('a fault is masked as over HTTP', async () => {
    await start();
    app.world.fault = new Error('secret detail');
    const iterator = client().iterate({ query: '{ recordings { totalCount } }' });
    const { value } = (await iterator.next()) as { value: unknown };
    expect(value).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL' } }] });
    expect(JSON.stringify(value)).not.toContain('secret');
  });
});

describe('who may open a socket', () => {
  it.each([
    ['no parameters', undefined], ['an unknown key', { Authorization: 'Bearer nonsense' }], ['a key that is no text', { apiKey: 7 }], ['a header without its scheme', { Authorization: 'analyst-key' }],
  ])('%s is closed with 4403', async (_name, payload) => {
    await start();
    const { socket, closed, opened } = raw();
    await opened;
    send(socket, { type: 'connection_init', ...(payload && { payload }) });
    await until(() => closed() !== null);
    expect(closed()).toBe(4403);
  });

  it('an operation before the key is closed with 4401, silence with 4408', async () => {
    await start({ limits: { socketInitTimeoutMs: 100 } });
    const [early, silent] = [raw(), raw()];
    await Promise.all([early.opened, silent.opened]);
    subscribe(early.socket, '1', '{ viewer { role } }');
    await until(() => early.closed() !== null && silent.closed() !== null);
    expect([early.closed(), silent.closed()]).toEqual([4401, 4408]);
  });

  it("another page's socket is refused, our own page's is not", async () => {
    await start();
    await expect(raw({ origin: 'https://evil.example' }).opened).rejects.toThrow('403');
    await expect(raw({ origin: 'null' }).opened).rejects.toThrow('403');
    await expect(raw({ path: '/elsewhere' }).opened).rejects.toThrow('404');
    await raw({ origin: app.url }).opened;
  });

  it('a key that is revoked loses its open socket and what runs on it', async () => {
    const { socket, messages, closed } = await connected({ limits: { socketRecheckMs: 100 } });
    const analysis = app.world.addAnalysis(app.world.addRecording(), { status: 'RUNNING' });
    subscribe(socket, '1', PROGRESS, { id: analysis.id });
    await until(() => messages.some((message) => message.type === 'next'));
    await app.graphql('mutation { revokeApiKey(id: "key_analyst-key") { __typename } }', {}, 'admin-key');
    await until(() => closed() !== null);
    expect(closed()).toBe(4403);
    await until(() => app.world.openSubscriptions === 0);
  });

  it('a key that is revoked starts nothing new on its open socket', async () => {
    const { socket, messages } = await connected();
    await app.graphql('mutation { revokeApiKey(id: "key_analyst-key") { __typename } }', {}, 'admin-key');
    subscribe(socket, '1', '{ viewer { role } }');
    await until(() => messages.some((message) => message.id === '1'));
    expect(messages.find((message) => message.id === '1')).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });
});

describe('floods over a socket', () => {
  it('operations beyond the cap of a socket are refused, and those within it go on', async () => {
    const { socket, messages, closed } = await connected({ limits: { operationsPerSocket: 3 } });
    const analysis = app.world.addAnalysis(app.world.addRecording(), { status: 'RUNNING', progress: 0 });
    for (let id = 1; id <= 5; id++) subscribe(socket, String(id), PROGRESS, { id: analysis.id });
    await until(() => messages.filter((message) => message.type === 'error').length === 2 && messages.filter((message) => message.type === 'next').length === 3);
    expect(messages.find((message) => message.type === 'error')).toMatchObject({ payload: [{ extensions: { code: 'RATE_LIMITED', limit: 3 } }] });
    expect(app.world.openSubscriptions).toBe(3);
    expect(closed()).toBeNull();
    send(socket, { id: '1', type: 'complete' });
    await until(() => app.world.openSubscriptions === 2);
    subscribe(socket, '6', PROGRESS, { id: analysis.id });
    await until(() => app.world.openSubscriptions === 3);
  });

  it('more messages than allowed in a second close the socket with 4429', async () => {
    const { socket, closed } = await connected({ limits: { socketMessagesPerSecond: 20 } });
    for (let count = 0; count < 60; count++) send(socket, { type: 'ping' });
    await until(() => closed() !== null);
    expect(closed()).toBe(4429);
  });

  it('a message over the limit closes the socket with 1009', async () => {
    const { socket, closed } = await connected({ limits: { socketMessageBytes: 10_000 } });
    send(socket, { type: 'ping', payload: { x: 'x'.repeat(20_000) } });
    await until(() => closed() !== null);
    expect(closed()).toBe(1009);
  });

  it('a socket that reads nothing is ended, and its place is another\'s', async () => {
    await start({ limits: { sockets: 1, socketPingMs: 50 } });
    const silent = raw();
    await silent.opened;
    silent.socket.pause();
    await expect.poll(() => raw().opened.then(() => 'opened', () => 'refused'), { timeout: 20_000 }).toBe('opened');
  });

  it('sockets beyond the cap are refused with 503', async () => {
    await start({ limits: { sockets: 2 } });
    await Promise.all([raw().opened, raw().opened]);
    await expect(raw().opened).rejects.toThrow('503');
  });

  const inited = async (apiKey: string): Promise<ReturnType<typeof raw>> => {
    const connection = raw();
    await connection.opened;
    send(connection.socket, { type: 'connection_init', payload: { apiKey } });
    await until(() => connection.closed() !== null || connection.messages.some(({ type }) => type === 'connection_ack'));
    return connection;
  };

  it('a key, and a workspace with all its keys, has its share of sockets and no more; others are let in', async () => {
    await start({ limits: { socketsPerKey: 2, socketsPerWorkspace: 3 } });
    const first = await inited('analyst-key');
    const codes = async (...keys: readonly string[]): Promise<readonly (number | null)[]> => {
      const told: (number | null)[] = [];
      for (const key of keys) told.push((await inited(key)).closed());
      return told;
    };
    expect(await codes('analyst-key', 'analyst-key', 'viewer-key', 'viewer-key', 'other-key')).toEqual([null, 4429, null, 4429, null]);
    first.socket.close();
    await until(() => first.closed() !== null);
    expect(await codes('analyst-key', 'analyst-key')).toEqual([null, 4429]);
  });

  it('an address that opens sockets and says no key on them is refused with 429, until one has said it or ended', async () => {
    await start({ limits: { socketsWaitingPerAddress: 2 } });
    const [first, second] = [raw(), raw()];
    await Promise.all([first.opened, second.opened]);
    await expect(raw().opened).rejects.toThrow('429');
    send(first.socket, { type: 'connection_init', payload: { apiKey: 'viewer-key' } });
    await until(() => first.messages.length > 0);
    const third = raw();
    await third.opened;
    await expect(raw().opened).rejects.toThrow('429');
    second.socket.close();
    await until(() => second.closed() !== null);
    await expect.poll(() => raw().opened.then(() => 'opened', () => 'refused')).toBe('opened');
  });

  it.each([
    ['a deep query', `{ recordings { nodes { ${'latestAnalysis { recording { '.repeat(10)} id ${'} }'.repeat(10)} } } }`, {}, 'QUERY_TOO_COMPLEX'],
    ['a huge page in a variable', 'query ($n: Int) { recordings(first: $n) { nodes { id } } }', { n: 100_000_000 }, 'QUERY_TOO_COMPLEX'],
    ['many tokens', `{ viewer { ${'role '.repeat(3000)} } }`, {}, 'QUERY_TOO_COMPLEX'],
    ['a syntax error', '{ viewer {', {}, 'BAD_INPUT'],
    ['an unknown field', '{ viewe { role } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    ['introspection where it is off', '{ __schema { queryType { name } } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
  ])('%s is refused as over HTTP', async (_name, query, variables, code) => {
    const { socket, messages, closed } = await connected({ introspection: false });
    subscribe(socket, '1', query, variables);
    await until(() => messages.some((message) => message.type === 'error'));
    const [error] = messages.find((message) => message.type === 'error')?.payload as { message: string; extensions: { code: string } }[];
    expect(error?.extensions.code).toBe(code);
    expect(error?.message).not.toContain('Did you mean');
    expect(closed()).toBeNull();
  });

  it.each(['not json', '[]', '{"type":"nonsense"}', '{"id":"1","type":"subscribe"}'])('a message like %s closes the socket and no more', async (text) => {
    const { socket, closed } = await connected();
    socket.send(text);
    await until(() => closed() !== null);
    expect(closed()).toBe(4400);
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
  });

  it('closing the server ends open sockets with 1001', async () => {
    const { closed } = await connected();
    await app.close();
    await until(() => closed() !== null);
    expect(closed()).toBe(1001);
  });
});
