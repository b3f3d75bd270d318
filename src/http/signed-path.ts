import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Principal } from '../domain/principal.js';

export type LinkOwner = Pick<Principal, 'workspaceId' | 'keyId'>;

/**
 * Short-lived links for `<audio>` elements and downloads, which can send no header. A link reads one path, on behalf of
 * the key that asked for it, until it expires or the key ends. Without a secret of the settings each process makes its own: a restart ends every link.
 */
export interface PathSigner {
  sign(path: string, principal: Principal): string;
  /**
   * Whom the link was given to; null when it was changed, is for another path, for more than reading, or is over. What
   * its holder may still do is for the caller to ask.
   */
  verify(method: string, path: string, query: Readonly<Record<string, unknown>>): LinkOwner | null;
}

/** HEAD tells less than GET does. */
const READING: readonly string[] = ['GET', 'HEAD'];

export function pathSigner(validSeconds: number, secret: Buffer = randomBytes(32), nowMs: () => number = Date.now): PathSigner {
  const digest = (path: string, workspaceId: string, keyId: string, expires: string): Buffer =>
    createHmac('sha256', secret).update(JSON.stringify(['GET', path, workspaceId, keyId, expires])).digest();
  return {
    sign(path, { workspaceId, keyId, validUntil }) {
      const expires = String(Math.floor(Math.min(nowMs() + validSeconds * 1000, validUntil?.getTime() ?? Infinity) / 1000));
      const query = new URLSearchParams({ workspace: workspaceId, key: keyId, expires, signature: digest(path, workspaceId, keyId, expires).toString('base64url') });
      return `${path}?${query.toString()}`;
    },
    verify(method, path, { workspace, key, expires, signature }) {
      if (!READING.includes(method)) return null;
      if (typeof workspace !== 'string' || typeof key !== 'string' || typeof expires !== 'string' || typeof signature !== 'string') return null;
      const expected = digest(path, workspace, key, expires);
      const given = Buffer.from(signature, 'base64url');
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
      if (!(Number(expires) * 1000 > nowMs())) return null;
      return { workspaceId: workspace, keyId: key };
    },
  };
}
