import { spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { signDelivery, type SigningSecret } from '../../src/domain/webhook-signature.js';
import { until } from '../support/until.js';

const body = Buffer.from(JSON.stringify({ id: 'whd_1', type: 'analysis.completed', ids: { analysisId: 'ana_1' }, data: null }));
const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});

/** The receiver of the documentation, in a process of its own. */
async function startExample(environment: Record<string, string>) {
  const child = spawn(process.execPath, ['examples/webhook-receiver/receiver.mjs'], { env: { PATH: '/usr/bin', PORT: '0', ...environment }, stdio: ['ignore', 'pipe', 'inherit'] });
  ended.push(() => child.kill('SIGKILL'));
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  await until('it listens', () => lines.length > 0);
  const port = /^listening on (\d+)$/.exec(lines[0]!)![1]!;
  const post = async (headers: object, sent = body): Promise<number> => (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers: { ...headers }, body: new Uint8Array(sent) })).status;
  return { lines, post };
}

describe('the receiver of the documentation', () => {
  it('takes what is signed with its secret, once, and refuses what is changed, old or of somebody else', async () => {
    const secret = randomBytes(32);
    const key: SigningSecret = { kind: 'HMAC_SHA256', secret };
    const { lines, post } = await startExample({ WEBHOOK_SECRET: `whsec_${secret.toString('base64')}` });
    const now = Date.now();
    expect(await post(signDelivery('whd_1', now, body, [{ kind: 'HMAC_SHA256', secret: randomBytes(32) }, key]))).toBe(204);
    expect(await post(signDelivery('whd_1', now, body, [key]))).toBe(204);
    await until('it has said so', () => lines.length === 2);
    expect(lines[1]).toBe('analysis.completed {"analysisId":"ana_1"}');
    expect(await post(signDelivery('whd_2', now, body, [key]), Buffer.from('{}'))).toBe(401);
    expect(await post(signDelivery('whd_3', now - 301_000, body, [key]))).toBe(401);
    expect(await post(signDelivery('whd_4', now, body, [{ kind: 'HMAC_SHA256', secret: randomBytes(32) }]))).toBe(401);
    expect(await post({})).toBe(401);
    expect(lines).toHaveLength(2);
  });

  it('takes what is signed with a key of the key set', async () => {
    const pair = generateKeyPairSync('ed25519');
    const keySet = createServer((_request, response) => void response.end(JSON.stringify({ keys: [pair.publicKey.export({ format: 'jwk' })] }))).listen(0, '127.0.0.1');
    ended.push(() => keySet.close());
    await once(keySet, 'listening');
    const { post } = await startExample({ WEBHOOK_KEYS_URL: `http://127.0.0.1:${(keySet.address() as AddressInfo).port}/jwks.json` });
    expect(await post(signDelivery('whd_1', Date.now(), body, [{ kind: 'ED25519', privateKey: pair.privateKey }]))).toBe(204);
    expect(await post(signDelivery('whd_2', Date.now(), body, [{ kind: 'ED25519', privateKey: generateKeyPairSync('ed25519').privateKey }]))).toBe(401);
  });
});
