import { isIP } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { UndertoneError } from '../domain/errors.js';
import { callerOf } from '../domain/networks.js';
import type { Principal } from '../domain/principal.js';
import { workIds } from '../domain/work-context.js';
import type { RateLimiter } from '../services/rate-limiter.js';
import type { KeyService } from '../services/key-contracts.js';
import { isLoopback } from './safe-listen.js';
import type { CookieSessions } from './session-cookie.js';
import type { PathSigner } from './signed-path.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null only on routes whose access is not `key`. */
    principal: Principal | null;
    /** The only bytes that the link opens which let this request in, like a `Range` header; null: all. */
    linkRange: string | null;
  }
  interface FastifyContextConfig {
    /**
     * Who may use a route without an API key: nobody (`key`, the default, for unknown routes too), the holder of a signed
     * link, a caller on this very machine, or everybody.
     */
    access?: 'key' | 'signed' | 'loopback' | 'public';
    /** Begins a session: with a key or token alone, and not once the address has failed too often. */
    isLogin?: boolean;
    /** Sends for as long as the client takes, and does little meanwhile: takes no turn. */
    isStream?: boolean;
    /** Largest body; without it, that of a GraphQL request without files. */
    maxBodyBytes?: number;
  }
}

export interface AuthParts {
  readonly keys: Pick<KeyService, 'authenticate' | 'holderOf'>;
  readonly signer: PathSigner;
  readonly limiter: RateLimiter;
  /** Left out where nobody signs in by a browser. */
  readonly sessions?: CookieSessions | null;
  /** Told of each sign-in that was refused. */
  readonly onRefusedLogin?: () => Promise<void>;
}

/** Runs before anything reads a body: who has no key costs a header, not an upload. */
export function registerAuth(app: FastifyInstance, { keys, signer, limiter, sessions = null, onRefusedLogin }: AuthParts): void {
  app.decorateRequest('principal', null);
  app.decorateRequest('linkRange', null);
  app.addHook('onRequest', async (request, reply) => {
    const access = request.is404 ? 'key' : (request.routeOptions.config.access ?? 'key');
    if (access === 'public') return;
    const secret = bearerOf(request.headers.authorization);
    const isLogin = !request.is404 && request.routeOptions.config.isLogin === true;
    // Before the key is looked at: an address that has failed too often learns nothing more, not even of a good one.
    if (isLogin) limiter.assertLeft(callerOf(request.ip), 'failedKeys');
    if (secret !== null) request.principal = await keys.authenticate(secret, request.ip);
    else if (!isLogin) request.principal = (await sessions?.principalOf(request)) ?? null;
    if (request.principal !== null) return;
    if (access === 'signed' && secret === null) {
      const holder = signer.verify(request.method, pathOf(request), request.query as Record<string, unknown>);
      // A link dies with the key that made it, and does no more than that key may do now.
      request.principal = holder === null ? null : await keys.holderOf(holder, request.ip);
      request.linkRange = holder?.range ?? null;
    }
    if (request.principal !== null || (access === 'loopback' && secret === null && isLocal(request))) return;
    // Guessing a key or cookie of 256 bits is hopeless; asking the database for each guess is what costs.
    if (secret !== null || sessions?.secretOf(request.headers) != null) limiter.take(callerOf(request.ip), 'failedKeys');
    // Within what `failedKeys` lets through: a flood of guesses does not become a flood of events.
    if (isLogin && secret !== null) await workIds.run({ requestId: request.id, address: request.ip }, async () => onRefusedLogin?.());
    void reply.header('WWW-Authenticate', 'Bearer');
    throw unauthenticated(secret !== null);
  });
}

export function unauthenticated(wasSent: boolean): UndertoneError {
  return new UndertoneError('UNAUTHENTICATED', wasSent ? 'The API key or token is unknown, expired, revoked or not for use here. Use another one.' : 'No API key was sent. Send `Authorization: Bearer KEY`.');
}

/** The principal of a route that cannot be reached without one. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === null) throw unauthenticated(false);
  return request.principal;
}

export function bearerOf(header: unknown): string | null {
  if (typeof header !== 'string') return null;
  return /^Bearer +([\x21-\x7e]{1,8192})$/i.exec(header.trim())?.[1] ?? null;
}

function isAskedByAddress(host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  return hostname === 'localhost' || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '';
}

/**
 * A proxy on this machine makes everybody look local; such a request carries one of its headers. And a page of elsewhere
 * whose name was made to lead here asks by that name: whoever is on this machine says `localhost` or an address.
 */
function isLocal(request: FastifyRequest): boolean {
  const forwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) => request.headers[name] !== undefined);
  return !forwarded && isLoopback(request.socket.remoteAddress ?? '') && isAskedByAddress(request.headers.host);
}
