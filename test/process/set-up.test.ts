import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from '../../scripts/setup-lock.mjs';
import { satisfies } from '../../scripts/setup.mjs';
import { countReport } from '../../scripts/suites.mjs';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'undertone-setup-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function node(script: string, environment: Readonly<Record<string, string | undefined>> = {}): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (out += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (err += part));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

async function program(name: string, lines: string): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\n${lines}\n`);
  await chmod(join(folder, name), 0o755);
}

describe('the range of Node', () => {
  it('takes the releases of engines and no others', () => {
    const range = '^20.19 || ^22.12 || >=24';
    expect(['20.19.0', '20.20.2', '22.12.0', '24.0.0', '25.3.1'].filter((version) => !satisfies(version, range))).toEqual([]);
    expect(['18.20.8', '20.18.3', '21.9.0', '22.11.0', '23.11.0'].filter((version) => satisfies(version, range))).toEqual([]);
    expect(() => satisfies('20.19.0', '~20')).toThrow('a form that setup does not read');
  });

  it('is explained to an older Node before anything is done', async () => {
    const { code, out, err } = await node("Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.4' } }); const { setUpOrExit } = await import('./scripts/setup.mjs'); await setUpOrExit();");
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^✗ This is Node 18\.20\.4; Undertone needs \^20\.19.*Install Node 24 LTS/);
  });
});

describe('ffmpeg', () => {
  const ensure = "const { ensureFfmpeg } = await import('./scripts/setup-ffmpeg.mjs'); const stamps = {}; try { await ensureFfmpeg(stamps); console.log(JSON.stringify(stamps)); } catch (error) { console.error(error.message); process.exitCode = 1; }";

  it('is installed through the package manager when it is missing, with the lists updated first', async () => {
    await program('sudo', 'shift; exec "$@"');
    await program('apt-get', `echo "$1 $DEBIAN_FRONTEND" >> ${folder}/calls\n[ "$1" = install ] && printf '#!/bin/sh\\necho configuration: --enable-libsoxr\\n' > ${folder}/ffmpeg && /bin/chmod 755 ${folder}/ffmpeg\nexit 0`);
    const { code, out, err } = await node(ensure, { PATH: folder });
    expect(code).toBe(0);
    expect(out).toContain(join(folder, 'ffmpeg'));
    expect(err).toContain('ffmpeg is missing.\nInstalling ffmpeg: ');
    expect(await readFile(join(folder, 'calls'), 'utf8')).toBe('update noninteractive\ninstall noninteractive\n');
  });

  it('that cannot be installed ends with what to run by hand', async () => {
    const without = await node(ensure, { PATH: folder });
    expect([without.code, without.out]).toEqual([1, '']);
    expect(without.err).toMatch(/No package manager that setup knows[^]*sudo apt-get install ffmpeg[^]*brew install ffmpeg/);
    await program('sudo', 'shift; exec "$@"');
    await program('apt-get', 'echo no network >&2; exit 100');
    const failing = await node(ensure, { PATH: folder });
    expect(failing.err).toMatch(/no network\n[^]*could not install ffmpeg \(exit 100/);
  });

  it('without soxr is refused, not used', async () => {
    await program('ffmpeg', 'echo configuration: --disable-everything');
    const { code, err } = await node(ensure, { PATH: folder });
    expect(code).toBe(1);
    expect(err).toMatch(/without the soxr resampler[^]*ffmpeg with soxr is needed/);
  });
});

describe('npm packages', () => {
  it('behind a linked node_modules are left as they are', async () => {
    await mkdir(join(folder, 'scripts'));
    for (const name of ['setup-packages.mjs', 'setup-run.mjs']) await writeFile(join(folder, 'scripts', name), await readFile(join('scripts', name)));
    await writeFile(join(folder, 'package-lock.json'), '{}');
    await mkdir(join(folder, 'elsewhere'));
    await symlink(join(folder, 'elsewhere'), join(folder, 'node_modules'));
    const { code, err } = await node(`const { ensurePackages } = await import(${JSON.stringify(join(folder, 'scripts', 'setup-packages.mjs'))}); await ensurePackages();`);
    expect([code, err]).toEqual([0, 'node_modules is a link: left as it is.\n']);
  });
});

describe('the lock', () => {
  it('lets one in at a time', async () => {
    let insideCount = 0;
    let mostInside = 0;
    const work = () => withLock(join(folder, 'lock'), async () => {
      mostInside = Math.max(mostInside, ++insideCount);
      await new Promise((resolve) => { setImmediate(resolve); });
      insideCount -= 1;
    });
    await Promise.all([work(), work(), work()]);
    expect(mostInside).toBe(1);
  });

  it('of a process that has gone is taken over', async () => {
    const { out } = await node('console.log(process.pid)');
    await mkdir(join(folder, 'lock'));
    await writeFile(join(folder, 'lock', 'pid'), out.trim());
    expect(await withLock(join(folder, 'lock'), () => Promise.resolve('in'))).toBe('in');
  });
});

describe('the count of a suite', () => {
  const report = async (content: object) => {
    const path = join(folder, 'report.json');
    await writeFile(path, JSON.stringify({ numPassedTests: 3, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [], ...content }));
    return path;
  };

  it('adds a file that could not be loaded, which has no failed test of its own', async () => {
    const path = await report({ testResults: [{ name: 'a.test.ts', status: 'failed', message: 'Cannot find module\nstack', assertionResults: [] }] });
    expect(countReport(path, 1)).toEqual({ passed: 3, failed: 1, reasons: ['a.test.ts: Cannot find module'] });
  });

  it('names the test that failed and what it said, without colours', async () => {
    const path = await report({ numFailedTests: 1, testResults: [{ name: join(process.cwd(), 'test', 'a.test.ts'), status: 'failed', message: '', assertionResults: [{ status: 'failed', fullName: 'a sum is right', failureMessages: ['\u001b[31mexpected 1 to be 2\u001b[39m'] }] }] });
    expect(countReport(path, 1)).toEqual({ passed: 3, failed: 1, reasons: [`${join('test', 'a.test.ts')} › a sum is right: expected 1 to be 2`] });
  });

  it('counts an unhandled error and a runner that died as failures', async () => {
    expect(countReport(await report({}), 1)).toMatchObject({ passed: 3, failed: 1 });
    expect(countReport(join(folder, 'none.json'), 137)).toEqual({ passed: 0, failed: 1, reasons: ['no report was written (exit 137)'] });
    expect(countReport(await report({}), 0)).toEqual({ passed: 3, failed: 0, reasons: [] });
  });
});
