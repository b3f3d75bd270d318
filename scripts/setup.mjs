// Makes a fresh clone ready: Node, ffmpeg, npm packages, generated code, build. Needs nothing but Node itself, says what it
// does on stderr (stdout belongs to the command that asked), does nothing twice, and two at once wait for each other.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { buildServer, buildWeb, generateClient } from './setup-build.mjs';
import { ensureFfmpeg } from './setup-ffmpeg.mjs';
import { withLock } from './setup-lock.mjs';
import { ensurePackages } from './setup-packages.mjs';
import { ROOT, SetupError, say } from './setup-run.mjs';

/** Brings everything up to date. Throws SetupError with what to do by hand. */
export async function setUp() {
  checkNode();
  const stampPath = join(ROOT, '.setup', 'stamps.json');
  mkdirSync(join(ROOT, '.setup'), { recursive: true });
  await withLock(join(ROOT, '.setup', 'lock'), async () => {
    const stamps = readStamps(stampPath);
    const before = JSON.stringify(stamps);
    const save = () => writeFileSync(stampPath, `${JSON.stringify(stamps, null, 2)}\n`);
    // Saved after each step: what is done stays done when a later step fails.
    for (const step of [ensureFfmpeg, ensurePackages, generateClient, buildServer, buildWeb]) {
      await step(stamps);
      if (JSON.stringify(stamps) !== before) save();
    }
  });
}

/** For scripts: prints a failure plainly and ends the process with 1. */
export async function setUpOrExit() {
  try {
    await setUp();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`✗ ${error.message}`);
    process.exit(1);
  }
}

function checkNode() {
  const range = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).engines.node;
  if (!satisfies(process.versions.node, range)) {
    throw new SetupError(`This is Node ${process.versions.node}; Undertone needs ${range}. Install Node 24 LTS (your system's packages, nvm, fnm or volta), then run this again.`);
  }
}

/** `^20.19 || ^22.12 || >=24`: the two forms that package.json uses. */
export function satisfies(version, range) {
  const [major, minor] = version.split('.').map(Number);
  return range.split('||').some((part) => {
    const match = /^\s*(\^|>=)(\d+)(?:\.(\d+))?\s*$/.exec(part);
    if (match === null) throw new Error(`engines.node has a form that setup does not read: ${part}`);
    const [, operator, wantedMajor, wantedMinor = '0'] = match;
    if (major === Number(wantedMajor)) return minor >= Number(wantedMinor);
    return operator === '>=' && major > Number(wantedMajor);
  });
}

function readStamps(path) {
  try {
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  } catch {
    // A stamp file cut off by a crash only costs a rebuild.
    return {};
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const startedMs = Date.now();
  await setUpOrExit();
  say(`Set up (${((Date.now() - startedMs) / 1000).toFixed(1)} s).`);
}
