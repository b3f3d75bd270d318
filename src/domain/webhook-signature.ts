import { createHmac, sign, timingSafeEqual, verify, type KeyObject } from 'node:crypto';

/**
 * Signatures of Standard Webhooks 1.0: over `id.timestamp.body`, `v1,` and base64 of HMAC-SHA256, or `v1a,` and base64 of
 * Ed25519. Several in one header, with a space between, while a key is being changed.
 */
export type SigningSecret = { readonly kind: 'HMAC_SHA256'; readonly secret: Buffer } | { readonly kind: 'ED25519'; readonly privateKey: KeyObject };
export type VerifyingKey = { readonly kind: 'HMAC_SHA256'; readonly secret: Buffer } | { readonly kind: 'ED25519'; readonly publicKey: KeyObject };

/** How far the time of a delivery may be from the receiver's clock; older ones may be replays. */
export const REPLAY_WINDOW_SECONDS = 300;

export interface SignedHeaders {
  readonly 'webhook-id': string;
  /** Seconds since 1970, of this try. */
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

export function signDelivery(id: string, atMs: number, body: Buffer, secrets: readonly SigningSecret[]): SignedHeaders {
  const timestamp = String(Math.floor(atMs / 1000));
  const content = contentOf(id, timestamp, body);
  const signatures = secrets.map((one) => (one.kind === 'HMAC_SHA256' ? `v1,${createHmac('sha256', one.secret).update(content).digest('base64')}` : `v1a,${sign(null, content, one.privateKey).toString('base64')}`));
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

/** What a receiver does; here for tests and for plugins that receive. False also outside of the replay window. */
export function verifyDelivery(headers: Readonly<Record<string, string | undefined>>, body: Buffer, keys: readonly VerifyingKey[], nowMs: number): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (id === undefined || timestamp === undefined || signatures === undefined || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > REPLAY_WINDOW_SECONDS) return false;
  const content = contentOf(id, timestamp, body);
  return signatures.split(' ').some((signature) => keys.some((key) => matches(signature, content, key)));
}

function matches(signature: string, content: Buffer, key: VerifyingKey): boolean {
  const [version, text = ''] = signature.split(',', 2);
  const given = Buffer.from(text, 'base64');
  if (key.kind === 'ED25519') return version === 'v1a' && verify(null, content, key.publicKey, given);
  const wanted = createHmac('sha256', key.secret).update(content).digest();
  return version === 'v1' && given.length === wanted.length && timingSafeEqual(given, wanted);
}

function contentOf(id: string, timestamp: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
}
