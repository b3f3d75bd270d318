import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const LEFT_OUT = new Set(['node_modules', 'dist', 'generated', 'data', '.git', '.cache', '.setup', 'coverage', '__pycache__']);

/** Files under the folders (relative to the root, with forward slashes) whose name ends in one of the endings. */
export function filesUnder(folders: readonly string[], endings: readonly string[]): readonly string[] {
  const found: string[] = [];
  const walk = (folder: string): void => {
    let entries;
    try {
      entries = readdirSync(join(ROOT, folder), { withFileTypes: true });
    } catch (error) {
      // A part of the project that is not in this clone has no files; anything else is a fault.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    for (const entry of entries) {
      const path = folder === '.' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !LEFT_OUT.has(entry.name)) walk(path);
      else if (entry.isFile() && endings.some((ending) => entry.name.endsWith(ending))) found.push(path);
    }
  };
  folders.forEach(walk);
  return found.sort();
}

export function readSource(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export interface SourceImport {
  /** A path from the root for relative imports (`src/domain/pcm.ts`), otherwise the package's name. */
  readonly target: string;
  readonly isTypeOnly: boolean;
}

const STATIC = /^\s*(?:import|export)\s+(type\s)?[^'";]*?from\s+['"]([^'"]+)['"]/gm;
const BARE_OR_DYNAMIC = /(?:^\s*import\s+|\bimport\s*\(\s*|\brequire(?:\.resolve)?\s*\(\s*)['"]([^'"]+)['"]/gm;

/** What a TypeScript file imports, re-exports, requires or loads later. */
export function importsOf(path: string, text: string = readSource(path)): readonly SourceImport[] {
  const resolved = (specifier: string): string => {
    if (!specifier.startsWith('.')) return specifier.startsWith('node:') ? specifier : specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
    return relative('.', normalize(join(dirname(path), specifier))).replace(/\.js$/, '.ts');
  };
  return [
    ...[...text.matchAll(STATIC)].map((match) => ({ target: resolved(match[2]!), isTypeOnly: match[1] !== undefined })),
    ...[...text.matchAll(BARE_OR_DYNAMIC)].map((match) => ({ target: resolved(match[1]!), isTypeOnly: false })),
  ];
}
