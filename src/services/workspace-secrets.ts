import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import type { DataKeyRepository } from '../db/repositories.js';
import { KEY_BYTES, unwrapSecret, wrapSecret, type Keyring } from '../domain/envelope.js';
import { UndertoneError } from '../domain/errors.js';

export interface SigningKey {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Secrets that each workspace has once, made on first use and wrapped like data keys. */
export interface WorkspaceSecrets {
  /** Ed25519: signs archives. */
  signingKey(workspaceId: string): Promise<SigningKey>;
  /** Every public key that this workspace ever signed with. */
  publicKeys(workspaceId: string): Promise<readonly { readonly id: string; readonly publicKey: KeyObject }[]>;
  /** HMAC-SHA256 of an external id, hex: finds what belongs to a subject and tells nobody who that is. */
  subjectHash(workspaceId: string, externalId: string): Promise<string>;
}

type Purpose = 'signing' | 'subjects';

export function createWorkspaceSecrets(repository: DataKeyRepository, keyring: Keyring): WorkspaceSecrets {
  /** Two secrets a workspace, 32 to 48 bytes each: kept for the life of the process. */
  const known = new Map<string, Buffer>();

  async function secretOf(workspaceId: string, purpose: Purpose): Promise<Buffer> {
    const id = `${workspaceId}:${purpose}:1`;
    const cached = known.get(id);
    if (cached !== undefined) return cached;
    let row = await repository.findSecret(id);
    if (row === null) {
      const master = keyring.current();
      const { secret, publicKey } = fresh(purpose);
      // Two nodes at once: the row that is there stays, and both read that one.
      await repository.insertSecret({ id, workspaceId, purpose, publicKey, wrapped: wrapSecret(master, workspaceId, id, secret), wrappingKeyId: master.id });
      row = (await repository.findSecret(id))!;
    }
    const master = keyring.find(row.wrappingKeyId);
    const secret = master === undefined ? null : unwrapSecret(master, workspaceId, id, row.wrapped);
    if (secret === null) throw missingKey(row.wrappingKeyId);
    known.set(id, secret);
    return secret;
  }

  return {
    async signingKey(workspaceId) {
      const privateKey = createPrivateKey({ key: await secretOf(workspaceId, 'signing'), format: 'der', type: 'pkcs8' });
      return { id: `${workspaceId}:signing:1`, privateKey, publicKey: createPublicKey(privateKey) };
    },
    async publicKeys(workspaceId) {
      return (await repository.listPublicKeys(workspaceId)).map(({ id, publicKey }) => ({ id, publicKey: createPublicKey({ key: publicKey, format: 'der', type: 'spki' }) }));
    },
    async subjectHash(workspaceId, externalId) {
      return createHmac('sha256', await secretOf(workspaceId, 'subjects')).update(externalId).digest('hex');
    },
  };
}

function fresh(purpose: Purpose): { readonly secret: Buffer; readonly publicKey: Buffer | null } {
  if (purpose === 'subjects') return { secret: randomBytes(KEY_BYTES), publicKey: null };
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { secret: privateKey.export({ format: 'der', type: 'pkcs8' }), publicKey: publicKey.export({ format: 'der', type: 'spki' }) };
}

export function missingKey(wrappingKeyId: string): UndertoneError {
  return new UndertoneError('ENCRYPTION_KEY_MISSING', `Stored data is encrypted under the key ${wrappingKeyId}, and no configured key opens it. Put the key file (or UNDERTONE_WORKSPACE_KEY) back to what it was; every node needs the same.`, { wrappingKeyId });
}
