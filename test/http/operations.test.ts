import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp, type TestAppOptions } from '../support/test-app.js';

let app: TestApp | null = null;
afterEach(async () => {
  await app?.close();
  app = null;
});
const start = async (options: TestAppOptions = {}): Promise<TestApp> => (app = await startTestApp(options));

describe('health', () => {
  it('is ready while every check passes', async () => {
    const { url } = await start({ checks: [{ name: 'database', run: () => Promise.resolve() }] });
    const response = await fetch(`${url}/readyz`);
    expect([response.status, await response.json()]).toEqual([200, { status: 'ready', checks: [{ name: 'database', ok: true }] }]);
  });

  it('is not ready when a check fails or hangs, names it and gives no reason; the process is healthy all the same', async () => {
    const checks = [{ name: 'database', run: () => Promise.reject(new Error('password wrong')) }, { name: 'storage', run: () => new Promise(() => undefined) }, { name: 'queue', run: () => Promise.resolve() }];
    const { url, logLines } = await start({ checks, limits: { readinessTimeoutMs: 100 } });
    const response = await fetch(`${url}/readyz`);
    expect([response.status, await response.json()]).toEqual([503, { status: 'not ready', checks: [{ name: 'database', ok: false }, { name: 'storage', ok: false }, { name: 'queue', ok: true }] }]);
    expect(logLines.join('')).not.toContain('password');
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('a flood of questions asks the checks about once a second', async () => {
    let asked = 0;
    const { url } = await start({ checks: [{ name: 'database', run: () => Promise.resolve(asked++) }] });
    const startedMs = Date.now();
    for (let count = 0; count < 40; count++) await fetch(`${url}/readyz`);
    expect(asked).toBeLessThanOrEqual(2 + (Date.now() - startedMs) / 1000);
  });
});

describe('metrics', () => {
  const read = async (url: string, headers: Record<string, string> = {}): Promise<Response> => fetch(`${url}/metrics`, { headers });

  it('need no key on this machine, but one through a proxy', async () => {
    const { url } = await start();
    expect((await read(url)).status).toBe(200);
    expect((await read(url, { 'X-Forwarded-For': '203.0.113.9' })).status).toBe(401);
    expect((await read(url, { 'X-Forwarded-For': '203.0.113.9', Authorization: 'Bearer viewer-key' })).status).toBe(200);
    expect((await read(url, { Authorization: 'Bearer wrong' })).status).toBe(401);
  });

  it('are not for a page of elsewhere whose name was made to lead to this machine', async () => {
    const { port } = await start();
    const statusFor = (host: string): Promise<number | undefined> => new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port, path: '/metrics', headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
    expect(await Promise.all(['evil.example', `evil.example:${port}`, 'localhost.evil.example', '127.0.0.1.evil.example'].map(statusFor))).toEqual([401, 401, 401, 401]);
    expect(await Promise.all(['localhost', `localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`].map(statusFor))).toEqual([200, 200, 200, 200]);
  });

  it('count requests by route and operations by their field, never by path or id', async () => {
    const running = await start();
    const { url } = running;
    await running.graphql('query Dashboard { viewer { role } }');
    await fetch(`${url}/recordings/rec_private/audio`, { headers: { Authorization: 'Bearer viewer-key' } });
    const text = await (await read(url)).text();
    expect(text).toContain('undertone_graphql_duration_seconds_count{operation="viewer",outcome="ok"} 1');
    expect(text).toContain('undertone_http_duration_seconds_count{method="GET",route="/recordings/:id/audio",status="4xx"} 1');
    expect(text).not.toContain('rec_private');
  });

  it('say nothing that a client has made up: every workspace reads them', async () => {
    const running = await start();
    const { url } = running;
    for (const query of ['query Acme1 { viewer { role } }', 'query Acme2 { a: viewer { role } b: viewer { role } }', 'query Acme3 { ...Acme4 } fragment Acme4 on Query { viewer { role } }', '{ acme5 }', '{ acme6']) await running.graphql(query);
    const text = await (await read(url)).text();
    expect([...new Set(text.match(/operation="[^"]+"/g))].sort()).toEqual(['operation="none"', 'operation="several"', 'operation="viewer"']);
    expect(text).not.toMatch(/acme/i);
  });
});

describe('the page', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  it('says how to build it where it is not there', async () => {
    const { url } = await start();
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('npm run build')]);
  });

  it('is served with a policy that allows nothing inline, and nothing beside its files can be reached', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'page-'));
    folders.push(folder);
    const webDir = join(folder, 'dist');
    mkdirSync(join(webDir, 'assets'), { recursive: true });
    writeFileSync(join(folder, 'secret.txt'), 'secret');
    writeFileSync(join(webDir, 'index.html'), '<!doctype html><title>Undertone</title>');
    writeFileSync(join(webDir, 'assets', 'index-abc.js'), 'export {};');
    const { url } = await start({ webDir });
    const page = await fetch(url);
    expect([page.status, page.headers.get('content-type'), page.headers.get('cache-control')]).toEqual([200, 'text/html; charset=utf-8', 'no-cache']);
    expect(page.headers.get('content-security-policy')).toMatch(/script-src 'self'; style-src 'self';/);
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe');
    const script = await fetch(`${url}/assets/index-abc.js`);
    expect([script.status, script.headers.get('content-type'), script.headers.get('cache-control')]).toEqual([200, expect.stringMatching(/^(text|application)\/javascript/), 'public, max-age=31536000, immutable']);
    for (const path of ['/secret.txt', '/assets/..%2f..%2fsecret.txt', '/%2e%2e/secret.txt', '/assets/', '/index.html']) expect((await fetch(url + path)).status).toBe(401);
  });
});
