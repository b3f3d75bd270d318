import { installedParts, readParts, verifyParts, type InstalledParts } from '../model-parts.js';
import { DIARIZATION, type DiarizationManifest } from './diarization-manifest.js';

export type InstalledDiarization = InstalledParts<DiarizationManifest>;

/** Those that are installed, by id. */
export function installedDiarizations(directory: string): readonly InstalledDiarization[] {
  return installedParts(DIARIZATION, directory);
}

/** Throws MODEL_UNKNOWN, MODEL_INVALID. */
export function readDiarization(directory: string, id: string): InstalledDiarization {
  return readParts(DIARIZATION, directory, id);
}

/** Throws MODEL_INVALID with what differs from the manifest. */
export async function verifyDiarization(installed: InstalledDiarization): Promise<void> {
  return verifyParts(DIARIZATION, installed);
}
