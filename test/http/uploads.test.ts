import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { multipart, startTestApp, until, type TestApp, type TestAppOptions } from '../support/test-app.js';

let app: TestApp;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await app.close();
});
const start = async (options: TestAppOptions = {}): Promise<void> => {
  app = await startTestApp({ maxUploadBytes: 1_000_000, ...options });
};

const put = (path: string, body: Buffer | string, headers: Record<string, string> = {}): Promise<Response> => fetch(app.url + path, { method: 'PUT', headers: { Authorization: 'Bearer analyst-key', ...headers }, body: typeof body === 'string' ? body : new Uint8Array(body) });

/** A raw connection: what comes back, how much could be written, and whether it is over. */
class RawClient {
  readonly socket: Socket;
  received = '';
  closed = false;
  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    sockets.push(this.socket);
    this.socket.on('data', (chunk) => (this.received += chunk.toString('latin1')));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => (this.closed = true));
  }
  /** Writes until everything is sent or the connection is over; resolves with the bytes that the socket took. */
  async flood(totalBytes: number, frame: (chunk: Buffer) => Buffer = (chunk) => chunk): Promise<number> {
    const chunk = frame(Buffer.alloc(64 * 1024, 120));
    let sent = 0;
    while (sent < totalBytes && !this.closed && this.socket.writable) {
      sent += chunk.length;
      if (!this.socket.write(chunk)) await Promise.race([new Promise((resolve) => this.socket.once('drain', resolve)), new Promise((resolve) => this.socket.once('close', resolve))]);
    }
    return this.socket.bytesWritten;
  }
}

const head = (lines: readonly string[]): string => `${['PUT /recordings?fileName=big.wav HTTP/1.1', 'Host: 127.0.0.1', 'Authorization: Bearer analyst-key', ...lines].join('\r\n')}\r\n\r\n`;
const multipartHead = (lines: readonly string[]): string => `${['POST /graphql HTTP/1.1', 'Host: 127.0.0.1', 'Authorization: Bearer analyst-key', 'apollo-require-preflight: true', 'Content-Type: multipart/form-data; boundary=b', ...lines].join('\r\n')}\r\n\r\n`;
const multipartStart = [
  '--b', 'Content-Disposition: form-data; name="operations"', '', JSON.stringify({ query: 'mutation ($file: Upload!) { uploadRecording(file: $file) { __typename ... on Problem { code } } }', variables: { file: null } }),
  '--b', 'Content-Disposition: form-data; name="map"', '', '{"0":["variables.file"]}', '--b', 'Content-Disposition: form-data; name="0"; filename="a.wav"', '', '',
].join('\r\n');
const asChunk = (data: Buffer | string): Buffer => Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), Buffer.from(data), Buffer.from('\r\n')]);

describe('PUT /recordings', () => {
  it('takes the bytes in once, with their names, and gives the same recording for the same bytes', async () => {
    await start();
    const bytes = Buffer.alloc(300_000, 5);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const first = await put('/recordings?fileName=a%20b.wav&title=T&tag=x&tag=y', bytes, { 'Content-SHA256': sha256, 'Content-Type': 'audio/wav' });
    expect(first.status).toBe(201);
    const body = (await first.json()) as { id: string };
    expect(body).toEqual({ id: expect.stringMatching(/^rec_/) as unknown, sha256, duplicate: false });
    expect(app.world.recordings.get(body.id)).toMatchObject({ fileName: 'a b.wav', title: 'T', tags: ['x', 'y'], byteLength: 300_000 });
    const again = await put('/recordings?fileName=c.wav', bytes, { 'Repr-Digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:` });
    expect([again.status, await again.json()]).toEqual([200, { id: body.id, sha256, duplicate: true }]);
  });

  it.each([
    ['a wrong digest', '/recordings', 'abc', { 'Content-SHA256': '0'.repeat(64) }, 422, 'UPLOAD_DIGEST_MISMATCH'],
    ['a digest that is none', '/recordings', 'abc', { 'Content-SHA256': 'xyz' }, 400, 'BAD_INPUT'],
    ['a doubled title', '/recordings?title=a&title=b', 'abc', {}, 400, 'BAD_INPUT'],
    ['a packed body', '/recordings', 'abc', { 'Content-Encoding': 'gzip' }, 400, 'BAD_INPUT'],
    ['no bytes', '/recordings', '', {}, 400, 'UPLOAD_EMPTY'],
    ['a viewer', '/recordings', 'abc', { Authorization: 'Bearer viewer-key' }, 403, 'FORBIDDEN'],
    ['a body over the limit', '/recordings', 'x'.repeat(1_000_001), {}, 413, 'UPLOAD_TOO_LARGE'],
  ])('%s is refused', async (_name, path, body, headers, status, code) => {
    await start();
    const response = await put(path, body, headers);
    expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([status, code]);
    expect(app.world.recordings.size).toBe(0);
  });

  it('JSON as a file is stored as it is, not parsed', async () => {
    await start();
    expect((await put('/recordings', '{ not json', { 'Content-Type': 'application/json' })).status).toBe(201);
  });
});

describe('uploads that are refused', () => {
  it.each([
    ['PUT', head(['Content-Length: 200000000'])],
    ['multipart', multipartHead(['Content-Length: 200000000'])],
  ])('200 MB announced over %s are answered with 413 at once, and the connection takes only a bounded part of them', async (_name, request) => {
    await start({ limits: { drainBytes: 1_000_000 } });
    const client = new RawClient(app.port);
    client.socket.write(request);
    const sent = await client.flood(200_000_000);
    await until(() => client.closed);
    expect(client.received).toMatch(/^HTTP\/1.1 413/);
    expect(client.received).toContain('UPLOAD_TOO_LARGE');
    expect(sent).toBeLessThan(20_000_000);
    expect(app.world.receivedBytes).toBe(0);
  });

  it('a chunked body is cut where it passes the limit, whatever it does not announce', async () => {
    await start({ limits: { drainBytes: 1_000_000 } });
    const client = new RawClient(app.port);
    client.socket.write(head(['Transfer-Encoding: chunked']));
    const sent = await client.flood(200_000_000, asChunk);
    await until(() => client.closed);
    expect(client.received).toMatch(/^HTTP\/1.1 413/);
    expect(sent).toBeLessThan(20_000_000);
    expect(app.world.receivedBytes).toBeLessThanOrEqual(1_000_000);
    expect(app.world.uploadFailures).toEqual(['UPLOAD_TOO_LARGE']);
  });

  it('a chunked multipart file is cut where it passes the limit, as a problem of the mutation', async () => {
    await start({ limits: { drainBytes: 1_000_000 } });
    const client = new RawClient(app.port);
    client.socket.write(multipartHead(['Transfer-Encoding: chunked']));
    client.socket.write(asChunk(multipartStart));
    const sent = await client.flood(200_000_000, asChunk);
    await until(() => client.closed);
    expect(client.received).toContain('"code":"UPLOAD_TOO_LARGE"');
    expect(sent).toBeLessThan(20_000_000);
    expect(app.world.recordings.size).toBe(0);
  });

  it('after a refusal whose body is soon over, the same connection takes the next request', async () => {
    await start({ maxUploadBytes: 100_000 });
    const client = new RawClient(app.port);
    client.socket.write(head([`Content-Length: ${16 * 65_536}`]));
    await client.flood(16 * 65_536);
    client.socket.write('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await until(() => client.received.includes('{"status":"ok"}'));
    expect(client.received).toMatch(/^HTTP\/1.1 413[\s\S]*HTTP\/1.1 200 OK/);
  });

  it('a connection that becomes idle while the server stops does not hold it up', async () => {
    await start({ maxUploadBytes: 100_000 });
    const client = new RawClient(app.port);
    client.socket.write(head([`Content-Length: ${4 * 65_536}`]));
    await until(() => client.received.includes('UPLOAD_TOO_LARGE'));
    const closed = app.close();
    await client.flood(4 * 65_536);
    await closed;
    await until(() => client.closed);
    expect(client.received.match(/HTTP\/1.1/g)).toHaveLength(1);
  }, 10_000);

  it('without a key nothing of the body is read, and the connection does not stay', async () => {
    await start({ limits: { drainBytes: 100_000 } });
    const client = new RawClient(app.port);
    client.socket.write(multipartHead(['Content-Length: 900000']).replace('analyst-key', 'nonsense'));
    client.socket.write(multipartStart);
    await client.flood(800_000);
    await until(() => client.closed);
    expect(client.received).toMatch(/^HTTP\/1.1 401/);
    expect(app.world.receivedBytes).toBe(0);
  });
});

describe('temporary files of multipart uploads', () => {
  const folder = mkdtempSync(join(tmpdir(), 'uploads-'));
  const before = process.env['TMPDIR'];
  beforeAll(() => {
    process.env['TMPDIR'] = folder;
  });
  afterAll(() => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    rmSync(folder, { recursive: true });
  });

  const send = (key: string, query: string, size: number): Promise<Response> => {
    const headers = { Authorization: `Bearer ${key}`, 'apollo-require-preflight': 'true' };
    return fetch(`${app.url}/graphql`, { method: 'POST', headers, body: multipart(query, new Blob([Buffer.alloc(size, 3)])) });
  };
  const UPLOAD = 'mutation ($file: Upload!) { uploadRecording(file: $file) { __typename } }';

  it.each([
    ['taken', 'analyst-key', UPLOAD, 900_000, 'Recording'],
    ['refused before it is read', 'viewer-key', UPLOAD, 900_000, 'ForbiddenProblem'],
    ['not asked for by its operation', 'analyst-key', 'query ($file: Upload) { viewer { role } }', 900_000, 'errors'],
  ])('are gone after an upload that is %s', async (_name, key, query, size, expected) => {
    await start();
    expect(await (await send(key, query, size)).text()).toContain(expected);
    await until(() => readdirSync(folder).length === 0);
    expect(openFilesUnder(folder)).toEqual([]);
  });

  it('are gone after an upload that was refused when all of it had come', async () => {
    await start();
    app.world.beforeUpload = () => until(() => readdirSync(folder).some((file) => statSync(join(folder, file)).size === 900_000));
    expect(await (await send('viewer-key', UPLOAD, 900_000)).text()).toContain('ForbiddenProblem');
    await until(() => readdirSync(folder).length === 0);
    expect(openFilesUnder(folder)).toEqual([]);
  });

  it('are gone after the client left in the middle', async () => {
    await start();
    const client = new RawClient(app.port);
    client.socket.write(multipartHead(['Content-Length: 500000']));
    client.socket.write(multipartStart);
    await client.flood(200_000);
    await until(() => app.world.receivedBytes > 100_000);
    expect(readdirSync(folder)).toHaveLength(1);
    client.socket.destroy();
    await until(() => readdirSync(folder).length === 0);
    expect(openFilesUnder(folder)).toEqual([]);
  });
});

/** Open descriptors of this process on files in a folder; a file that is unlinked but open still takes its space. */
function openFilesUnder(folder: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    const target = linkTarget(`/proc/self/fd/${fd}`);
    return target?.startsWith(folder) === true ? [target] : [];
  });
}

function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    // The descriptor of the listing itself, closed by now.
    return null;
  }
}

describe('slow and broken uploads', () => {
  const impatient: TestAppOptions = { minUploadBytesPerSecond: 10_000, limits: { bodyGraceMs: 150, drainMs: 100 } };

  it.each([
    ['PUT', head(['Content-Length: 500000']), ''],
    ['multipart', multipartHead(['Content-Length: 500000']), multipartStart],
    ['JSON', 'POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer analyst-key\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n', '{"query":'],
  ])('a %s body that drips is cut with UPLOAD_ABORTED and its connection closed', async (_name, request, body) => {
    await start(impatient);
    const client = new RawClient(app.port);
    client.socket.write(request);
    client.socket.write(body);
    const drip = setInterval(() => client.socket.write('x'), 20);
    await until(() => client.closed);
    clearInterval(drip);
    expect(client.received).toContain('UPLOAD_ABORTED');
    expect(app.world.recordings.size).toBe(0);
  });

  it('twenty slow uploads at once are all over soon and hold nothing', async () => {
    await start(impatient);
    const clients = Array.from({ length: 20 }, () => new RawClient(app.port));
    for (const client of clients) {
      client.socket.write(multipartHead(['Content-Length: 500000']));
      client.socket.write(multipartStart);
    }
    await until(() => clients.every((client) => client.closed));
    expect(app.world.uploadFailures.every((code) => code === 'UPLOAD_ABORTED')).toBe(true);
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
  });

  it.each([
    ['PUT', head(['Content-Length: 500000']), ''],
    ['multipart', multipartHead(['Content-Length: 500000']), multipartStart],
  ])('a client that leaves in mid-%s ends the upload as UPLOAD_ABORTED', async (_name, request, body) => {
    await start();
    const client = new RawClient(app.port);
    client.socket.write(request);
    client.socket.write(body);
    await client.flood(100_000);
    await until(() => app.world.receivedBytes > 50_000);
    client.socket.destroy();
    await until(() => app.world.uploadFailures.length === 1);
    expect(app.world.uploadFailures).toEqual(['UPLOAD_ABORTED']);
  });

  it('headers that never end are cut', async () => {
    await start({ limits: { headersTimeoutMs: 300 } });
    const client = new RawClient(app.port);
    client.socket.write('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n');
    const drip = setInterval(() => client.socket.write('X-A: b\r\n'), 50);
    await until(() => client.closed, 8000);
    clearInterval(drip);
    expect(client.received).toMatch(/^HTTP\/1.1 408|^$/);
  });
});
