import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

/** AES-256-GCM everywhere: 32 bytes of key, 12 of nonce, 16 of tag. */
export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PREFIX = 'utk_';

/** A key that wraps others. Kept in a file or a setting, never in the database. */
export interface MasterKey {
  /** First 16 hex digits of a hash of the secret: tells keys apart and gives nothing away. */
  readonly id: string;
  readonly secret: Buffer;
}

/** The first key wraps what is new; the others still unwrap what is old. */
export interface Keyring {
  current(): MasterKey;
  find(id: string): MasterKey | undefined;
}

export function masterKey(secret: Buffer): MasterKey {
  return { id: createHash('sha256').update('undertone key id').update(secret).digest('hex').slice(0, 16), secret };
}

/** `utk_` and 43 characters of base64url. */
export function formatMasterKey({ secret }: MasterKey): string {
  return `${PREFIX}${secret.toString('base64url')}`;
}

export function newMasterKey(): MasterKey {
  return masterKey(randomBytes(KEY_BYTES));
}

/** Null when the text is no key; the text itself must go into no message. */
export function parseMasterKey(text: string): MasterKey | null {
  if (!/^utk_[A-Za-z0-9_-]{43}$/.test(text)) return null;
  return masterKey(Buffer.from(text.slice(PREFIX.length), 'base64url'));
}

/** Each workspace has its own wrapping key, so that what is wrapped for one never opens as another's. */
function wrappingKey(master: MasterKey, workspaceId: string): Buffer {
  return Buffer.from(hkdfSync('sha256', master.secret, Buffer.alloc(0), `undertone workspace key ${workspaceId}`, KEY_BYTES));
}

/** nonce ‖ ciphertext ‖ tag. `name` is authenticated: a wrapped key moved to another row does not open. */
export function wrapSecret(master: MasterKey, workspaceId: string, name: string, secret: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', wrappingKey(master, workspaceId), nonce).setAAD(Buffer.from(name));
  return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
}

/** Null when the key, the workspace, the name or the bytes are not those it was wrapped with. */
export function unwrapSecret(master: MasterKey, workspaceId: string, name: string, wrapped: Buffer): Buffer | null {
  if (wrapped.length < NONCE_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv('aes-256-gcm', wrappingKey(master, workspaceId), wrapped.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(name));
  decipher.setAuthTag(wrapped.subarray(wrapped.length - TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(wrapped.subarray(NONCE_BYTES, wrapped.length - TAG_BYTES)), decipher.final()]);
  } catch {
    return null;
  }
}
