// Everything that must hold before a change is taken: `.ci/run`. Installs what it needs; a suite that cannot start has failed.
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { capture, packageBin, ROOT, run, say } from './setup-run.mjs';
import { findProgram } from './setup-ffmpeg.mjs';
import { check, conclude, couldNotStart, countReport, npmTest, reportPath, vitest } from './suites.mjs';

const results = [];
const isOldestNode = Number(process.versions.node.split('.')[0]) < 24;
const OFFLINE = 'test/long/no-way-out.test.ts';

async function suite(name, work) {
  say(`\n━━ ${name}`);
  try {
    results.push(await work());
  } catch (error) {
    results.push(couldNotStart(name, error.message));
  }
}

/** Debian's package, where it is missing and may be installed. */
async function ensureProgram(program, packages) {
  if (findProgram(program) !== null) return;
  const prefix = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (args) => {
    const [command, ...rest] = [...prefix, 'apt-get', ...args];
    return run(command, rest, { env });
  };
  await apt(['update', '-q']);
  const code = await apt(['install', '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=600', ...packages]);
  if (code !== 0 || findProgram(program) === null) throw new Error(`${program} is missing and apt-get could not install ${packages.join(' ')} (exit ${code})`);
}

/** A real server for the length of `work`, which gets its address under `variable`. Without one the suite runs all the same, so that the rest of it counts. */
async function withServer(name, scriptName, variable, work) {
  const script = join(ROOT, 'scripts', scriptName);
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n', '-E'];
  const [command, ...rest] = [...asRoot, script];
  const url = (await capture(command, [...rest, 'start'], { stderr: 2 }))?.trim();
  if (url === undefined || !URL.canParse(url)) {
    results.push(couldNotStart(name, `scripts/${scriptName} failed (its own words are above)`));
    return await work({});
  }
  try {
    return await work({ [variable]: url });
  } finally {
    await run(command, [...rest, 'stop']);
  }
}

/** PostgreSQL with pgvector, and an S3 server. */
function withServers(work) {
  return withServer('PostgreSQL', 'postgres-chroot.sh', 'TEST_DATABASE_URL', (database) => withServer('S3', 'object-store-chroot.sh', 'TEST_S3_URL', (objects) => work({ ...database, ...objects })));
}

/** A program of a Debian package that is unpacked beside the project and not installed: installing this one would start a server. */
async function unpacked(program, packageName) {
  const found = findProgram(program);
  if (found !== null) return found;
  const folder = join(ROOT, '.cache', 'debian', packageName);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'usr', 'bin', program);
  if (!existsSync(path)) await run('sh', ['-c', `cd "$1" && { apt-get download -q ${packageName} || { apt-get update -q && apt-get download -q ${packageName}; }; } && dpkg -x ${packageName}_*.deb .`, 'sh', folder]);
  if (!existsSync(path)) throw new Error(`${program} is missing and apt-get could not download ${packageName}`);
  return path;
}

/** A real `undertone serve` with a throw-away data folder: the page is tested against what it will be used with, too. */
async function withPlatform(work) {
  const { startDemoServer } = await import('../dist/src/cli/demo-server.js');
  const server = await startDemoServer(ROOT, process.env, new AbortController().signal);
  try {
    return await work({ UNDERTONE_BROWSER_URL: server.url, UNDERTONE_BROWSER_KEY: server.adminKey, UNDERTONE_BROWSER_AUDIO: join(ROOT, 'samples', 'conversation.flac') });
  } finally {
    await server.close();
  }
}

await suite('npm test', npmTest);
// Without a build nothing else can start, and its own words are above.
if (!existsSync(join(ROOT, 'dist', 'src'))) process.exit(conclude(results));
// One processor each: none of them waits for another.
await Promise.all([
  suite('typecheck', () => check('typecheck', process.execPath, [packageBin('typescript', 'tsc'), '-p', 'tsconfig.json', '--noEmit'])),
  ...(existsSync(join(ROOT, 'web', 'tsconfig.json')) ? [suite('typecheck of the page', () => check('typecheck of the page', process.execPath, [packageBin('typescript', 'tsc'), '-p', 'web/tsconfig.json', '--noEmit']))] : []),
  suite('lint', () => check('lint', process.execPath, [packageBin('eslint'), '.'])),
]);
await suite('shell scripts', async () => {
  await ensureProgram('shellcheck', ['shellcheck']);
  const scripts = readdirSync(join(ROOT, 'scripts')).filter((name) => name.endsWith('.sh')).map((name) => join('scripts', name));
  return check('shell scripts', 'shellcheck', ['-x', ...scripts]);
});
await suite('alert rules', async () => check('alert rules', await unpacked('promtool', 'prometheus'), ['check', 'rules', join('deploy', 'prometheus', 'alerts.yaml')]));
if (existsSync(join(ROOT, 'test', 'long')) && readdirSync(join(ROOT, 'test', 'long')).length > 0) {
  await suite('long', async () => {
    // One test watches every system call of a server at work.
    await ensureProgram('strace', ['strace']);
    // A transcriber that is a Debian package, and a voice for it.
    await ensureProgram('pocketsphinx_batch', ['pocketsphinx', 'pocketsphinx-en-us']);
    await ensureProgram('espeak-ng', ['espeak-ng']);
    // With a second Node the suite without a network is the last one, and the whole.
    return withServers((env) => vitest('long', { config: 'vitest.long.config.ts', env, args: isOldestNode ? ['--exclude', OFFLINE] : [] }));
  });
}
if (existsSync(join(ROOT, 'vitest.browser.config.ts'))) {
  await suite('browser', async () => {
    await ensureProgram('chromium', ['chromium']);
    return vitest('browser', { config: 'vitest.browser.config.ts' });
  });
  await suite('browser on the real platform', () => withPlatform((env) => vitest('browser-real', { config: 'vitest.browser.config.ts', args: ['test/browser/page.browser.ts', 'test/browser/work.browser.ts'], env })));
}
await suite('npm audit', () => check('npm audit', process.execPath, [join('scripts', 'audit.mjs')], { notChecked: 3 }));
if (isOldestNode) {
  // The release that is recommended, beside the oldest that is supported, and in a network without a way out, where every attempt
  // to reach another machine is written down. npm is silent in this project unless told otherwise.
  await suite('main on Node 24, without a network', async () => {
    const node = (await capture('npx', ['--loglevel=error', '-y', '-p', 'node@24', '--', 'node', '-p', 'process.execPath'], { stderr: 2 }))?.trim();
    if (node === undefined || !existsSync(node)) throw new Error('npx could not get node@24');
    const report = reportPath('main-node24');
    rmSync(report, { force: true });
    const result = await vitest('without a network', { config: 'vitest.long.config.ts', args: [OFFLINE], env: { TEST_OFFLINE_SUITE: 'test', TEST_OFFLINE_NODE: node, TEST_OFFLINE_REPORT: report } });
    results.push({ name: 'main-node24', ...countReport(report, 0) });
    return result;
  });
}
process.exitCode = conclude(results);
