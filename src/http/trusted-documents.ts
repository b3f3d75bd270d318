import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { UndertoneError } from '../domain/errors.js';

/** The only documents that a server runs. */
export interface TrustedDocuments {
  /** The document that is meant by its text or by its SHA-256; DOCUMENT_NOT_TRUSTED for any other. */
  pick(sent: { readonly query?: unknown; readonly extensions?: unknown }): string;
}

const fileSchema = z.record(z.string().regex(/^(sha256:)?[0-9a-f]{64}$/), z.string().min(1));
const sentSchema = z.object({ persistedQuery: z.object({ sha256Hash: z.string() }) });

export function trustedDocuments(documents: readonly string[]): TrustedDocuments {
  const byDigest = new Map(documents.map((document) => [digestOf(document), document]));
  return {
    pick({ query, extensions }) {
      const named = sentSchema.safeParse(extensions);
      // The text decides where there is one: a digest beside it could be another document's.
      const digest = typeof query === 'string' ? digestOf(query) : query == null && named.success ? named.data.persistedQuery.sha256Hash : '';
      const document = byDigest.get(digest);
      if (document !== undefined) return document;
      throw new UndertoneError('DOCUMENT_NOT_TRUSTED', `This server runs ${byDigest.size} documents and no others (UNDERTONE_TRUSTED_DOCUMENTS). Send one of them as \`query\`, or its SHA-256 as \`extensions.persistedQuery.sha256Hash\` in a POST.`);
    },
  };
}

/** From a JSON object of SHA-256 → document. CONFIG_INVALID when it cannot be read, or a digest is not its document's. */
export function readTrustedDocuments(path: string): TrustedDocuments {
  let given: z.infer<typeof fileSchema>;
  try {
    given = fileSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new UndertoneError('CONFIG_INVALID', 'The file of UNDERTONE_TRUSTED_DOCUMENTS cannot be read or is not a JSON object of SHA-256 (hex) and GraphQL text.', {}, { cause: error });
  }
  const strange = Object.entries(given).findIndex(([digest, document]) => digest.replace('sha256:', '') !== digestOf(document));
  if (strange !== -1) throw new UndertoneError('CONFIG_INVALID', `Entry ${strange + 1} of UNDERTONE_TRUSTED_DOCUMENTS does not have the SHA-256 of its text. Make the file anew.`);
  return trustedDocuments(Object.values(given));
}

function digestOf(document: string): string {
  return createHash('sha256').update(document, 'utf8').digest('hex');
}
