// npm packages, exactly as package-lock.json has them, from the registry and no other host.
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { ROOT, run, say, SetupError } from './setup-run.mjs';

const MODULES = join(ROOT, 'node_modules');
const STAMP = join(MODULES, '.undertone-setup');

export async function ensurePackages() {
  const wanted = stampText();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
  if (isLink(MODULES)) {
    // Somebody shares one folder between clones on purpose; replacing what is behind the link would break the others.
    say('node_modules is a link: left as it is.');
    return;
  }
  if (installedAsLocked()) {
    writeFileSync(STAMP, wanted);
    return;
  }
  say('Installing npm packages (npm ci) …');
  // Install scripts of packages are not run: those here would only download, from hosts that may not be reachable, files that
  // are not needed. ONNXRUNTIME_NODE_INSTALL says the same to the one package that fails without its host.
  // .npmrc makes npm silent for the sake of `npm run demo -- --json`; here failures must be seen.
  const code = await npm(['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
  if (code !== 0) throw new SetupError(`npm ci failed (exit ${code}; npm's own words are above). The registry must be reachable, and package-lock.json unchanged; then run this again.`);
  writeFileSync(STAMP, wanted);
}

/** npm beside this very Node where there is one, so that a second Node in PATH does not decide. */
function npm(args) {
  const env = { ONNXRUNTIME_NODE_INSTALL: 'skip' };
  const beside = [
    process.env.npm_execpath,
    join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ].find((path) => path !== undefined && /npm-cli\.[cm]?js$/.test(path) && existsSync(path));
  return beside === undefined ? run('npm', args, { env }) : run(process.execPath, [beside, ...args], { env });
}

function stampText() {
  const lock = createHash('sha256').update(readFileSync(join(ROOT, 'package-lock.json'))).digest('hex');
  return `${lock} node ${process.versions.node.split('.')[0]} ${process.platform} ${process.arch}\n`;
}

/** True when `npm ci` was run by hand: npm's own record of what is installed agrees with the lock file. */
function installedAsLocked() {
  const record = join(MODULES, '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  const locked = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(locked).every(([path, entry]) => path === '' || entry.link === true || (installed[path]?.version === entry.version && existsSync(join(ROOT, path))) || (entry.optional === true && installed[path] === undefined));
}

function isLink(path) {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}
