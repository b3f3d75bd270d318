import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificate {
  readonly key: Buffer;
  readonly cert: Buffer;
}
export interface Authority {
  /** Where its certificate lies, for whoever shall trust it. */
  readonly certPath: string;
  /** `alternativeName` as openssl writes it (`IP:127.0.0.1`); with `days` 0 it has ended a second later. */
  issue(name: string, alternativeName: string, days?: number): Certificate;
}

const NEW_KEY = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** An authority of this test alone, its keys made now: none is checked in. Needs `openssl`: Node makes no certificates. */
export function createAuthority(folder: string, name: string): Authority {
  const path = (file: string): string => join(folder, `${name}-${file}`);
  openssl([...NEW_KEY, '-x509', '-days', '2', '-subj', `/CN=${name}`, '-keyout', path('ca.key'), '-out', path('ca.pem')]);
  return {
    certPath: path('ca.pem'),
    issue(subject, alternativeName, days = 2) {
      const [key, request, extensions, cert] = ['key', 'csr', 'cnf', 'pem'].map((ending) => path(`${subject}.${ending}`)) as [string, string, string, string];
      openssl([...NEW_KEY, '-subj', `/CN=${subject}`, '-keyout', key, '-out', request]);
      writeFileSync(extensions, `subjectAltName=${alternativeName}\n`);
      openssl(['x509', '-req', '-in', request, '-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-CAcreateserial', '-days', String(days), '-extfile', extensions, '-out', cert]);
      return { key: readFileSync(key), cert: readFileSync(cert) };
    },
  };
}

function openssl(args: readonly string[]): void {
  try {
    execFileSync('openssl', args, { stdio: 'pipe' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new Error('This test makes its certificates with openssl, which is not installed: apt-get install openssl', { cause: error });
    throw error;
  }
}
