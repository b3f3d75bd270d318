import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { UndertoneError } from '../domain/errors.js';
import type { Principal } from '../domain/principal.js';

export type LinkOwner = Pick<Principal, 'workspaceId' | 'keyId'>;

export interface LinkHolder extends LinkOwner {
  /** Like a `Range` header: the only bytes that the link opens; left out where it opens all. */
  readonly range?: string;
}

/**
 * Short-lived links for `<audio>` elements and downloads, which can send no header. A link reads one path, on behalf of
 * the key that asked for it, until it expires or the key ends. Without a secret of the settings each process makes its own: a restart ends every link.
 */
export interface PathSigner {
  /** `range` like a `Range` header of one range, for example `bytes=0-65535`: the link then opens no other bytes. BAD_INPUT. */
  sign(path: string, principal: Principal, range?: string | null): string;
  /**
   * Whom the link was given to; null when it was changed, is for another path, for more than reading, or is over. What
   * its holder may still do is for the caller to ask.
   */
  verify(method: string, path: string, query: Readonly<Record<string, unknown>>): LinkHolder | null;
}

/** HEAD tells less than GET does. */
const READING: readonly string[] = ['GET', 'HEAD'];
const RANGE = /^bytes=(\d{1,15})-(\d{0,15})$/;

/** One that begins after its end opens nothing in HTTP but the whole file: it is none. */
function isRange(text: string): boolean {
  const [, first, last = ''] = RANGE.exec(text) ?? [];
  return first !== undefined && (last === '' || Number(first) <= Number(last));
}

export function pathSigner(validSeconds: number, secret: Buffer = randomBytes(32), nowMs: () => number = Date.now): PathSigner {
  const digest = (...signed: readonly string[]): Buffer => createHmac('sha256', secret).update(JSON.stringify(['GET', ...signed])).digest();
  return {
    sign(path, { workspaceId, keyId, validUntil }, range = null) {
      if (range !== null && !isRange(range)) throw new UndertoneError('BAD_INPUT', 'The range of a link must be one range of bytes such as `bytes=0-65535`.', { field: 'range' });
      const bound = range === null ? [] : [range];
      const expires = String(Math.floor(Math.min(nowMs() + validSeconds * 1000, validUntil?.getTime() ?? Infinity) / 1000));
      const query = new URLSearchParams({ workspace: workspaceId, key: keyId, expires, ...(range !== null && { range }), signature: digest(path, workspaceId, keyId, expires, ...bound).toString('base64url') });
      return `${path}?${query.toString()}`;
    },
    verify(method, path, { workspace, key, expires, range, signature }) {
      if (!READING.includes(method)) return null;
      if (typeof workspace !== 'string' || typeof key !== 'string' || typeof expires !== 'string' || typeof signature !== 'string') return null;
      if (range !== undefined && typeof range !== 'string') return null;
      const expected = digest(path, workspace, key, expires, ...(range === undefined ? [] : [range]));
      const given = Buffer.from(signature, 'base64url');
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
      if (!(Number(expires) * 1000 > nowMs())) return null;
      return { workspaceId: workspace, keyId: key, ...(range !== undefined && { range }) };
    },
  };
}
