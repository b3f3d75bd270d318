import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outsideOf } from '../support/outside-address.js';

/** A platform that takes, analyses, searches and evaluates; the command; and everything over HTTP. Another list, such as `test`, for the whole suite. */
const SUITE = (process.env['UNDERTONE_OFFLINE_SUITE'] ?? 'test/services/platform.test.ts test/cli/analyze.test.ts test/http').split(' ');
const MINUTES = 60_000;

let folder: string;
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'undertone-no-way-out-')); });
afterAll(() => rm(folder, { recursive: true, force: true }));

/** In a network of its own that has loopback and nothing else, with every attempt to send or connect written down. */
async function inside(trace: string, ...command: string[]): Promise<{ readonly code: number | null; readonly said: string }> {
  const watcher = ['--seccomp-bpf', '-f', '-qq', '-e', 'trace=connect,sendto,sendmsg,sendmmsg', '-o', trace];
  const child = spawn('strace', [...watcher, 'unshare', '--user', '--map-root-user', '--net', '--', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...command], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { said = (said + chunk.toString()).slice(-20_000); });
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  return { code, said };
}
const attemptsIn = async (trace: string): Promise<string[]> => [...new Set((await readFile(trace, 'utf8')).split('\n').flatMap((line) => outsideOf(line) ?? []))];

describe('in a network without a way out', () => {
  it('the suite passes, and nothing in it tries to reach another machine or to learn an address', { timeout: 60 * MINUTES }, async () => {
    const trace = join(folder, 'suite');
    const { code, said } = await inside(trace, process.execPath, 'node_modules/vitest/vitest.mjs', 'run', ...SUITE);
    expect(code, said).toBe(0);
    expect(said).toMatch(/Tests {2}\d+ passed/);
    expect(await attemptsIn(trace)).toEqual([]);
  });

  it('an attempt fails, and is written down', { timeout: 2 * MINUTES }, async () => {
    const trace = join(folder, 'attempt');
    const { said } = await inside(trace, process.execPath, '-e', "require('node:net').connect(443, '203.0.113.7').on('error', (error) => console.log(error.code))");
    expect(said).toContain('ENETUNREACH');
    expect(await attemptsIn(trace)).toEqual(['203.0.113.7']);
  });
});
