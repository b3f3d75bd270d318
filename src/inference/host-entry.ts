import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { UndertoneError } from '../domain/errors.js';

export type HostEntry = 'model-host' | 'diarization-host' | 'transcription-host' | 'text-host';

/**
 * The compiled file that a host process runs. From compiled code it lies beside this one; from sources (tests, type
 * strippers) it is the one of the last build, because a forked Node runs no TypeScript.
 */
export function hostEntryFile(name: HostEntry = 'model-host'): string {
  const fromSource = import.meta.url.endsWith('.ts');
  const file = fileURLToPath(new URL(fromSource ? `../../dist/src/inference/host/${name}.js` : `./host/${name}.js`, import.meta.url));
  if (existsSync(file)) return file;
  throw new UndertoneError('MODEL_LOAD_FAILED', `The compiled host is not there (${file}). Run \`npm run build\` first.`);
}
