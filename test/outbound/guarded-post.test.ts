import { afterEach, describe, expect, it } from 'vitest';
import { networkTest } from '../../src/domain/network-address.js';
import { faultOfUrl, type Resolve } from '../../src/outbound/guarded-address.js';
import { createGuardedPost, type GuardedPostOptions, type PostResult } from '../../src/outbound/guarded-post.js';
import { breakOff, drip, flood, hang, ok, startRawServer, startReceiver, withStatus, type Answer, type Receiver } from '../support/receivers.js';
import { until } from '../support/until.js';

const OPEN = { allowHttp: true, isAllowed: networkTest(['loopback']) };
const CLOSED = { allowHttp: true, isAllowed: networkTest([]) };
const never = new AbortController().signal;
const body = Buffer.from('{}');
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function receiver(answer?: Answer): Promise<Receiver> {
  const started = await startReceiver(answer);
  opened.push(started);
  return started;
}
const postTo = (url: string, options: Partial<GuardedPostOptions> = {}, signal = never): Promise<PostResult> => createGuardedPost({ ...OPEN, timeoutMs: 20_000, ...options })(url, { 'x-mark': 'here' }, body, signal);

describe('a guarded request', () => {
  it('delivers the body and headers, once, and keeps no connection', async () => {
    const { url, received, openCount } = await receiver();
    expect(await postTo(url)).toMatchObject({ outcome: 'DELIVERED', statusCode: 204 });
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({ body, headers: { 'x-mark': 'here', 'content-length': '2', connection: 'close' } });
    await until('the connection is gone', () => openCount() === 0);
  });

  it.each([
    ['hangs', hang, { timeoutMs: 300 }, { outcome: 'TIMED_OUT', statusCode: null }],
    ['sends a byte now and then', drip, { timeoutMs: 300 }, { outcome: 'TIMED_OUT', statusCode: 200 }],
    ['floods', flood, {}, { outcome: 'ANSWER_TOO_LARGE', statusCode: 200 }],
    ['closes in mid-body', breakOff, {}, { outcome: 'BROKEN_OFF', statusCode: 200 }],
    ['closes without an answer', (response) => void response.socket?.destroy(), {}, { outcome: 'BROKEN_OFF', statusCode: null }],
    ['answers 301', withStatus(301, { location: 'http://127.0.0.1:1/' }), {}, { outcome: 'REDIRECTED', statusCode: 301 }],
    ['answers 410', withStatus(410), {}, { outcome: 'GONE', statusCode: 410 }],
    ['answers 429', withStatus(429, { 'retry-after': '17' }), {}, { outcome: 'REFUSED_STATUS', statusCode: 429, retryAfter: '17' }],
    ['answers 500', withStatus(500), {}, { outcome: 'REFUSED_STATUS', statusCode: 500 }],
    ['answers 404 and floods', (response) => { response.writeHead(404); response.write(Buffer.alloc(1_000_000)); }, {}, { outcome: 'REFUSED_STATUS', statusCode: 404 }],
    ['has headers of 20 kB', withStatus(200, { 'x-long': 'x'.repeat(20_000) }), {}, { outcome: 'ANSWER_TOO_LARGE', statusCode: null }],
  ] as [string, Answer, Partial<GuardedPostOptions>, Partial<PostResult>][])('ends where the receiver %s', async (_what, answer, options, expected) => {
    const { url, openCount } = await receiver(answer);
    expect(await postTo(url, options)).toMatchObject(expected);
    await until('the connection is gone', () => openCount() === 0);
  });

  it('follows no redirect, not even to the same host', async () => {
    const target = await receiver();
    const { url } = await receiver(withStatus(307, { location: target.url }));
    expect(await postTo(url)).toMatchObject({ outcome: 'REDIRECTED' });
    expect(target.received).toEqual([]);
  });

  it('takes an answer of just under 64 KiB, and none above', async () => {
    const { url } = await receiver((response) => void response.writeHead(200).end(Buffer.alloc(64 * 1024)));
    expect(await postTo(url)).toMatchObject({ outcome: 'DELIVERED' });
    const large = await receiver((response) => void response.writeHead(200).end(Buffer.alloc(64 * 1024 + 1)));
    expect(await postTo(large.url)).toMatchObject({ outcome: 'ANSWER_TOO_LARGE' });
  });

  it('ends with early answers that have no end, and with what is no HTTP', async () => {
    const early = await startRawServer((socket) => {
      const pour = (): void => { while (!socket.destroyed && socket.write('HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n')); };
      socket.on('drain', pour).once('data', pour);
    });
    const noise = await startRawServer((socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    opened.push(early, noise);
    expect(await postTo(early.url)).toMatchObject({ outcome: 'ANSWER_TOO_LARGE', statusCode: null });
    expect(await postTo(noise.url)).toMatchObject({ outcome: 'BROKEN_OFF', statusCode: null });
  });

  it('says of a closed port and an unknown name that nobody is there', async () => {
    const gone = await startReceiver();
    await gone.close();
    expect(await postTo(gone.url)).toMatchObject({ outcome: 'UNREACHABLE', statusCode: null });
    expect(await postTo('http://nowhere.invalid/', { resolve: () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })) })).toMatchObject({ outcome: 'UNREACHABLE' });
  });

  it('speaks TLS to nobody without a trusted certificate', async () => {
    const { url } = await receiver();
    expect(await postTo(url.replace('http:', 'https:'))).toMatchObject({ outcome: 'TLS_FAILED', statusCode: null });
  });

  it('waits no longer for a name than for anything else', async () => {
    expect(await postTo('http://slow.example/', { timeoutMs: 200, resolve: () => new Promise(() => undefined) })).toMatchObject({ outcome: 'TIMED_OUT' });
  });

  it('rejects with the reason when it is stopped, and leaves no connection', async () => {
    const { url, received, openCount } = await receiver(hang);
    const stop = new AbortController();
    const posted = postTo(url, {}, stop.signal);
    await until('it has come', () => received.length === 1);
    stop.abort(new Error('the worker is stopping'));
    await expect(posted).rejects.toThrow('the worker is stopping');
    await until('the connection is gone', () => openCount() === 0);
  });
});

describe('addresses that must not be called', () => {
  it.each([
    'http://127.0.0.1/', 'http://127.1/', 'http://2130706433/', 'http://0x7f.0.0.1/', 'http://0177.0.0.1/', 'http://0/', 'http://[::1]/', 'http://[::]/', 'http://[::ffff:127.0.0.1]/', 'http://[::ffff:a9fe:a9fe]/', 'http://[64:ff9b::7f00:1]/',
    'http://10.0.0.1/', 'http://172.20.1.1/', 'http://192.168.0.1:8080/', 'http://169.254.169.254/latest/meta-data/', 'http://100.100.100.200/', 'http://168.63.129.16/', 'http://[fd00:ec2::254]/', 'http://[fe80::1]/', 'http://①②⑦.0.0.1/',
    'http://user:secret@8.8.8.8/', 'http://8.8.8.8/#x', 'ftp://8.8.8.8/', 'file:///etc/passwd', 'gopher://8.8.8.8/', 'javascript:alert(1)', '//8.8.8.8/', 'nothing', '',
  ])('are refused as they stand: %s', async (url) => {
    expect(faultOfUrl(url, CLOSED)).not.toBeNull();
    if (url.startsWith('http://') && !url.includes('@') && !url.includes('#')) expect(await postTo(url, CLOSED)).toMatchObject({ outcome: 'ADDRESS_REFUSED', statusCode: null });
  });

  it('are refused without their being named in the message', () => {
    expect(faultOfUrl('http://169.254.169.254/latest', CLOSED)).not.toContain('169');
  });

  it.each([['127.0.0.1'], ['::1'], ['8.8.8.8', '10.0.0.1'], ['2606:4700::1', '::ffff:127.0.0.1'], ['169.254.169.254'], []])('are refused behind a name: %s %s', async (...addresses) => {
    const { url, openCount } = await receiver();
    const resolve: Resolve = () => Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
    expect(await postTo(url.replace('127.0.0.1', 'rebound.example'), { ...CLOSED, resolve })).toMatchObject({ outcome: 'ADDRESS_REFUSED' });
    expect(openCount()).toBe(0);
  });

  it('are not reached by a name that changes its answer: it is resolved once, and the connection goes to what was checked', async () => {
    const inside = await receiver();
    const allowed = await startReceiver(ok, '127.0.0.2');
    opened.push(allowed);
    const asked: string[] = [];
    const rebinding: Resolve = (name) => {
      asked.push(name);
      return Promise.resolve([{ address: asked.length === 1 ? '127.0.0.2' : '127.0.0.1', family: 4 }]);
    };
    const rules = { allowHttp: true, isAllowed: networkTest(['127.0.0.2']) };
    expect(await postTo(`http://rebound.example:${allowed.port}/`, { ...rules, resolve: rebinding })).toMatchObject({ outcome: 'DELIVERED' });
    expect(asked).toEqual(['rebound.example']);
    expect(allowed.received[0]!.headers['host']).toBe(`rebound.example:${allowed.port}`);
    expect(await postTo(`http://rebound.example:${inside.port}/`, { ...rules, resolve: rebinding })).toMatchObject({ outcome: 'ADDRESS_REFUSED' });
    expect(inside.received).toEqual([]);
  });

  it('include plain HTTP unless it is allowed', async () => {
    const { url, openCount } = await receiver();
    expect(faultOfUrl('http://example.org/', { ...OPEN, allowHttp: false })).toMatch(/must begin with https/);
    expect(faultOfUrl('https://example.org/hook?x=1', { ...CLOSED, allowHttp: false })).toBeNull();
    expect(await postTo(url, { allowHttp: false })).toMatchObject({ outcome: 'ADDRESS_REFUSED' });
    expect(openCount()).toBe(0);
  });
});
