import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UndertoneError } from '../domain/errors.js';
import type { ModelManifest } from '../domain/model.js';
import type { InstalledModel } from './model-registry.js';

/** SHA-256 (hex) over the files' bytes one after another, read in pieces: the memory is the same for any size. `onFraction` gets 0 … 1. */
export async function digestFiles(files: readonly string[], onFraction: (fraction: number) => void = () => undefined): Promise<{ readonly sha256: string; readonly sizeBytes: number }> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  const totalBytes = sizes.reduce((sum, size) => sum + size, 0);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for (const file of files) {
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      onFraction(sizeBytes / totalBytes);
    }
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}

/** The digest of an import whose labels are its own: of its files' digest and the labels in the order of the head, with those that are masked. */
export function labelledDigest({ sha256, labels, maskedLabels = [] }: Pick<ModelManifest, 'sha256' | 'labels' | 'maskedLabels'>): string {
  return createHash('sha256').update(JSON.stringify([sha256, labels, maskedLabels])).digest('hex');
}

/** Throws MODEL_INVALID when the graph and its weight files are not the bytes that the manifest was written for. */
export async function verifyModel({ manifest, folder }: InstalledModel): Promise<void> {
  const files = [manifest.file, ...(manifest.weightFiles ?? [])].map((name) => join(folder, name));
  const actual = await digestFiles(files).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UndertoneError('MODEL_INVALID', `Model "${manifest.id}" cannot be read: ${reason}. Install it again.`, {}, { cause: error });
  });
  const differences = [
    ...(actual.sizeBytes === manifest.sizeBytes ? [] : [`${actual.sizeBytes} bytes instead of ${manifest.sizeBytes}`]),
    ...(actual.sha256 === manifest.sha256 ? [] : [`SHA-256 ${actual.sha256} instead of ${manifest.sha256}`]),
  ];
  if (differences.length === 0) return;
  const message = `The files of model "${manifest.id}" are not those of its manifest: ${differences.join(', ')}. Install it again.`;
  throw new UndertoneError('MODEL_INVALID', message, { differences });
}

/** A quick look: the files are together as large as the manifest says. */
export async function hasItsSize({ manifest, folder }: InstalledModel): Promise<boolean> {
  const sizes = await Promise.all([manifest.file, ...(manifest.weightFiles ?? [])].map((name) => stat(join(folder, name)).then(({ size }) => size, () => 0)));
  return sizes.reduce((sum, size) => sum + size, 0) === manifest.sizeBytes;
}

/** Throws MODEL_INVALID when the folder's manifest is no longer the one that this process has listed. */
export async function assertSameManifest({ manifest, folder }: InstalledModel): Promise<void> {
  const text = await readFile(join(folder, 'manifest.json'), 'utf8').catch(() => '{}');
  const found = JSON.parse(text) as { sha256?: unknown; labels?: unknown; maskedLabels?: unknown };
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? []) === JSON.stringify(b ?? []);
  if (found.sha256 === manifest.sha256 && same(found.labels, manifest.labels) && same(found.maskedLabels, manifest.maskedLabels)) return;
  throw new UndertoneError('MODEL_INVALID', `Model "${manifest.id}" was replaced or removed since it was listed. Load it again (loadModel) to use what is installed now.`);
}
