import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { scopesOf } from '../domain/scopes.js';
import type { SessionService } from '../services/session.service.js';
import { principalOf } from './request-auth.js';
import type { CookieSessions } from './session-cookie.js';

/**
 * `POST /session` signs a browser in with a key or token in `Authorization`, `GET` tells who is signed in and the token
 * for requests that change something, `DELETE` signs out: this browser, or with `?everywhere=true` all of this key's.
 */
export function registerSessions(app: FastifyInstance, sessions: SessionService, cookies: CookieSessions): void {
  const told = (request: FastifyRequest, csrfToken: string | null, expiresAt: Date | null): object => {
    const { keyName, role, workspaceId } = principalOf(request);
    return { keyName, role, workspaceId, scopes: scopesOf(principalOf(request)), csrfToken, expiresAt };
  };

  app.post('/session', { config: { isLogin: true } }, async (request, reply) => {
    // A browser that was signed in before is signed in once.
    const former = cookies.secretOf(request.headers);
    if (former !== null) await sessions.close(former);
    const { secret, csrfToken, expiresAt } = await sessions.open(principalOf(request));
    return reply.code(201).header('Set-Cookie', cookies.set(secret, expiresAt)).send(told(request, csrfToken, expiresAt));
  });

  app.get('/session', (request, reply) => {
    const secret = cookies.secretOf(request.headers);
    return reply.send(told(request, secret === null ? null : sessions.csrfTokenOf(secret), principalOf(request).validUntil ?? null));
  });

  app.delete<{ Querystring: { everywhere?: string } }>('/session', async (request, reply: FastifyReply) => {
    const secret = cookies.secretOf(request.headers);
    const endedCount = request.query.everywhere === 'true' ? await sessions.closeAll(principalOf(request)) : 1;
    if (secret !== null) await sessions.close(secret);
    return reply.header('Set-Cookie', cookies.clear()).send({ endedCount });
  });
}
