import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createSessionService, SESSION_SECONDS } from '../../src/services/session.service.js';
import { memorySessions } from '../support/memory-sessions.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { noAudit } from '../support/no-audit.js';

let app: TestApp;
afterEach(() => app.close());

interface Browser {
  readonly cookie: string;
  readonly attributes: readonly string[];
  readonly csrfToken: string;
  readonly status: number;
}
async function signIn(key = 'admin-key', headers: Record<string, string> = {}): Promise<Browser> {
  const response = await fetch(`${app.url}/session`, { method: 'POST', headers: { Authorization: `Bearer ${key}`, ...headers } });
  const [cookie = '', ...attributes] = (response.headers.get('set-cookie') ?? '').split('; ');
  const { csrfToken = '' } = (await response.json()) as { csrfToken?: string };
  return { cookie, attributes, csrfToken, status: response.status };
}
const whoIs = async (cookie: string): Promise<number> => (await fetch(`${app.url}/session`, { headers: { Cookie: cookie } })).status;
const ask = (headers: Record<string, string>, query = '{ viewer { role } }'): Promise<Response> =>
  fetch(`${app.url}/graphql`, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify({ query }) });

describe('a browser that is signed in', () => {
  it('has a cookie that no script reads and that comes from this site alone, and is let in by it', async () => {
    app = await startTestApp();
    const { cookie, attributes, csrfToken, status } = await signIn();
    expect(status).toBe(201);
    expect(cookie).toMatch(/^undertone=[\w-]{43}$/);
    expect(attributes).toEqual(expect.arrayContaining(['Path=/', 'HttpOnly', 'SameSite=Strict']));
    const told = await fetch(`${app.url}/session`, { headers: { Cookie: cookie } });
    expect(await told.json()).toMatchObject({ role: 'admin', csrfToken });
    expect(await (await ask({ Cookie: cookie, 'X-CSRF-Token': csrfToken })).json()).toEqual({ data: { viewer: { role: 'admin' } } });
    expect(app.logLines.join('')).not.toContain(cookie.slice(10));
  });

  it('has a cookie for https alone that no neighbour can set where TLS is in front', async () => {
    app = await startTestApp({ behindProxy: true });
    const { cookie, attributes } = await signIn();
    expect(cookie).toMatch(/^__Host-undertone=/);
    expect(attributes).toContain('Secure');
    expect(await whoIs(cookie)).toBe(200);
    expect(await whoIs(cookie.replace('__Host-', ''))).toBe(401);
  });

  it.each([['without the token', {}], ['with another token', { 'X-CSRF-Token': 'x'.repeat(43) }]])('is refused by what may change something %s, and may read', async (_name, headers) => {
    app = await startTestApp();
    const { cookie } = await signIn();
    const response = await ask({ Cookie: cookie, ...headers });
    expect([response.status, await response.json()]).toMatchObject([400, { errors: [{ extensions: { code: 'CSRF_REFUSED' } }] }]);
    expect((await fetch(`${app.url}/session`, { method: 'DELETE', headers: { Cookie: cookie, ...headers } })).status).toBe(400);
    expect(await whoIs(cookie)).toBe(200);
  });

  it('signs out here, or with every other browser of the same key', async () => {
    app = await startTestApp();
    const [one, two, three, viewer] = [await signIn(), await signIn(), await signIn(), await signIn('viewer-key')];
    const signOut = (browser: Browser, query = ''): Promise<Response> => fetch(`${app.url}/session${query}`, { method: 'DELETE', headers: { Cookie: browser.cookie, 'X-CSRF-Token': browser.csrfToken } });
    const answer = await signOut(one);
    expect(answer.headers.get('set-cookie')).toContain('Max-Age=0');
    expect(await Promise.all([one, two].map(({ cookie }) => whoIs(cookie)))).toEqual([401, 200]);
    expect(await (await signOut(two, '?everywhere=true')).json()).toEqual({ endedCount: 2 });
    expect(await Promise.all([two, three, viewer].map(({ cookie }) => whoIs(cookie)))).toEqual([401, 401, 200]);
  });

  it('is signed out when its key is revoked', async () => {
    app = await startTestApp();
    const { cookie } = await signIn('viewer-key');
    const key = [...app.world.keys.entries()].find(([secret]) => secret === 'viewer-key')!;
    app.world.keys.set('viewer-key', { ...key[1], revokedAt: new Date() });
    expect(await whoIs(cookie)).toBe(401);
  });

  it('is not signed in by a cookie that somebody has put a second one beside', async () => {
    app = await startTestApp();
    const [one, two] = [await signIn(), await signIn('viewer-key')];
    expect(await whoIs(`${one.cookie}; ${two.cookie}`)).toBe(401);
    expect(await whoIs(`other=1; ${one.cookie}`)).toBe(200);
  });

  it('cannot begin a session with the cookie of another, only with a key', async () => {
    app = await startTestApp();
    const { cookie, csrfToken } = await signIn();
    expect((await fetch(`${app.url}/session`, { method: 'POST', headers: { Cookie: cookie, 'X-CSRF-Token': csrfToken } })).status).toBe(401);
  });

  it('may open a WebSocket from this server\'s page alone', async () => {
    app = await startTestApp();
    const { cookie } = await signIn();
    const opened = (origin: string | null): Promise<string> => new Promise((resolve) => {
      const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers: { Cookie: cookie, ...(origin === null ? {} : { Origin: origin }) } });
      socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init' })));
      socket.on('message', (data: Buffer) => { resolve((JSON.parse(data.toString()) as { type: string }).type); socket.close(); });
      socket.on('close', (code) => resolve(`closed ${code}`));
      socket.on('error', () => resolve('refused'));
    });
    expect([await opened(app.url), await opened(null), await opened('https://evil.example')]).toEqual(['connection_ack', 'closed 4403', 'refused']);
  });
});

describe('signing in', () => {
  it('ends for an address after too many failures, even with a good key, and is told when to come back', async () => {
    app = await startTestApp({ rateLimits: { failedKeys: 5 } });
    const answers: number[] = [];
    for (let i = 0; i < 7; i++) answers.push((await signIn(`wrong-${i}`)).status);
    expect(answers).toEqual([401, 401, 401, 401, 401, 429, 429]);
    const response = await fetch(`${app.url}/session`, { method: 'POST', headers: { Authorization: 'Bearer admin-key' } });
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask({ Authorization: 'Bearer admin-key' })).status).toBe(200);
  });
});

describe('sessions', () => {
  it('end after a working day, or with the token that they began with, and only a hash of their secret is kept', async () => {
    app = await startTestApp();
    let nowMs = Date.UTC(2026, 0, 1);
    const repository = memorySessions();
    const holder = { keyId: 'key_1', keyName: 'k', workspaceId: 'ws_1', role: 'analyst' } as const;
    const sessions = createSessionService(repository, { holderOf: () => Promise.resolve(holder) }, noAudit, () => nowMs);
    const day = await sessions.open(holder);
    const token = await sessions.open({ ...holder, keyId: 'oidc_1', role: 'viewer', validUntil: new Date(nowMs + 60_000) });
    expect(repository.hashes().join()).not.toContain(day.secret);
    expect(await sessions.authenticate(token.secret, '::1')).toMatchObject({ keyId: 'oidc_1', role: 'viewer' });
    expect(await sessions.authenticate(day.secret, '::1')).toMatchObject({ ...holder, validUntil: new Date(nowMs + SESSION_SECONDS * 1000) });
    nowMs += 60_000;
    expect(await sessions.authenticate(token.secret, '::1')).toBeNull();
    nowMs += SESSION_SECONDS * 1000;
    expect(await sessions.authenticate(day.secret, '::1')).toBeNull();
  });
});
