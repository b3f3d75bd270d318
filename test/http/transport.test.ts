import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { readTlsFiles } from '../../src/http/tls.js';
import { clientAddress, trustedProxies } from '../../src/http/trusted-proxies.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

describe('TLS of its own', () => {
  let folder: string;
  const path = (name: string): string => join(folder, name);
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'undertone-tls-'));
    for (const name of ['own', 'other']) execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', path(`${name}.key`), '-out', path(`${name}.pem`)], { stdio: 'ignore' });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('answers over HTTPS alone, and has browsers remember it', async () => {
    const tls = (await readTlsFiles({ certPath: path('own.pem'), keyPath: path('own.key') }))!;
    const app = await startTestApp({ tls });
    try {
      expect(app.url).toMatch(/^https:\/\//);
      const answer = await new Promise<{ status: number | undefined; headers: NodeJS.Dict<string | string[]> }>((resolve, reject) => {
        request(`${app.url}/healthz`, { ca: readFileSync(path('own.pem')), servername: 'localhost', checkServerIdentity: () => undefined }, (response) => {
          response.resume();
          resolve({ status: response.statusCode, headers: response.headers });
        }).on('error', reject).end();
      });
      expect(answer.status).toBe(200);
      expect(answer.headers['strict-transport-security']).toBe('max-age=31536000');
      await expect(fetch(`http://127.0.0.1:${app.port}/healthz`)).rejects.toThrow();
    } finally {
      await app.close();
    }
  });

  it('refuses files that are missing, no PEM or not of one pair', async () => {
    writeFileSync(path('text.pem'), 'no certificate');
    for (const [certPath, keyPath] of [['gone.pem', 'own.key'], ['text.pem', 'own.key'], ['other.pem', 'own.key']] as const) {
      await expect(readTlsFiles({ certPath: path(certPath), keyPath: path(keyPath) }), certPath).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    }
  });
});

describe('behind a proxy', () => {
  it('believes the nearest address that no trusted proxy has, and nothing that was written before it', () => {
    const isTrusted = trustedProxies(['10.0.0.0/8', 'loopback', '2001:db8::1']);
    expect(clientAddress('203.0.113.5', '198.51.100.1', isTrusted)).toBe('203.0.113.5');
    expect(clientAddress('10.1.2.3', '198.51.100.1', isTrusted)).toBe('198.51.100.1');
    expect(clientAddress('::ffff:10.1.2.3', 'forged, 198.51.100.1, 10.9.9.9', isTrusted)).toBe('198.51.100.1');
    expect(clientAddress('2001:db8::1', 'not an address', isTrusted)).toBe('2001:db8::1');
    expect(clientAddress('127.0.0.1', undefined, isTrusted)).toBe('127.0.0.1');
  });

  it('counts failed keys by the address that the trusted proxy names, and by the proxy’s own where nobody is trusted', async () => {
    const tries = async (trusted: readonly string[]): Promise<number[]> => {
      const app = await startTestApp({ trustedProxies: trusted, rateLimits: { failedKeys: 1 } });
      try {
        const statuses: number[] = [];
        for (const address of ['198.51.100.1', '198.51.100.2', '198.51.100.1']) {
          statuses.push((await fetch(`${app.url}/recordings/x/audio`, { headers: { Authorization: 'Bearer wrong', 'X-Forwarded-For': address } })).status);
        }
        return statuses;
      } finally {
        await app.close();
      }
    };
    expect(await tries(['loopback'])).toEqual([401, 401, 429]);
    expect(await tries([])).toEqual([401, 429, 429]);
  });

  it('says HSTS when the trusted proxy has TLS, and not on the word of anybody', async () => {
    const [believing, doubting] = await Promise.all([startTestApp({ trustedProxies: ['127.0.0.1'] }), startTestApp()]);
    const told = async ({ url }: TestApp): Promise<string | null> => (await fetch(`${url}/healthz`, { headers: { 'X-Forwarded-Proto': 'https' } })).headers.get('strict-transport-security');
    expect([await told(believing), await told(doubting)]).toEqual(['max-age=31536000', null]);
    await Promise.all([believing.close(), doubting.close()]);
  });
});

describe('other origins', () => {
  const FRIEND = 'https://calls.example.org';
  let app: TestApp;
  beforeAll(async () => { app = await startTestApp({ corsOrigins: [FRIEND] }); });
  afterAll(() => app.close());
  const preflight = (origin: string): Promise<Response> => fetch(`${app.url}/graphql`, { method: 'OPTIONS', headers: { Origin: origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization' } });

  it('that are listed may ask and read, without anything that a browser adds by itself', async () => {
    const asked = await preflight(FRIEND);
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-headers')).toContain('authorization');
    const answer = await fetch(`${app.url}/graphql`, { method: 'POST', headers: { Origin: FRIEND, Authorization: 'Bearer viewer-key', 'Content-Type': 'application/json' }, body: '{"query":"{ viewer { keyId } }"}' });
    expect(answer.status).toBe(200);
    expect([answer.headers.get('access-control-allow-origin'), answer.headers.get('access-control-allow-credentials'), answer.headers.get('vary')]).toEqual([FRIEND, null, 'Origin']);
  });

  it.each(['https://evil.example', 'https://calls.example.org.evil.example', 'http://calls.example.org', 'null'])('such as %s are told nothing', async (origin) => {
    const asked = await preflight(origin);
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([401, null]);
  });

  it('open a WebSocket when they are listed, and none when they are not', async () => {
    const open = (origin: string): Promise<string> => new Promise((resolve) => {
      const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { origin });
      socket.on('open', () => { socket.close(); resolve('open'); });
      socket.on('error', (error) => resolve(error.message));
    });
    expect(await open(FRIEND)).toBe('open');
    expect(await open('https://evil.example')).toContain('403');
  });
});

describe('private answers', () => {
  it('are kept by no cache', async () => {
    const app = await startTestApp();
    const recording = app.world.addRecording();
    const headers = { Authorization: 'Bearer viewer-key', 'apollo-require-preflight': '1' };
    for (const path of ['/graphql?query={viewer{keyId}}', `/recordings/${recording.id}/audio`, '/nowhere']) {
      expect((await fetch(app.url + path, { headers })).headers.get('cache-control'), path).toMatch(/no-store|private, no-cache/);
    }
    await app.close();
  });
});
