import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, TEST_ADMIN_KEY, type ServerProcess } from '../support/server-process.js';
import { speechLikeWav } from '../support/speech-like.js';
import { until } from '../support/until.js';

let folder: string;
let server: ServerProcess;
let recordingId: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'undertone-at-rest-'));
  const before = process.umask(0);
  // Whatever the umask of whoever starts it lets through: the folder is made by the server itself.
  server = await startServer(join(folder, 'data'), { UNDERTONE_LOG_LEVEL: 'debug' }).finally(() => process.umask(before));
  recordingId = await server.upload(speechLikeWav(2, 5), 'a.wav');
  const { analyzeRecording: { id } } = await server.query<{ analyzeRecording: { id: string } }>('mutation ($id: ID!) { analyzeRecording(input: { recordingId: $id }) { ... on Analysis { id } } }', { id: recordingId });
  await until('the analysis ends', async () => /SUCCEEDED|FAILED/.test((await server.query<{ analysis: { status: string } }>('query ($id: ID!) { analysis(id: $id) { status } }', { id })).analysis.status), 120_000);
});
afterAll(async () => {
  await server.kill('SIGTERM');
  await rm(folder, { recursive: true, force: true });
});

describe('what a server has written', () => {
  it('is for its user alone: folders 0700, files 0600, whatever the umask', async () => {
    const entries = await readdir(join(folder, 'data'), { recursive: true, withFileTypes: true });
    const open: string[] = [];
    for (const entry of entries.filter((one) => one.isFile() || one.isDirectory())) {
      const path = join(entry.parentPath, entry.name);
      // Files of the database come and go.
      const mode = await stat(path).then((found) => found.mode & 0o777, () => 0);
      if ((mode & 0o077) !== 0) open.push(`${path.slice(folder.length)} ${mode.toString(8)}`);
    }
    expect(entries.length).toBeGreaterThan(100);
    expect(open).toEqual([]);
    expect((await stat(join(folder, 'data'))).mode & 0o777).toBe(0o700);
  });

  it('holds no recording as it was sent', async () => {
    const wav = speechLikeWav(2, 5);
    const blobs = (await readdir(join(folder, 'data'), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile() && !entry.parentPath.includes('/database'));
    const holding = blobs.filter((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(wav.subarray(44, 1044)));
    expect(holding.map(({ name }) => name)).toEqual([]);
  });

  it('has no secret of the settings in its log', () => {
    expect(server.logged() + server.said()).not.toContain(TEST_ADMIN_KEY);
  });
});

describe('answers of a server', () => {
  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> => fetch(server.url + path, { headers });
  const key = { Authorization: `Bearer ${TEST_ADMIN_KEY}`, 'apollo-require-preflight': '1' };

  it('that are private are kept by no cache, and let no other page read them', async () => {
    for (const path of ['/graphql?query={viewer{role}}', '/session', '/metrics', `/recordings/${recordingId}/audio`]) {
      const { status, headers } = await get(path, { ...key, Origin: 'https://evil.example' });
      expect([path, status]).toEqual([path, 200]);
      expect(headers.get('cache-control'), path).toMatch(/no-store|private, no-cache/);
      expect(headers.get('access-control-allow-origin'), path).toBeNull();
      expect(headers.get('content-security-policy'), path).toMatch(/^default-src 'none'/);
    }
  });

  it('let the page run nothing that stands in it and load nothing from elsewhere', async () => {
    const answer = await get('/');
    const policy = answer.headers.get('content-security-policy')!;
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(await answer.text()).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/i);
  });
});

describe('a server that would be reached from elsewhere', () => {
  it.each([
    ['plainly', {}],
    ['without saying that a proxy has TLS', { UNDERTONE_TRUSTED_PROXIES: '10.0.0.0/8' }],
  ])('does not start %s', async (_how, environment) => {
    await expect(startServer(join(folder, 'beyond'), { UNDERTONE_HOST: '0.0.0.0', ...environment })).rejects.toThrow('INSECURE_LISTEN');
  });
});
