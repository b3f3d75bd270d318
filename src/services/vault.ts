import { randomBytes } from 'node:crypto';
import type { Database, Transaction } from '../db/database.js';
import type { DataKeyRepository, DataKeyRow } from '../db/repositories.js';
import { KEY_BYTES, unwrapSecret, wrapSecret, type Keyring } from '../domain/envelope.js';
import { UndertoneError } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import type { SealingKey } from '../domain/sealed-format.js';
import type { DataKeySource } from '../storage/sealed-store.js';
import { missingKey, type WorkspaceSecrets } from './workspace-secrets.js';

/** How long an unwrapped key is kept: a page asks for the same audio many times a second, and an erasure on another node must be felt soon. */
const REMEMBERED_MS = 30_000;
const MAX_REMEMBERED = 500;

/** A key that is not stored yet. */
export interface FreshKey extends SealingKey {
  readonly workspaceId: string;
  readonly subjectHash: string | null;
}

/** The data keys of recordings: the only place where they are unwrapped. */
export interface Vault extends DataKeySource {
  /** In memory only: blobs sealed with it are readable once `keep` is committed, and waste until then. */
  newKey(workspaceId: string, externalId: string | null): Promise<FreshKey>;
  keep(tx: Transaction, key: FreshKey, recordingId: string): Promise<void>;
  /** The key that new blobs of a recording are sealed with. Makes one for a recording from before there was encryption; ERASED when it was destroyed. */
  keyOf(recording: { readonly workspaceId: string; readonly id: string; readonly externalId: string | null }): Promise<SealingKey>;
  /** Ends all keys of these recordings: what is sealed with them, here, in archives and in copies of either, is unreadable for good. */
  destroy(tx: Transaction, workspaceId: string, recordingIds: readonly string[]): Promise<number>;
  /** To be called after the transaction of `destroy`, so that this process forgets at once. */
  forget(): void;
}

export interface VaultParts {
  readonly database: Database;
  readonly dataKeys: DataKeyRepository;
  readonly keyring: Keyring;
  readonly secrets: WorkspaceSecrets;
  readonly now?: () => number;
}

export function createVault({ database, dataKeys, keyring, secrets, now = Date.now }: VaultParts): Vault {
  const remembered = new Map<string, { readonly secret: Buffer; readonly untilMs: number }>();

  function unwrap(row: DataKeyRow): Buffer {
    if (row.wrapped === null) throw erased();
    const master = keyring.find(row.wrappingKeyId);
    const secret = master === undefined ? null : unwrapSecret(master, row.workspaceId, row.id, row.wrapped);
    if (secret === null) throw missingKey(row.wrappingKeyId);
    return secret;
  }

  async function newKey(workspaceId: string, externalId: string | null): Promise<FreshKey> {
    return { id: newId('dataKey'), secret: randomBytes(KEY_BYTES), workspaceId, subjectHash: externalId === null ? null : await secrets.subjectHash(workspaceId, externalId) };
  }

  async function keep(tx: Transaction, { id, workspaceId, subjectHash, secret }: FreshKey, recordingId: string): Promise<void> {
    const master = keyring.current();
    await dataKeys.insert(tx, { id, workspaceId, recordingId, subjectHash, wrapped: wrapSecret(master, workspaceId, id, secret), wrappingKeyId: master.id });
  }

  function remember(dataKeyId: string, secret: Buffer): Buffer {
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(dataKeyId, { secret, untilMs: now() + REMEMBERED_MS });
    return secret;
  }

  return {
    newKey,
    keep,
    async secretOf(dataKeyId) {
      const known = remembered.get(dataKeyId);
      if (known !== undefined && known.untilMs > now()) return known.secret;
      const row = await dataKeys.findById(dataKeyId);
      if (row === null) throw erased();
      return remember(dataKeyId, unwrap(row));
    },
    async keyOf({ workspaceId, id, externalId }) {
      const found = await dataKeys.findNewest(workspaceId, id);
      // An analysis seals its track with the key that it opens the recording with, moments apart.
      if (found !== null) return { id: found.id, secret: remember(found.id, unwrap(found)) };
      const fresh = await newKey(workspaceId, externalId);
      await database.transaction((tx) => keep(tx, fresh, id));
      return fresh;
    },
    destroy: (tx, workspaceId, recordingIds) => dataKeys.destroy(tx, workspaceId, recordingIds),
    forget: () => remembered.clear(),
  };
}

function erased(): UndertoneError {
  return new UndertoneError('ERASED', 'The key of these bytes was destroyed when their recording was erased or deleted; nothing can bring them back.');
}
