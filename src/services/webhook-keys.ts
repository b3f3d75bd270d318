import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import type { Transaction } from '../db/database.js';
import type { StoredWebhookKey, WebhookRepository } from '../db/webhook-repositories.js';
import { unwrapSecret, wrapSecret, type Keyring } from '../domain/envelope.js';
import { newId } from '../domain/ids.js';
import type { SigningSecret } from '../domain/webhook-signature.js';
import type { WebhookKeyRecord, WebhookRecord, WebhookSigning } from '../domain/webhook.js';
import { missingKey } from './workspace-secrets.js';

/** HMAC keys have 32 random bytes; a raw Ed25519 public key has as many, at the end of its DER form. */
const SECRET_BYTES = 32;

/** A key as it is shown once, when it was made. */
export interface FreshWebhookKey extends WebhookKeyRecord {
  /** `whsec_…`; null for Ed25519, whose private key nobody is shown. */
  readonly secret: string | null;
  readonly publicKey: string | null;
}

/** A public key for receivers. */
export interface WebhookPublicKey extends WebhookKeyRecord {
  /** `whpk_` and base64 of the 32 bytes. */
  readonly text: string;
  readonly publicKey: KeyObject;
}

export interface WebhookKeys {
  /** Makes a key that signs from the commit on; the ones before it end at `othersEndAt`. */
  make(tx: Transaction, webhook: Pick<WebhookRecord, 'id' | 'workspaceId' | 'signing'>, othersEndAt: Date): Promise<FreshWebhookKey>;
  /** What a delivery is signed with now, the newest key first. ENCRYPTION_KEY_MISSING. */
  signing(webhookId: string): Promise<readonly SigningSecret[]>;
  /** Without the secrets. */
  list(webhookId: string): Promise<readonly WebhookKeyRecord[]>;
  publicKeys(webhookId: string): Promise<readonly WebhookPublicKey[]>;
}

export function createWebhookKeys(webhooks: WebhookRepository, keyring: Keyring, now: () => number = Date.now): WebhookKeys {
  const current = (webhookId: string): Promise<readonly StoredWebhookKey[]> => webhooks.keys(webhookId, new Date(now()));

  function open(key: StoredWebhookKey): SigningSecret {
    const master = keyring.find(key.wrappingKeyId);
    const secret = master === undefined ? null : unwrapSecret(master, key.workspaceId, key.id, key.wrapped);
    if (secret === null) throw missingKey(key.wrappingKeyId);
    return key.signing === 'ED25519' ? { kind: 'ED25519', privateKey: createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' }) } : { kind: 'HMAC_SHA256', secret };
  }

  return {
    async make(tx, { id: webhookId, workspaceId, signing }, othersEndAt) {
      const at = new Date(now());
      await webhooks.retireKeys(tx, webhookId, at, othersEndAt);
      const { secret, publicKey } = freshSecret(signing);
      const master = keyring.current();
      const key: WebhookKeyRecord = { id: newId('webhookKey'), webhookId, signing, createdAt: at, expiresAt: null };
      await webhooks.insertKey(tx, key, { id: key.id, workspaceId, purpose: 'webhook', publicKey, wrapped: wrapSecret(master, workspaceId, key.id, secret), wrappingKeyId: master.id });
      return { ...key, secret: publicKey === null ? `whsec_${secret.toString('base64')}` : null, publicKey: publicKey === null ? null : publicText(publicKey) };
    },
    signing: async (webhookId) => (await current(webhookId)).map(open),
    list: async (webhookId) => (await current(webhookId)).map(({ id, signing, createdAt, expiresAt }) => ({ id, webhookId, signing, createdAt, expiresAt })),
    publicKeys: async (webhookId) =>
      (await current(webhookId)).flatMap(({ id, signing, createdAt, expiresAt, publicKey }) => (publicKey === null ? [] : [{ id, webhookId, signing, createdAt, expiresAt, text: publicText(publicKey), publicKey: createPublicKey({ key: publicKey, format: 'der', type: 'spki' }) }])),
  };
}

function freshSecret(signing: WebhookSigning): { readonly secret: Buffer; readonly publicKey: Buffer | null } {
  if (signing === 'HMAC_SHA256') return { secret: randomBytes(SECRET_BYTES), publicKey: null };
  const pair = generateKeyPairSync('ed25519');
  return { secret: pair.privateKey.export({ format: 'der', type: 'pkcs8' }), publicKey: pair.publicKey.export({ format: 'der', type: 'spki' }) };
}

function publicText(spki: Buffer): string {
  return `whpk_${spki.subarray(-SECRET_BYTES).toString('base64')}`;
}
