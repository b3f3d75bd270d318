import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { UndertoneError } from '../domain/errors.js';
import type { Settings } from '../domain/settings.js';

/** PEM as read from the files of the settings. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Null where the settings name none. CONFIG_INVALID for files that cannot be read or do not belong together. */
export async function readTlsFiles(tls: Settings['tls']): Promise<TlsFiles | null> {
  if (tls === null) return null;
  try {
    const [cert, key] = await Promise.all([readFile(tls.certPath), readFile(tls.keyPath)]);
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new UndertoneError('CONFIG_INVALID', `UNDERTONE_TLS_CERT and UNDERTONE_TLS_KEY must be a readable certificate (with its chain) and its private key without a password, both PEM (${reason}).`, {}, { cause: error });
  }
}

/**
 * Fastify's option for HTTPS. Its types make another kind of application of it, with the same methods; everything here
 * works on either.
 */
export function httpsOf(files: TlsFiles | undefined): { readonly https?: null } {
  return files === undefined ? {} : { https: { ...files, minVersion: 'TLSv1.2' } as unknown as null };
}
