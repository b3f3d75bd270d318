import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pathSigner } from '../../src/http/signed-path.js';
import { assertSafeListen, isLoopback } from '../../src/http/safe-listen.js';
import { UndertoneError } from '../../src/domain/errors.js';
import { routesOf } from '../support/routes.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

describe('who may come in', () => {
  it('without a key every route but health, the page, the schema of rules and public keys of webhooks answers 401, and so does an unknown address', async () => {
    const known = routesOf(app.app);
    expect(known.map((route) => route.path)).toEqual(expect.arrayContaining(['/', '/graphql', '/healthz', '/readyz', '/metrics', '/recordings', '/recordings/:id/audio', '/embeddings/:file']));
    const answers = await Promise.all(
      [...known, { method: 'GET', path: '/nowhere' }, { method: 'POST', path: '/graphql/x' }].map(async ({ method, path }) => {
        const headers = { 'X-Forwarded-For': '203.0.113.9', ...(method === 'POST' && { 'Content-Type': 'application/json' }) };
        const response = await fetch(app.url + path.replace(':id', 'rec_1').replace(':file', 'emb_1.npy'), { method, headers, ...(['POST', 'PUT'].includes(method) && { body: '{"query":"{ __typename }"}' }) });
        return { route: `${method} ${path}`, status: response.status };
      }),
    );
    const open = answers.filter((answer) => answer.status !== 401).map((answer) => answer.route);
    expect(open.sort()).toEqual(['GET /', 'GET /.well-known/webhooks/:id/jwks.json', 'GET /healthz', 'GET /readyz', 'GET /schemas/rule.json', 'HEAD /', 'HEAD /.well-known/webhooks/:id/jwks.json', 'HEAD /healthz', 'HEAD /readyz', 'HEAD /schemas/rule.json']);
  });

  it.each([
    ['an unknown key', 'Bearer nonsense'],
    ['another scheme', 'Basic YWRtaW4ta2V5'],
    ['a key without its scheme', 'admin-key'],
    ['an empty key', 'Bearer '],
  ])('%s is refused with 401 and how to do it', async (_name, authorization) => {
    const response = await fetch(`${app.url}/graphql?query=${encodeURIComponent('{viewer{keyId}}')}`, { headers: { Authorization: authorization, 'apollo-require-preflight': 'true' } });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });

  it('a simple GET that any page could cause is refused even with a key', async () => {
    const response = await fetch(`${app.url}/graphql?query=${encodeURIComponent('{viewer{keyId}}')}`, { headers: { Authorization: 'Bearer viewer-key' } });
    expect(response.status).toBe(400);
  });

  it('a mutation over GET is refused with 405', async () => {
    const response = await fetch(`${app.url}/graphql?query=${encodeURIComponent('mutation { cancelAnalysis(id: "x") { __typename } }')}`, { headers: { Authorization: 'Bearer admin-key', 'apollo-require-preflight': 'true' } });
    expect(response.status).toBe(405);
  });

  it('several operations in one request are refused', async () => {
    const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers: { Authorization: 'Bearer viewer-key', 'Content-Type': 'application/json' }, body: JSON.stringify([{ query: '{ __typename }' }, { query: '{ __typename }' }]) });
    expect(response.status).toBe(400);
  });

  it('no answer lets another page read it, run a script or be framed', async () => {
    for (const path of ['/', '/healthz', '/graphql', '/nowhere']) {
      const response = await fetch(app.url + path, { headers: { Origin: 'https://evil.example' } });
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'.*frame-ancestors 'none'/);
    }
  });

  it('the log has neither keys nor addresses nor names of files', async () => {
    await fetch(`${app.url}/recordings?fileName=Mrs%20Secret.wav`, { method: 'PUT', headers: { Authorization: 'Bearer analyst-key' }, body: 'abc' });
    await app.graphql('query Named($id: ID!) { recording(id: $id) { id } }', { id: 'rec_private' });
    const log = app.logLines.filter((line) => line.includes('"msg":"request"')).join('');
    expect(log).toContain('"route":"/recordings"');
    expect(log).not.toMatch(/Bearer|Secret|127\.0\.0\.1|rec_private|Named/);
  });
});

describe('signed links', () => {
  const owner = { keyId: 'key_1', keyName: 'n', workspaceId: 'ws_1', role: 'admin' } as const;

  it('opens the audio without a header, in the workspace of whoever asked for it', async () => {
    const recording = app.world.addRecording();
    const { data } = await app.graphql('query ($id: ID!) { recording(id: $id) { audioUrl } }', { id: recording.id });
    const { audioUrl } = data?.['recording'] as { audioUrl: string };
    expect((await fetch(app.url + audioUrl)).status).toBe(200);
    expect((await fetch(app.url + audioUrl, { method: 'HEAD' })).status).toBe(200);
    const other = app.world.addRecording();
    expect((await fetch(app.url + audioUrl.replace(recording.id, other.id))).status).toBe(401);
    expect((await fetch(app.url + audioUrl.replace('ws_1', 'ws_2'))).status).toBe(401);
    expect((await fetch(app.url + audioUrl, { headers: { Authorization: 'Bearer wrong' } })).status).toBe(401);
    expect((await fetch(`${app.url}/graphql?${audioUrl.split('?')[1] ?? ''}&query={viewer{keyId}}`, { headers: { 'apollo-require-preflight': 'true' } })).status).toBe(401);
  });

  it('bound to a range opens no other bytes, whatever is asked for or changed', async () => {
    const recording = app.world.addRecording();
    const whole = Buffer.from(await (await fetch(`${app.url}/recordings/${recording.id}/audio`, { headers: { Authorization: 'Bearer viewer-key' } })).arrayBuffer());
    const urlOf = async (range: string) => app.graphql('query ($id: ID!, $range: String) { recording(id: $id) { audioUrl(range: $range) } }', { id: recording.id, range });
    const { audioUrl } = (await urlOf('bytes=1-2')).data?.['recording'] as { audioUrl: string };
    const get = async (url: string, range?: string) => {
      const response = await fetch(app.url + url, { headers: range === undefined ? {} : { Range: range } });
      return [response.status, response.status === 206 ? Buffer.from(await response.arrayBuffer()).toString('hex') : null];
    };
    expect(whole.length).toBeGreaterThan(3);
    expect(await get(audioUrl)).toEqual([206, whole.subarray(1, 3).toString('hex')]);
    expect(await get(audioUrl, 'bytes=0-')).toEqual([206, whole.subarray(1, 3).toString('hex')]);
    expect(await get(audioUrl, 'bytes=2-2')).toEqual([206, whole.subarray(2, 3).toString('hex')]);
    expect(await get(audioUrl, 'bytes=3-')).toEqual([416, null]);
    expect(await get(audioUrl.replace('1-2', '0-2'))).toEqual([401, null]);
    expect(await get(audioUrl.replace(/&range=[^&]+/, ''))).toEqual([401, null]);
    for (const none of ['bytes=0-1,3-4', 'bytes=2-1', 'bytes=-2', 'bytes=-']) expect((await urlOf(none)).errors?.[0]?.extensions.code, none).toBe('BAD_INPUT');
  });

  it('is over at once when the key that asked for it is revoked', async () => {
    const recording = app.world.addRecording();
    const key = app.world.addKey('short-lived', 'viewer', recording.workspaceId);
    const { data } = await app.graphql('query ($id: ID!) { recording(id: $id) { audioUrl } }', { id: recording.id }, 'short-lived');
    const { audioUrl } = data?.['recording'] as { audioUrl: string };
    expect((await fetch(app.url + audioUrl)).status).toBe(200);
    await app.graphql('mutation ($id: ID!) { revokeApiKey(id: $id) { __typename } }', { id: key.id }, 'admin-key');
    expect((await fetch(app.url + audioUrl)).status).toBe(401);
  });

  it('made by an admin reads and cannot be sent with another method', async () => {
    const { data } = await app.graphql('query ($id: ID!) { recording(id: $id) { audioUrl } }', { id: app.world.addRecording().id }, 'admin-key');
    const { audioUrl } = data?.['recording'] as { audioUrl: string };
    expect((await fetch(app.url + audioUrl)).status).toBe(200);
    expect((await fetch(app.url + audioUrl, { method: 'DELETE' })).status).toBe(401);
  });

  it('reads and does nothing else', () => {
    const signer = pathSigner(60, Buffer.alloc(32, 1), () => 1000);
    const query = Object.fromEntries(new URL(signer.sign('/p', owner), 'http://x').searchParams);
    expect(['GET', 'HEAD'].map((method) => signer.verify(method, '/p', query)?.keyId)).toEqual(['key_1', 'key_1']);
    expect(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'].map((method) => signer.verify(method, '/p', query))).toEqual([null, null, null, null, null]);
  });

  it('names the key that signed it, until it expires or what let that one in ends', () => {
    let nowMs = 1_000_000;
    const signer = pathSigner(60, Buffer.alloc(32, 1), () => nowMs);
    const query = Object.fromEntries(new URL(signer.sign('/recordings/a/audio', owner), 'http://x').searchParams);
    expect(signer.verify('GET', '/recordings/a/audio', query)).toEqual({ keyId: 'key_1', workspaceId: 'ws_1' });
    const ofToken = Object.fromEntries(new URL(signer.sign('/p', { ...owner, validUntil: new Date(nowMs + 30_000) }), 'http://x').searchParams);
    nowMs += 30_000;
    expect([signer.verify('GET', '/recordings/a/audio', query), signer.verify('GET', '/p', ofToken)]).toEqual([{ keyId: 'key_1', workspaceId: 'ws_1' }, null]);
    nowMs += 30_000;
    expect(signer.verify('GET', '/recordings/a/audio', query)).toBeNull();
  });

  it('a change of any part, another key of the process or a doubled parameter ends it', () => {
    const signer = pathSigner(60, Buffer.alloc(32, 1), () => 1000);
    const query: Record<string, unknown> = Object.fromEntries(new URL(signer.sign('/p', owner), 'http://x').searchParams);
    for (const name of Object.keys(query)) expect(signer.verify('GET', '/p', { ...query, [name]: `${String(query[name])}0` })).toBeNull();
    for (const name of Object.keys(query)) expect(signer.verify('GET', '/p', { ...query, [name]: [query[name], query[name]] })).toBeNull();
    for (const name of Object.keys(query)) expect(signer.verify('GET', '/p', { ...query, [name]: undefined })).toBeNull();
    expect(signer.verify('GET', '/q', query)).toBeNull();
    expect(pathSigner(60, Buffer.alloc(32, 2), () => 1000).verify('GET', '/p', query)).toBeNull();
  });
});

describe('listening', () => {
  it.each(['127.0.0.1', '127.8.9.1', '::1', '[::1]', 'localhost', '::ffff:127.0.0.1'])('%s is loopback and needs no key', (host) => {
    expect(isLoopback(host)).toBe(true);
    expect(() => assertSafeListen(host, { hasKeys: false, isEncrypted: true })).not.toThrow();
  });

  it.each(['0.0.0.0', '::', '192.168.1.4', 'myhost', '127.0.0.1.example.org', '::ffff:10.0.0.1', ''])('"%s" is refused without a key or without encryption, and allowed with both', (host) => {
    expect(() => assertSafeListen(host, { hasKeys: true, isEncrypted: false })).toThrow(/UNDERTONE_TLS_CERT.*UNDERTONE_BEHIND_PROXY/);
    expect(() => assertSafeListen(host, { hasKeys: false, isEncrypted: true })).toThrow(expect.objectContaining({ code: 'INSECURE_LISTEN' }) as UndertoneError);
    expect(() => assertSafeListen(host, { hasKeys: true, isEncrypted: true })).not.toThrow();
  });
});
