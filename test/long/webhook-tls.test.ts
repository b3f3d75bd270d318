import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyDelivery } from '../../src/domain/webhook-signature.js';
import { createAuthority, type Certificate } from '../support/certificates.js';
import { ok, startReceiver, type Receiver } from '../support/receivers.js';
import { startServer, type ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';

interface Delivery { readonly state: string; readonly attempts: readonly { readonly outcome: string; readonly statusCode: number | null }[] }

/** A real process: what it trusts is fixed when it starts. */
describe('webhooks over https, from a server that trusts an authority by NODE_EXTRA_CA_CERTS,', () => {
  let folder: string;
  let server: ServerProcess;
  let certificates: Readonly<Record<'right' | 'named' | 'other' | 'ended' | 'foreign', Certificate>>;
  const receivers: Receiver[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'undertone-webhook-tls-'));
    const ours = createAuthority(folder, 'ours');
    certificates = {
      right: ours.issue('right', 'IP:127.0.0.1'), named: ours.issue('named', 'DNS:localhost'), other: ours.issue('other', 'DNS:hooks.example.org'),
      ended: ours.issue('ended', 'IP:127.0.0.1', 0), foreign: createAuthority(folder, 'foreign').issue('foreign', 'IP:127.0.0.1'),
    };
    server = await startServer(join(folder, 'data'), { NODE_EXTRA_CA_CERTS: ours.certPath, UNDERTONE_WEBHOOK_ALLOW: 'loopback' });
  }, 120_000);
  afterAll(async () => {
    await server.kill('SIGTERM');
    for (const receiver of receivers) await receiver.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function deliverTo(certificate: Certificate, host = '127.0.0.1'): Promise<{ readonly receiver: Receiver; readonly secret: string; readonly delivery: Delivery }> {
    const receiver = await startReceiver(ok, '127.0.0.1', certificate);
    receivers.push(receiver);
    const { createWebhook: { id, secret } } = await server.query<{ createWebhook: { id: string; secret: string } }>('mutation ($url: String!) { createWebhook(input: { url: $url, events: [] }) { ... on Webhook { id secret } } }', { url: receiver.url.replace('127.0.0.1', host) });
    const { testWebhook } = await server.query<{ testWebhook: { id: string } }>('mutation ($id: ID!) { testWebhook(id: $id) { ... on WebhookDelivery { id } } }', { id });
    let delivery: Delivery | null = null;
    await until('the delivery has ended', async () => {
      ({ delivery } = await server.query<{ delivery: Delivery }>('query ($id: ID!) { delivery: webhookDelivery(id: $id) { state attempts { outcome statusCode } } }', { id: testWebhook.id }));
      return delivery.state !== 'PENDING';
    });
    return { receiver, secret, delivery: delivery! };
  }

  it.each([['right', '127.0.0.1'], ['named', 'localhost']] as const)('come through signed to the certificate %s, for the host %s', async (which, host) => {
    const { receiver, secret, delivery } = await deliverTo(certificates[which], host);
    expect(delivery).toEqual({ state: 'DELIVERED', attempts: [{ outcome: 'DELIVERED', statusCode: 204 }] });
    const [{ headers, body }] = receiver.received as [Receiver['received'][number]];
    expect(JSON.parse(body.toString())).toMatchObject({ type: 'webhook.test' });
    expect(verifyDelivery(headers, body, [{ kind: 'HMAC_SHA256', secret: Buffer.from(secret.slice('whsec_'.length), 'base64') }], Date.now())).toBe(true);
  });

  it.each([['other', 'of another name'], ['ended', 'that has ended'], ['foreign', 'of an authority that is not trusted']] as const)('send nothing to the certificate "%s", %s, and say it in the log', async (which, _whose) => {
    const { receiver, delivery } = await deliverTo(certificates[which]);
    expect(delivery).toEqual({ state: 'FAILED', attempts: [{ outcome: 'TLS_FAILED', statusCode: null }] });
    expect(receiver.received).toEqual([]);
  });
});
