// One set-up at a time in a clone: two `npm test` begun together must not both write node_modules.
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { say } from './setup-run.mjs';

const POLL_MS = 200;
/** A lock folder without a readable pid is that of a process which died between two lines. */
const NAMELESS_MS = 5000;

/** Making a folder is atomic on every file system. A lock whose process has gone is taken over. */
export async function withLock(path, work) {
  let hasSaid = false;
  while (!tryLock(path)) {
    if (isAbandoned(path)) {
      rmSync(path, { recursive: true, force: true });
      continue;
    }
    if (!hasSaid) say('Another set-up is at work in this folder; waiting for it …');
    hasSaid = true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  try {
    return await work();
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

function tryLock(path) {
  try {
    mkdirSync(path);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  writeFileSync(join(path, 'pid'), String(process.pid));
  return true;
}

function isAbandoned(path) {
  try {
    process.kill(Number(readFileSync(join(path, 'pid'), 'utf8')), 0);
    return false;
  } catch (error) {
    if (error.code === 'EPERM') return false;
    if (error.code === 'ESRCH') return true;
    try {
      return Date.now() - statSync(path).mtimeMs > NAMELESS_MS;
    } catch {
      return false;
    }
  }
}
