import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { workIds } from '../../src/domain/work-context.js';
import { registerErrors } from '../../src/http/http-errors.js';
import { registerAuth } from '../../src/http/request-auth.js';
import { pathSigner } from '../../src/http/signed-path.js';
import { createRateLimiter } from '../../src/services/rate-limiter.js';

it('a refused sign-in is told of with its request and address, and a refused question is not', async () => {
  const told: unknown[] = [];
  const bare = Fastify();
  registerErrors(bare);
  registerAuth(bare, {
    keys: { authenticate: () => Promise.resolve(null), holderOf: () => Promise.resolve(null) }, signer: pathSigner(60), limiter: createRateLimiter({ requests: 0, queryCost: 0, uploadBytes: 0, failedKeys: 0 }),
    onRefusedLogin: () => Promise.resolve(void told.push(workIds.getStore())),
  });
  bare.post('/session', { config: { isLogin: true } }, () => 'in');
  bare.get('/other', () => 'in');
  const headers = { authorization: 'Bearer wrong' };
  expect((await bare.inject({ method: 'GET', url: '/other', headers })).statusCode).toBe(401);
  expect(told).toEqual([]);
  expect((await bare.inject({ method: 'POST', url: '/session', headers })).statusCode).toBe(401);
  expect(told).toEqual([{ requestId: expect.any(String) as string, address: '127.0.0.1' }]);
  await bare.close();
});
