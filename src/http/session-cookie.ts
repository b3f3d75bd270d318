import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { UndertoneError } from '../domain/errors.js';
import type { Principal } from '../domain/principal.js';
import type { SessionService } from '../services/session.service.js';

const CSRF_HEADER = 'x-csrf-token';
/** They change nothing, and no other page can read their answers. */
const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** Who is signed in, by a cookie that no script can read and that no browser sends for a page of another site. */
export interface CookieSessions {
  /** Of a request. CSRF_REFUSED when it would change something and does not carry the session's token. */
  principalOf(request: FastifyRequest): Promise<Principal | null>;
  /** Of a WebSocket that this server's own page has opened; null for any other page's, which brings a key. */
  secretOfSocket(headers: IncomingHttpHeaders): string | null;
  authenticate(secret: string, address: string): Promise<Principal | null>;
  secretOf(headers: IncomingHttpHeaders): string | null;
  /** Value of `Set-Cookie`. */
  set(secret: string, expiresAt: Date): string;
  clear(): string;
}

/** `isSecure`: browsers reach this server by https alone, so the cookie must never travel otherwise, nor be set by a neighbour. */
export function cookieSessions(sessions: Pick<SessionService, 'authenticate' | 'isCsrfToken'>, isSecure: boolean): CookieSessions {
  const name = isSecure ? '__Host-undertone' : 'undertone';
  const attributes = `; Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
  const secretOf = ({ cookie }: IncomingHttpHeaders): string | null => {
    const values = (cookie ?? '').split(';').map((pair) => pair.trim().split('=')).filter(([key]) => key === name);
    // Two of one name: somebody has put another one beside it, and nobody can say which is whose.
    return values.length === 1 && /^[\w-]{43}$/.test(values[0]?.[1] ?? '') ? values[0]![1]! : null;
  };
  return {
    secretOf,
    authenticate: (secret, address) => sessions.authenticate(secret, address),
    async principalOf(request) {
      const secret = secretOf(request.headers);
      const principal = secret === null ? null : await sessions.authenticate(secret, request.ip);
      if (secret === null || principal === null) return null;
      if (!SAFE_METHODS.includes(request.method) && !sessions.isCsrfToken(secret, request.headers[CSRF_HEADER])) {
        throw new UndertoneError('CSRF_REFUSED', 'A request that is let in by the cookie of a session and may change something must carry the header `X-CSRF-Token` with the token of the session (GET /session tells it).');
      }
      return principal;
    },
    secretOfSocket(headers) {
      const { origin, host } = headers;
      return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host ? secretOf(headers) : null;
    },
    set: (secret, expiresAt) => `${name}=${secret}${attributes}; Expires=${expiresAt.toUTCString()}`,
    clear: () => `${name}=${attributes}; Max-Age=0`,
  };
}
