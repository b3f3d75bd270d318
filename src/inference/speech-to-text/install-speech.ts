import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UndertoneError } from '../../domain/errors.js';
import { installFolder } from '../emotion2vec/model-folder.js';
import { copyPart, fetchPart, publishedAs, type PullPartsOptions } from '../model-parts.js';
import { PUBLISHED_SPEECH, type PublishedSpeech } from './published-speech.js';
import { FILE_NAMES, FILES_OF_ENGINE, type SpeechEngine, type SpeechManifest, type SpeechRole } from './speech-manifest.js';
import { trySpeech } from './speech-recognition.js';

export interface InstallSpeechOptions {
  readonly id: string;
  /** `<data folder>/speech`. */
  readonly directory: string;
  readonly engine: SpeechEngine;
  readonly paths: Partial<Readonly<Record<SpeechRole, string>>>;
  readonly replace?: boolean;
  /** What is known of a published one; a user's own files are "own" under an unknown licence. */
  readonly published?: PublishedSpeech;
}

/**
 * Copies a speech model into the data folder, with the digests of its files, and uses it once in a process of its own: what
 * is installed is known to work. Errors: BAD_INPUT, CONFLICT, MODEL_INVALID, STORAGE_FULL.
 */
export async function installSpeech({ id, directory, engine, paths, replace, published }: InstallSpeechOptions): Promise<SpeechManifest> {
  const roles = FILES_OF_ENGINE[engine];
  const missing = roles.filter((role) => paths[role] === undefined);
  if (missing.length > 0) throw new UndertoneError('BAD_INPUT', `A model for ${engine} consists of ${roles.join(', ')}; missing: ${missing.join(', ')}.`, { field: missing[0]! });
  return installFolder(directory, id, replace ?? false, async (folder) => {
    const files: SpeechManifest['files'] = {};
    for (const role of roles) files[role] = await copyPart(paths[role]!, folder, FILE_NAMES[role], published?.files[role]);
    const manifest: SpeechManifest = { id, version: published?.version ?? '1', name: published?.name ?? id, kind: 'speech', engine, languages: [...(published?.languages ?? [])], files };
    await trySpeech({ folder, manifest });
    await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    return manifest;
  });
}

export interface PullSpeechOptions extends PullPartsOptions {
  /** For tests: what is published. */
  readonly catalog?: readonly PublishedSpeech[];
}

/** Downloads a published speech model, resuming what was cut, and installs it. Errors: MODEL_UNKNOWN and those of downloadFile and installSpeech. */
export async function pullSpeech(options: PullSpeechOptions): Promise<SpeechManifest> {
  const published = publishedAs(options.catalog ?? PUBLISHED_SPEECH, options.id, 'speech');
  const folder = join(options.directory, '.downloads', published.id);
  const paths: Partial<Record<SpeechRole, string>> = {};
  for (const role of FILES_OF_ENGINE[published.engine]) paths[role] = await fetchPart(published.files[role]!, folder, FILE_NAMES[role], options);
  const manifest = await installSpeech({ id: published.id, directory: options.directory, engine: published.engine, paths, published, ...(options.replace === undefined ? {} : { replace: options.replace }) });
  await rm(folder, { recursive: true, force: true });
  return manifest;
}
