import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DOWNLOADS } from './emotion2vec/model-folder.js';

/** Bytes of the files in a folder and below; 0 when it is not there. */
export async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = await Promise.all(entries.filter((entry) => entry.isFile()).map((entry) => stat(join(entry.parentPath, entry.name)).then(({ size }) => size, () => 0)));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** What `models pull` has begun and not installed. */
export async function partialDownloads(modelsDir: string): Promise<readonly { readonly id: string; readonly sizeBytes: number }[]> {
  const names = await readdir(join(modelsDir, DOWNLOADS)).catch(() => [] as string[]);
  return Promise.all(names.sort().map(async (id) => ({ id, sizeBytes: await sizeOf(join(modelsDir, DOWNLOADS, id)) })));
}
