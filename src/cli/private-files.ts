import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../domain/settings.js';

const OTHERS = 0o007;
const GROUP_AND_OTHERS = 0o077;

/** Files with secrets that somebody else on this machine may read, by what they are: paths are values of settings. */
export async function secretsOpenToOthers({ dataDir, keyFile, tls }: Pick<Settings, 'dataDir' | 'keyFile' | 'tls'>, dotEnvPath = '.env'): Promise<readonly string[]> {
  // Windows has no such bits: every file would look open.
  if (process.platform === 'win32') return [];
  const files: readonly (readonly [string, string | undefined, number])[] = [
    ['.env', dotEnvPath, GROUP_AND_OTHERS],
    ['the file of the encryption keys', keyFile ?? join(dataDir, 'encryption.key'), GROUP_AND_OTHERS],
    // Debian gives keys of certificates to a group of their own.
    ['the file of UNDERTONE_TLS_KEY', tls?.keyPath, OTHERS],
  ];
  const modes = await Promise.all(files.map(async ([, path]) => (path === undefined ? 0 : stat(path).then(({ mode }) => mode, () => 0))));
  return files.flatMap(([what, , mask], index) => ((modes[index]! & mask) === 0 ? [] : [what]));
}
