import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { UndertoneError, type ErrorCode } from '../../src/domain/errors.js';
import { seededRandom } from '../../src/inference/emotion2vec/speech-like-clip.js';
import { downloadFile, type DownloadOptions } from '../../src/inference/model-download.js';
import { acceptedLicenses } from '../../src/inference/model-license.js';
import { pullModel } from '../../src/inference/model-pull.js';
import type { PublishedModel } from '../../src/inference/published-models.js';
import { FIXTURES, TINY } from './npy.fixture.js';

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

const random = seededRandom(7);
const BODY = Buffer.from(Array.from({ length: 300_000 }, () => Math.floor(random() * 256)));
const DIGEST = createHash('sha256').update(BODY).digest('hex');

let folder: string;
let nextFile = 0;
const servers: http.Server[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'undertone-download-'));
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const freshPath = (): string => join(folder, `${(nextFile += 1)}`, 'model.pt');

async function serve(handler: Handler): Promise<string> {
  const server = http.createServer(handler).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that honours ranges; `cutAfter` gives the bytes after which each connection in turn is cut, null for none. */
async function serveBody(options: { cutAfter?: (number | null)[]; body?: Buffer; etag?: () => string } = {}): Promise<{ url: string; starts: number[] }> {
  const body = options.body ?? BODY;
  const starts: number[] = [];
  const url = await serve((request, response) => {
    const etag = options.etag?.() ?? '"one"';
    const wanted = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    const isSame = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
    const start = wanted !== undefined && isSame ? Number(wanted) : 0;
    starts.push(start);
    const headers = { etag, 'content-length': body.length - start };
    if (start > 0) response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` });
    else response.writeHead(200, headers);
    const cut = options.cutAfter?.[starts.length - 1] ?? null;
    if (cut === null) response.end(body.subarray(start));
    else response.write(body.subarray(start, start + cut), () => response.socket?.end());
  });
  return { url, starts };
}

async function refusal(options: DownloadOptions, code: ErrorCode): Promise<string> {
  const outcome: unknown = await downloadFile({ retryDelayMs: 1, ...options }).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(UndertoneError);
  expect((outcome as UndertoneError).code).toBe(code);
  return (outcome as UndertoneError).message;
}
const exists = (path: string): Promise<boolean> => access(path).then(() => true, () => false);

describe('a download', () => {
  it('gives the file with its digest, progress to the end and nothing beside it', async () => {
    const { url } = await serveBody();
    const path = freshPath();
    const progress: [number, number | null][] = [];
    expect(await downloadFile({ urls: [url], path, sizeBytes: BODY.length, sha256: DIGEST, onProgress: (...entry) => progress.push(entry) })).toEqual({ sha256: DIGEST, sizeBytes: BODY.length });
    expect((await readFile(path)).equals(BODY)).toBe(true);
    expect(progress.at(-1)).toEqual([BODY.length, BODY.length]);
    for (const rest of ['.part', '.part.json', '.lock']) expect(await exists(path + rest)).toBe(false);
  });

  it('that was cut goes on where it stopped, within one call', async () => {
    const { url, starts } = await serveBody({ cutAfter: [100_000, 150_000, null] });
    const path = freshPath();
    await downloadFile({ urls: [url], path, sha256: DIGEST, retryDelayMs: 1 });
    expect((await readFile(path)).equals(BODY)).toBe(true);
    // What the socket had not handed over yet, at most 64 kB, is fetched again.
    expect(starts[1]).toBeGreaterThanOrEqual(100_000 - 65_536);
    expect(starts[2]).toBeGreaterThan(starts[1]!);
    expect(starts[2]).toBeLessThanOrEqual(250_000);
  });

  it('that failed goes on in a later call', async () => {
    const { url, starts } = await serveBody({ cutAfter: [120_000, null] });
    const path = freshPath();
    expect(await refusal({ urls: [url], path, attempts: 1 }, 'MODEL_DOWNLOAD_FAILED')).toContain('goes on where it stopped');
    await downloadFile({ urls: [url], path, sha256: DIGEST });
    expect((await readFile(path)).equals(BODY)).toBe(true);
    expect(starts[1]).toBeGreaterThanOrEqual(120_000 - 65_536);
  });

  it('starts over when the file changed on the server meanwhile', async () => {
    let etag = '"old"';
    const { url, starts } = await serveBody({ cutAfter: [100_000, null], etag: () => etag });
    const path = freshPath();
    await refusal({ urls: [url], path, attempts: 1 }, 'MODEL_DOWNLOAD_FAILED');
    etag = '"new"';
    await downloadFile({ urls: [url], path, sha256: DIGEST });
    expect((await readFile(path)).equals(BODY)).toBe(true);
    expect(starts).toEqual([0, 0]);
  });

  it('goes on at a mirror where the first host broke off, when the digest is published', async () => {
    const first = await serveBody({ cutAfter: [80_000] });
    const second = await serveBody();
    const path = freshPath();
    await downloadFile({ urls: [first.url, second.url], path, sha256: DIGEST, attempts: 1 });
    expect((await readFile(path)).equals(BODY)).toBe(true);
    expect(second.starts[0]).toBeGreaterThanOrEqual(80_000 - 65_536);
    expect(second.starts[0]).toBeLessThanOrEqual(80_000);
  });

  it('with the wrong digest is deleted and refused with both', async () => {
    const { url } = await serveBody({ body: Buffer.from('something else') });
    const path = freshPath();
    expect(await refusal({ urls: [url], path, sha256: DIGEST }, 'MODEL_DOWNLOAD_FAILED')).toContain(`published is ${DIGEST}`);
    for (const name of [path, `${path}.part`]) expect(await exists(name)).toBe(false);
  });

  it('is held against the digest that the server announces on a redirect', async () => {
    const { url } = await serveBody();
    const announcing = (digest: string): Promise<string> => serve((_, response) => response.writeHead(302, { location: url, 'x-linked-etag': `"${digest}"` }).end());
    expect((await downloadFile({ urls: [await announcing(DIGEST)], path: freshPath() })).sha256).toBe(DIGEST);
    await refusal({ urls: [await announcing('0'.repeat(64))], path: freshPath() }, 'MODEL_DOWNLOAD_FAILED');
  });

  it('of another size than published is refused before it is fetched', async () => {
    const { url } = await serveBody();
    const path = freshPath();
    expect(await refusal({ urls: [url], path, sizeBytes: 5 }, 'MODEL_DOWNLOAD_FAILED')).toContain('it has 300000 bytes there; 5 were published');
    expect(await exists(`${path}.part`)).toBe(false);
  });

  it('follows five redirects and no more', async () => {
    const { url } = await serveBody();
    let hops = 0;
    const chain = await serve((_, response) => response.writeHead(302, { location: (hops += 1) < 5 ? '/next' : url }).end());
    expect((await downloadFile({ urls: [chain], path: freshPath() })).sha256).toBe(DIGEST);
    const loop = await serve((_, response) => response.writeHead(302, { location: '/again' }).end());
    expect(await refusal({ urls: [loop], path: freshPath() }, 'MODEL_DOWNLOAD_FAILED')).toContain('redirects more than 5 times');
    const odd = await serve((_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end());
    expect(await refusal({ urls: [odd], path: freshPath() }, 'MODEL_DOWNLOAD_FAILED')).toContain('redirects to file:');
  });

  it('that is not there is refused at once, and tried again when the server is busy', async () => {
    let asked = 0;
    const missing = await serve((_, response) => response.writeHead((asked += 1) > 0 ? 404 : 500).end());
    expect(await refusal({ urls: [missing], path: freshPath() }, 'MODEL_DOWNLOAD_FAILED')).toContain('status 404');
    expect(asked).toBe(1);
    let busy = 0;
    const recovering = await serve((_, response) => ((busy += 1) < 3 ? response.writeHead(503).end() : response.writeHead(200, { 'content-length': BODY.length }).end(BODY)));
    expect((await downloadFile({ urls: [recovering], path: freshPath(), retryDelayMs: 1 })).sha256).toBe(DIGEST);
    expect(busy).toBe(3);
  });

  it('whose server falls silent is cut and goes on', async () => {
    let asked = 0;
    const url = await serve((request, response) => {
      asked += 1;
      if (asked === 1) response.writeHead(200, { 'content-length': BODY.length, etag: '"one"' }).write(BODY.subarray(0, 1000));
      else {
        const start = Number(/\d+/.exec(request.headers.range ?? '')![0]);
        response.writeHead(206, { 'content-length': BODY.length - start, 'content-range': `bytes ${start}-${BODY.length - 1}/${BODY.length}` }).end(BODY.subarray(start));
      }
    });
    expect((await downloadFile({ urls: [url], path: freshPath(), idleTimeoutMs: 100, retryDelayMs: 1 })).sha256).toBe(DIGEST);
    expect(asked).toBe(2);
  });

  it('for which the disk has no room is refused before it starts', async () => {
    const url = await serve((_, response) => response.writeHead(200, { 'content-length': 2 ** 50 }).write(BODY));
    expect(await refusal({ urls: [url], path: freshPath() }, 'STORAGE_FULL')).toContain('needs 1125899906842624 more bytes');
  });

  it('that fills the disk says so', async () => {
    const { url } = await serveBody();
    const path = join(folder, 'full.pt');
    await symlink('/dev/full', `${path}.part`);
    expect(await refusal({ urls: [url], path }, 'STORAGE_FULL')).toContain('filled up');
  });

  it('of the same file twice at once lets one through and refuses the other', async () => {
    const { url } = await serveBody();
    const path = freshPath();
    const outcomes = await Promise.allSettled([downloadFile({ urls: [url], path }), downloadFile({ urls: [url], path })]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = outcomes.find((outcome) => outcome.status === 'rejected')!;
    expect((refused.reason as UndertoneError).code).toBe('CONFLICT');
    expect((await readFile(path)).equals(BODY)).toBe(true);
  });

  it('takes over the lock of a process that is gone', async () => {
    const { url } = await serveBody();
    const path = join(folder, 'stale.pt');
    await writeFile(`${path}.lock`, '999999999');
    expect((await downloadFile({ urls: [url], path })).sha256).toBe(DIGEST);
  });

  it('that was finished before is not fetched again', async () => {
    const { url, starts } = await serveBody();
    const path = freshPath();
    await downloadFile({ urls: [url], path, sha256: DIGEST });
    await downloadFile({ urls: [url], path, sha256: DIGEST });
    expect(starts).toHaveLength(1);
  });

  it('whose process was killed at its last byte is not fetched again, and is when its bytes are others', async () => {
    const { url, starts } = await serveBody();
    const path = freshPath();
    const pinned = { urls: [url], path, sha256: DIGEST, sizeBytes: BODY.length };
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.part`, BODY);
    await writeFile(`${path}.part.json`, JSON.stringify({ url, etag: '"one"' }));
    expect(await downloadFile(pinned)).toEqual({ sha256: DIGEST, sizeBytes: BODY.length });
    expect(starts).toEqual([]);
    expect(await readdir(dirname(path))).toEqual(['model.pt']);

    await rm(path);
    await writeFile(`${path}.part`, Buffer.alloc(BODY.length));
    expect((await downloadFile(pinned)).sha256).toBe(DIGEST);
    expect((await readFile(path)).equals(BODY)).toBe(true);
  });

  it('ends when it is aborted, and keeps what came', async () => {
    const url = await serve((_, response) => response.writeHead(200, { 'content-length': BODY.length, etag: '"one"' }).write(BODY.subarray(0, 5000)));
    const path = freshPath();
    const controller = new AbortController();
    const outcome = downloadFile({ urls: [url], path, signal: controller.signal, onProgress: (done) => done === 5000 && controller.abort(new Error('enough')) });
    await expect(outcome).rejects.toThrow('enough');
    expect((await readFile(`${path}.part`)).length).toBe(5000);
  });

  it('goes through a proxy, with its credentials', async () => {
    const { url } = await serveBody();
    const seen: (string | undefined)[] = [];
    const proxy = await serve((request, response) => {
      seen.push(request.url, request.headers['proxy-authorization']);
      http.get(request.url!, (answer) => answer.pipe(response.writeHead(answer.statusCode!, answer.headers)));
    });
    const proxyUrl = proxy.replace('http://', 'http://user:pass@');
    expect((await downloadFile({ urls: [`${url}/file`], path: freshPath(), proxyUrl })).sha256).toBe(DIGEST);
    expect(seen).toEqual([`${url}/file`, `Basic ${Buffer.from('user:pass').toString('base64')}`]);
  });
});

describe('models pull', () => {
  const license = { license: 'Some licence 1.0', licenseUrl: 'https://example.invalid/licence' };

  async function published(handler?: Handler): Promise<{ catalog: PublishedModel[]; mirrors: { huggingface: string }; asked: string[] }> {
    const [checkpoint, tokens] = await Promise.all([readFile(join(TINY, 'model.pt')), readFile(join(FIXTURES, 'tokens.txt'))]);
    const asked: string[] = [];
    const host = await serve((request, response) => {
      asked.push(request.url!);
      if (handler) {
        handler(request, response);
        return;
      }
      const body = request.url === '/org/tiny/resolve/abc/model.pt' ? checkpoint : request.url === '/org/tiny/resolve/abc/tokens.txt' ? tokens : null;
      if (body === null) response.writeHead(404).end();
      else response.writeHead(200, { 'content-length': body.length }).end(body);
    });
    const sha256 = createHash('sha256').update(checkpoint).digest('hex');
    const repositories = { huggingface: { path: 'org/tiny', revision: 'abc' }, modelscope: { path: 'org/tiny', revision: 'master' } };
    return { catalog: [{ id: 'tiny', name: 'Tiny+', ...license, repositories, checkpoint: { names: ['absent.pt', 'model.pt'], sizeBytes: checkpoint.length, sha256 }, tokens: { names: ['tokens.txt'] } }], mirrors: { huggingface: host }, asked };
  }

  it('asks for the licence once, records it, and installs the model under its own name', async () => {
    const modelsDir = join(folder, 'pulled');
    const { catalog, mirrors, asked } = await published();
    const options = { id: 'tiny', modelsDir, precision: 'f32', catalog, mirrors, sources: ['huggingface'] } as const;
    await expect(pullModel({ ...options, acceptLicense: false })).rejects.toMatchObject({ code: 'LICENSE_NOT_ACCEPTED' });
    expect(asked).toEqual([]);
    const { manifest } = await pullModel({ ...options, acceptLicense: true });
    expect(manifest).toMatchObject({ id: 'tiny', name: 'Tiny+', precision: 'f32' });
    expect(await acceptedLicenses(modelsDir)).toMatchObject([{ license: license.license, url: license.licenseUrl }]);
    expect(await exists(join(modelsDir, '.downloads/tiny'))).toBe(false);
    expect((await pullModel({ ...options, acceptLicense: false, replace: true })).manifest.sha256).toBe(manifest.sha256);
  });

  it('of an unknown model names those that are known', async () => {
    await expect(pullModel({ id: 'nothing', modelsDir: folder, precision: 'f32', acceptLicense: true })).rejects.toMatchObject({ code: 'MODEL_UNKNOWN', message: expect.stringContaining('emotion2vec-plus-large, emotion2vec-plus-base, emotion2vec-plus-seed') as string });
  });

  it('keeps the download when the import after it fails', async () => {
    const modelsDir = join(folder, 'failed');
    const checkpoint = Buffer.from('not a checkpoint');
    const { catalog, mirrors, asked } = await published((request, response) => response.end(request.url!.endsWith('.pt') ? checkpoint : 'a\nb'));
    const model = { ...catalog[0]!, checkpoint: { names: ['model.pt'] } };
    const options = { id: 'tiny', modelsDir, precision: 'f32', catalog: [model], mirrors, sources: ['huggingface'], acceptLicense: true } as const;
    await expect(pullModel(options)).rejects.toMatchObject({ code: 'CHECKPOINT_INVALID' });
    await expect(pullModel(options)).rejects.toMatchObject({ code: 'CHECKPOINT_INVALID' });
    expect(asked).toEqual(['/org/tiny/resolve/abc/tokens.txt', '/org/tiny/resolve/abc/model.pt']);
  });
});
