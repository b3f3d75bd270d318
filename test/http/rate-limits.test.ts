import { afterEach, describe, expect, it } from 'vitest';
import { UndertoneError } from '../../src/domain/errors.js';
import { TokenBucket } from '../../src/domain/token-bucket.js';
import type { NodeMessage } from '../../src/services/node-messages.js';
import { createRateLimiter, shareRates } from '../../src/services/rate-limiter.js';
import { multipart, startTestApp, type TestApp, type TestAppOptions } from '../support/test-app.js';
import { until } from '../support/until.js';

const NONE = { requests: 0, queryCost: 0, uploadBytes: 0, failedKeys: 0 };
let app: TestApp | null = null;
afterEach(async () => {
  await app?.close();
  app = null;
});
const start = async (rateLimits: TestAppOptions['rateLimits']): Promise<TestApp> => (app = await startTestApp({ ...(rateLimits !== undefined && { rateLimits }) }));
const bearer = (key: string) => ({ Authorization: `Bearer ${key}`, 'apollo-require-preflight': 'true', 'Content-Type': 'application/json' });

describe('a bucket of tokens', () => {
  it('lets its limit through, refills evenly, and says when the next is there', () => {
    const bucket = new TokenBucket(10, 1000, 0);
    for (let i = 0; i < 10; i++) expect(bucket.take(1, 0).isAllowed).toBe(true);
    expect(bucket.take(1, 0)).toEqual({ isAllowed: false, limit: 10, remaining: 0, retryAfterMs: 100, resetMs: 1000 });
    expect(bucket.take(1, 99).isAllowed).toBe(false);
    expect(bucket.take(1, 100)).toMatchObject({ isAllowed: true, remaining: 0 });
    expect(bucket.take(5, 5000)).toMatchObject({ isAllowed: true, remaining: 5, resetMs: 500 });
  });

  it('lets more than its limit through once from full, and owes the rest; a clock that goes back gives nothing', () => {
    const bucket = new TokenBucket(10, 1000, 1000);
    expect(bucket.take(25, 1000).isAllowed).toBe(true);
    expect(bucket.take(1, 2000)).toMatchObject({ isAllowed: false, retryAfterMs: 600 });
    expect(bucket.take(1, 0).isAllowed).toBe(false);
    bucket.spend(1000, 3000);
    expect(bucket.take(1, 4000)).toMatchObject({ isAllowed: false, retryAfterMs: 100 });
  });
});

describe('rate limits', () => {
  it('refuse a key past its requests with code, remaining and reset, and leave another key alone', async () => {
    const { url, graphql } = await start({ requests: 3 });
    const first = await fetch(`${url}/graphql?query={viewer{role}}`, { headers: bearer('viewer-key') });
    expect([first.status, first.headers.get('ratelimit-limit'), first.headers.get('ratelimit-remaining'), first.headers.get('ratelimit-reset')]).toEqual([200, '3', '2', '20']);
    for (let i = 0; i < 2; i++) await graphql('{ viewer { role } }', {}, 'viewer-key');
    const refused = await fetch(`${url}/graphql?query={viewer{role}}`, { headers: bearer('viewer-key') });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '20']);
    const { errors } = (await refused.json()) as { errors: { message: string; extensions: Record<string, unknown> }[] };
    expect(errors[0]!.extensions).toMatchObject({ code: 'RATE_LIMITED', limit: 3, remaining: 0 });
    expect(errors[0]!.message).toContain('UNDERTONE_REQUESTS_PER_MINUTE');
    expect((await graphql('{ viewer { role } }', {}, 'admin-key')).status).toBe(200);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('count what a query would resolve, so that few large queries are as dear as many small ones', async () => {
    const { graphql } = await start({ queryCost: 500 });
    expect((await graphql('{ recordings(first: 100) { nodes { id fileName } } }')).status).toBe(200);
    expect((await graphql('{ recordings(first: 100) { nodes { id fileName } } }')).errors?.[0]?.extensions['code']).toBe('RATE_LIMITED');
    expect((await graphql('{ viewer { role } }')).status).toBe(200);
  });

  it('count uploaded bytes, announced or not', async () => {
    const { url } = await start({ uploadBytes: 5000 });
    const send = (body: BodyInit, announced: boolean) => fetch(`${url}/recordings?fileName=x.wav`, { method: 'PUT', headers: bearer('analyst-key'), body, ...(!announced && { duplex: 'half' as const }) });
    const chunked = (): ReadableStream => new ReadableStream({ start: (controller) => { controller.enqueue(new Uint8Array(6000)); controller.close(); } });
    expect((await send(chunked(), false)).status).toBeLessThan(300);
    await until('the bytes are counted', async () => (await send(new Uint8Array(10), true)).status === 429);
    const form = await fetch(`${url}/graphql`, { method: 'POST', headers: { Authorization: 'Bearer analyst-key', 'apollo-require-preflight': 'true' }, body: multipart('mutation ($file: Upload!) { uploadRecording(file: $file) { __typename } }', new Blob(['x'])) });
    expect(form.status).toBe(429);
  });

  it('answer an address that guesses keys with 429, and still let a right key in from there', async () => {
    const { url } = await start({ failedKeys: 3 });
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await fetch(`${url}/graphql?query={viewer{role}}`, { headers: bearer(`guess-${i}`) })).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    expect((await fetch(`${url}/graphql?query={viewer{role}}`, { headers: bearer('viewer-key') })).status).toBe(200);
  });

  it('hold over several nodes together', async () => {
    const listeners = new Set<(message: NodeMessage, from: string) => void>();
    const wire = (own: string) => ({
      send: (message: NodeMessage) => { for (const listener of listeners) listener(message, own); },
      onMessage: (listener: (message: NodeMessage, from: string) => void) => {
        const others = (message: NodeMessage, from: string): void => { if (from !== own) listener(message, from); };
        listeners.add(others);
        return () => void listeners.delete(others);
      },
    });
    const nodes = ['a', 'b'].map((name) => ({ name, limiter: createRateLimiter({ ...NONE, requests: 10 }) }));
    const stops = nodes.map(({ name, limiter }) => shareRates(limiter, wire(name), 5));
    for (let i = 0; i < 8; i++) nodes[0]!.limiter.take('key', 'requests');
    const allowed = (): boolean => {
      try {
        nodes[1]!.limiter.take('key', 'requests');
        return true;
      } catch (error) {
        expect((error as UndertoneError).code).toBe('RATE_LIMITED');
        return false;
      }
    };
    await until('the other node has heard', () => !allowed());
    expect(() => nodes[0]!.limiter.take('other', 'requests')).not.toThrow();
    for (const stop of stops) stop();
  });
});
