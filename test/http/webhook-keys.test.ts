import { createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerErrors } from '../../src/http/http-errors.js';
import { registerWebhookKeys } from '../../src/http/webhook-keys.route.js';
import { createRateLimiter } from '../../src/services/rate-limiter.js';
import type { WebhookPublicKey } from '../../src/services/webhook-keys.js';

const ID = `whk_${'a'.repeat(26)}`;

describe('GET /.well-known/webhooks/ID/jwks.json', () => {
  let app: FastifyInstance;
  const asked: string[] = [];
  const { publicKey } = generateKeyPairSync('ed25519');
  const key: WebhookPublicKey = { id: 'whs_1', webhookId: ID, signing: 'ED25519', createdAt: new Date(0), expiresAt: null, text: 'whpk_', publicKey };
  beforeAll(() => {
    app = Fastify();
    registerErrors(app);
    const publicKeys = (id: string): Promise<readonly WebhookPublicKey[]> => {
      asked.push(id);
      return Promise.resolve(id === ID ? [key, { ...key, id: 'whs_0', expiresAt: new Date(1_800_000_000_000) }] : []);
    };
    registerWebhookKeys(app, { publicKeys }, createRateLimiter({ requests: 0, queryCost: 0, uploadBytes: 0, failedKeys: 5 }));
  });
  afterAll(() => app.close());
  const get = (id: string) => app.inject(`/.well-known/webhooks/${id}/jwks.json`);

  it('gives the public keys without an API key, each with its id and its end', async () => {
    const answer = await get(ID);
    expect([answer.statusCode, answer.headers['content-type'], answer.headers['cache-control']]).toEqual([200, 'application/jwk-set+json; charset=utf-8', 'public, max-age=300']);
    const { keys } = answer.json<{ keys: (JsonWebKey & { kid: string; exp?: number })[] }>();
    expect(keys).toMatchObject([{ kty: 'OKP', crv: 'Ed25519', use: 'sig', alg: 'EdDSA', kid: 'whs_1' }, { kid: 'whs_0', exp: 1_800_000_000 }]);
    expect(createPublicKey({ key: keys[0]!, format: 'jwk' }).equals(publicKey)).toBe(true);
    expect(answer.body).not.toContain('"d"');
  });

  it('answers every other id alike, asks for none that cannot be one, and counts them as wrong keys', async () => {
    const before = asked.length;
    expect((await get('x')).statusCode).toBe(404);
    expect(asked).toHaveLength(before);
    const statuses: number[] = [];
    for (let i = 0; i < 10; i += 1) statuses.push((await get(`whk_${String(i).padStart(26, '0')}`)).statusCode);
    expect(new Set(statuses)).toEqual(new Set([404, 429]));
    expect((await get(ID)).statusCode).toBe(200);
  });
});
