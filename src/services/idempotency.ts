import { UndertoneError } from '../domain/errors.js';

/** What an earlier request with this key made; null for a first one and without a key. IDEMPOTENCY_KEY_REUSED when it asked for something else. */
export async function earlierRequest<T extends { readonly id: string; readonly requestDigest: string | null }>(what: string, key: string | null, digest: string, find: (key: string) => Promise<T | null>): Promise<T | null> {
  const existing = key === null ? null : await find(key);
  if (existing === null || existing.requestDigest === digest) return existing;
  throw new UndertoneError('IDEMPOTENCY_KEY_REUSED', `This idempotency key belongs to ${what} ${existing.id}, which was asked for with other arguments. Use a fresh key.`, { id: existing.id });
}
