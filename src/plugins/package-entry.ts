import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { JsonValue } from '../domain/json.js';

/** Conditions of `exports` that hold when a package is imported. */
const CONDITIONS: readonly string[] = ['import', 'node', 'module-sync', 'default'];

/**
 * The file that `import` of an npm package means, looked for from the folder of `file`. Node resolves for `import` only from
 * the module that asks, and as `require` it does not see a package that exports for `import` alone, as most do that are
 * written as ES modules.
 */
export function packageEntry(name: string, file: string): string {
  const require = createRequire(file);
  try {
    return require.resolve(name);
  } catch (error) {
    const folder = (require.resolve.paths(name) ?? []).map((path) => join(path, name)).find((path) => existsSync(join(path, 'package.json')));
    const entry = folder === undefined ? null : exportedForImport(folder);
    if (folder === undefined || entry === null) throw error;
    return join(folder, entry);
  }
}

function exportedForImport(folder: string): string | null {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly exports?: JsonValue };
  return exports === undefined ? null : targetOf(exports);
}

function targetOf(given: JsonValue): string | null {
  if (typeof given === 'string') return given;
  if (typeof given !== 'object' || given === null) return null;
  if (Array.isArray(given)) return given.map(targetOf).find((target) => target !== null) ?? null;
  const own = given as Readonly<Record<string, JsonValue>>;
  if (own['.'] !== undefined) return targetOf(own['.']);
  for (const [condition, target] of Object.entries(own)) {
    const found = CONDITIONS.includes(condition) ? targetOf(target) : null;
    if (found !== null) return found;
  }
  return null;
}
