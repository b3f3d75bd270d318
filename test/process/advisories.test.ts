import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';

let registry: Server | undefined;
afterEach(() => new Promise((resolve) => (registry === undefined ? resolve(undefined) : registry.close(resolve))));

const ADVISORY = { id: 1, url: 'https://advisories.example/GHSA-aaaa-bbbb-cccc', title: 'A hole', severity: 'high', vulnerable_versions: '*', cwe: [], cvss: { score: 7, vectorString: null } };

/** Ends the check as `npm audit` would with a registry that answers questions for advisories like this. */
async function checked(status: number, advisories: object): Promise<{ readonly code: number; readonly said: string }> {
  registry = createServer((request, response) => {
    request.resume();
    const isQuestion = request.method === 'POST';
    response.writeHead(isQuestion ? status : 200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(isQuestion ? advisories : { name: 'uplot', 'dist-tags': { latest: '1.6.32' }, versions: { '1.6.32': { name: 'uplot', version: '1.6.32' } } }));
  });
  await new Promise<void>((resolve) => registry!.listen(0, '127.0.0.1', resolve));
  const environment = { ...process.env, npm_config_registry: `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`, npm_config_fetch_retries: '0' };
  return new Promise((resolve) => {
    execFile(process.execPath, ['scripts/audit.mjs'], { env: environment }, (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), said: stdout + stderr }));
  });
}

describe('the check of advisories', () => {
  it('passes where the registry knows of no hole', { timeout: 120_000 }, async () => {
    expect(await checked(200, {})).toEqual({ code: 0, said: expect.stringContaining('0 advisories') as string });
  });

  it('fails by a hole that nobody has explained, and names it', { timeout: 120_000 }, async () => {
    expect(await checked(200, { uplot: [ADVISORY] })).toEqual({ code: 1, said: expect.stringContaining('high: uplot: A hole') as string });
  });

  it('says that nothing was checked where the registry has no advisories, and neither passes nor fails', { timeout: 120_000 }, async () => {
    expect(await checked(405, { error: 'Method Not Allowed' })).toEqual({ code: 3, said: expect.stringContaining('Not checked: the registry answers no advisories (405)') as string });
  });
});
