import type { FastifyInstance } from 'fastify';
import { UndertoneError } from '../domain/errors.js';
import { callerOf } from '../domain/networks.js';
import type { RateLimiter } from '../services/rate-limiter.js';
import type { WebhookService } from '../services/webhook-contracts.js';

const WEBHOOK_ID = /^whk_[0-9a-z]{26}$/;

/**
 * `GET /.well-known/webhooks/ID/jwks.json`: the public keys that deliveries of an Ed25519 webhook are signed with, as a JSON
 * Web Key Set. Open, because receivers have no key of ours; an id has 80 random bits, and wrong ones count as wrong keys.
 */
export function registerWebhookKeys(app: FastifyInstance, webhooks: Pick<WebhookService, 'publicKeys'>, limiter: RateLimiter): void {
  app.get<{ Params: { id: string } }>('/.well-known/webhooks/:id/jwks.json', { config: { access: 'public' } }, async (request, reply) => {
    const { id } = request.params;
    const keys = WEBHOOK_ID.test(id) ? await webhooks.publicKeys(id) : [];
    if (keys.length === 0) {
      limiter.take(callerOf(request.ip), 'failedKeys');
      throw new UndertoneError('NOT_FOUND', 'There is no webhook of this id that signs with Ed25519.');
    }
    return reply.type('application/jwk-set+json').header('Cache-Control', 'public, max-age=300').send({
      keys: keys.map(({ id: kid, publicKey, expiresAt }) => ({ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'EdDSA', ...(expiresAt === null ? {} : { exp: Math.floor(expiresAt.getTime() / 1000) }) })),
    });
  });
}
