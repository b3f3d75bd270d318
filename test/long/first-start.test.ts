import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServer } from '../support/server-process.js';

describe('the first start', () => {
  let dataDir: string;
  beforeEach(async () => { dataDir = await mkdtemp(join(tmpdir(), 'undertone-first-')); });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it('refuses to listen beyond loopback while nobody has chosen a key', { timeout: 60_000 }, async () => {
    await expect(startServer(dataDir, { UNDERTONE_HOST: '0.0.0.0', UNDERTONE_ADMIN_KEY: '' })).rejects.toThrow(/INSECURE_LISTEN/);
  });

  it('that fails because the port is taken does not use up the first admin key', { timeout: 120_000 }, async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => { taken.listen(0, '127.0.0.1', resolve); });
    const { port } = taken.address() as { port: number };
    await expect(startServer(dataDir, { UNDERTONE_PORT: String(port), UNDERTONE_ADMIN_KEY: '' })).rejects.toThrow(/EADDRINUSE/);
    taken.close();
    const server = await startServer(dataDir, { UNDERTONE_ADMIN_KEY: '' });
    // A line of its own after the address.
    await expect.poll(() => server.said()).toMatch(/First admin key, shown only now: .*ut_/);
    await server.kill('SIGTERM');
  });
});

describe('the command', () => {
  it('refuses a pipe instead of waiting for it for ever', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'undertone-fifo-'));
    execFileSync('mkfifo', [join(folder, 'pipe.wav')]);
    const { status, stdout } = spawnSync(process.execPath, ['bin/undertone.mjs', 'analyze', join(folder, 'pipe.wav'), '--json'], { encoding: 'utf8', timeout: 20_000, env: { PATH: process.env['PATH'], UNDERTONE_DATA_DIR: folder } });
    await rm(folder, { recursive: true, force: true });
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ problem: { code: 'NOT_AUDIO' } });
  });
});
