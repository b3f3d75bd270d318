// Small things that the set-up steps share.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

/** A failure of the set-up whose message tells what to do. */
export class SetupError extends Error {}

export function say(message) {
  process.stderr.write(`${message}\n`);
}

/** Runs to the end; everything that it prints goes to stderr. Returns the exit code, 127 when there is no such program. */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2], env: { ...process.env, ...options.env } });
    child.on('error', () => resolve(127));
    child.on('close', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
  });
}

/** Its stdout, or null when it fails. */
export function capture(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', options.stderr ?? 'ignore'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part) => (text += part));
    child.on('error', () => resolve(null));
    child.on('close', (code) => resolve(code === 0 ? text : null));
  });
}

/** One hash over the names and contents of files and folders, relative to the root; what is missing counts as missing. */
export function hashOf(paths, skip = () => false) {
  const hash = createHash('sha256');
  const add = (path) => {
    if (skip(path)) return;
    const full = join(ROOT, path);
    if (!existsSync(full)) {
      hash.update(`${path}\0missing\0`);
      return;
    }
    let entries;
    try {
      entries = readdirSync(full).sort();
    } catch {
      hash.update(`${path}\0`).update(readFileSync(full)).update('\0');
      return;
    }
    for (const entry of entries) add(`${path}/${entry}`);
  };
  for (const path of paths) add(path);
  return hash.digest('hex');
}

/** The JavaScript file behind a package's command: started with this very Node, not with whichever is first in PATH. */
export function packageBin(packageName, command = packageName) {
  const folder = join(ROOT, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[command]);
}
