import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UndertoneError } from '../../domain/errors.js';
import { digestFiles } from '../model-digest.js';
import { parseDiarizationManifest, type DiarizationManifest } from './diarization-manifest.js';

export interface InstalledDiarization {
  readonly folder: string;
  readonly manifest: DiarizationManifest;
}

/** Those that are installed, by id. A folder whose manifest is broken is passed over: `models verify` says what is wrong. */
export function installedDiarizations(directory: string): readonly InstalledDiarization[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).filter((name) => !name.startsWith('.')).sort().flatMap((name) => {
    try {
      return [readDiarization(directory, name)];
    } catch {
      return [];
    }
  });
}

/** Throws MODEL_UNKNOWN, MODEL_INVALID. */
export function readDiarization(directory: string, id: string): InstalledDiarization {
  const folder = join(directory, id);
  const path = join(folder, 'manifest.json');
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(id) || !existsSync(path)) throw new UndertoneError('MODEL_UNKNOWN', `No diarization model ${JSON.stringify(id.slice(0, 80))} is installed.`);
  return { folder, manifest: parseDiarizationManifest(readFileSync(path, 'utf8'), id) };
}

/** Throws MODEL_INVALID with what differs from the manifest. */
export async function verifyDiarization({ folder, manifest }: InstalledDiarization): Promise<void> {
  const differences: string[] = [];
  for (const { file, sha256, sizeBytes } of [manifest.segmentation, manifest.embedding]) {
    const path = join(folder, file);
    const size = await stat(path).then((found) => found.size, () => null);
    if (size === null) differences.push(`${file} is missing`);
    else if (size !== sizeBytes) differences.push(`${file} has ${size} bytes, the manifest says ${sizeBytes}`);
    else if ((await digestFiles([path])).sha256 !== sha256) differences.push(`${file} has another SHA-256 than the manifest says`);
  }
  if (differences.length > 0) throw new UndertoneError('MODEL_INVALID', `The diarization model ${manifest.id} is not as its manifest says: ${differences.join('; ')}. Remove it and pull it again.`, { differences });
}
