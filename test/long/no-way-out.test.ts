import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askedName, outsideOf } from '../support/outside-address.js';

/** A platform that takes, analyses, searches and evaluates; the command; and everything over HTTP. `.ci/run` gives `test`, the whole suite, with the Node and the report of it. */
const SUITE = (process.env['TEST_OFFLINE_SUITE'] ?? 'test/services/platform.test.ts test/cli/analyze.test.ts test/http').split(' ');
const NODE = process.env['TEST_OFFLINE_NODE'] ?? process.execPath;
const REPORT = process.env['TEST_OFFLINE_REPORT'];
const MINUTES = 60_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'undertone-no-way-out-'));
  await writeFile(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\noptions attempts:1 timeout:1\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Who may have a network of its own without it stays itself: tests of what another user may not read need that other user. */
function ownNetwork(): readonly string[] {
  try {
    execFileSync('unshare', ['--net', '--mount', 'true'], { stdio: 'ignore' });
    return ['--net', '--mount'];
  } catch {
    return ['--user', '--map-root-user', '--net', '--mount'];
  }
}

/** In a network of its own that has loopback and nothing else, with every attempt to send or connect, and every name that is asked for, written down. */
async function inside(trace: string, ...command: string[]): Promise<{ readonly code: number | null; readonly said: string }> {
  const watcher = ['--seccomp-bpf', '-f', '-qq', '-s', '300', '-e', 'trace=connect,sendto,sendmsg,sendmmsg', '-o', trace];
  const child = spawn('strace', [...watcher, 'unshare', ...ownNetwork(), '--', 'sh', '-c', 'ip link set lo up && mount --bind "$0" /etc/resolv.conf && exec "$@"', join(folder, 'resolv.conf'), ...command], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { said = (said + chunk.toString()).slice(-20_000); });
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  return { code, said };
}
/** Addresses and names that are reserved for documentation and tests (RFC 5737, RFC 2606), which some tests name on purpose, are nobody's. */
const NOBODYS = /^(192\.0\.2|198\.51\.100)\.|(^|\.)(example|invalid|test|localhost|example\.(com|net|org))$/;
async function attemptsIn(trace: string): Promise<string[]> {
  const lines = (await readFile(trace, 'utf8')).split('\n');
  const addresses = lines.flatMap((line) => outsideOf(line) ?? []).filter((address) => address !== 'name server 127.0.0.1');
  return [...new Set([...addresses, ...lines.flatMap((line) => askedName(line) ?? [])])].filter((place) => !NOBODYS.test(place));
}

describe('in a network without a way out', () => {
  it('the suite passes, and nothing in it tries to reach another machine or to learn an address', { timeout: 60 * MINUTES }, async () => {
    const trace = join(folder, 'suite');
    const { code, said } = await inside(trace, NODE, 'node_modules/vitest/vitest.mjs', 'run', ...SUITE, ...(REPORT === undefined ? [] : ['--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`]));
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

  it('a name that is asked for is written down', { timeout: 2 * MINUTES }, async () => {
    const trace = join(folder, 'name');
    const { said } = await inside(trace, process.execPath, '-e', "require('node:dns').lookup('telemetry.somebody-else.com', (error) => console.log(error.code))");
    expect(said).toMatch(/EAI_AGAIN|ENOTFOUND/);
    expect(await attemptsIn(trace)).toContain('telemetry.somebody-else.com');
  });
});
