import type { Database } from '../db/database.js';
import type { DataKeyRepository } from '../db/repositories.js';
import { digestOf } from '../domain/audit.js';
import { unwrapSecret, wrapSecret, type Keyring, type MasterKey } from '../domain/envelope.js';
import type { Principal } from '../domain/principal.js';
import { asSystem } from '../domain/workspace-scope.js';
import type { AuditSink } from './audit.js';
import { requireScope } from './permissions.js';
import { missingKey } from './workspace-secrets.js';

const BATCH = 200;

export interface EncryptionStatus {
  /** Where the keys come from: a path, or null for the setting. */
  readonly path: string | null;
  readonly currentKeyId: string;
  readonly keys: readonly { readonly id: string; readonly isConfigured: boolean; readonly wrappedCount: number }[];
}

/** For the operator of the installation: wrapping keys are shared by all workspaces. */
export interface EncryptionService {
  status(principal: Principal): Promise<EncryptionStatus>;
  /** Adds a key where the keys are in a file, then wraps every data key and secret with the current one. Blobs are not touched. Safe to repeat after a kill. */
  rotate(principal: Principal): Promise<EncryptionStatus & { readonly rewrappedCount: number }>;
}

export interface EncryptionParts {
  readonly database: Database;
  readonly dataKeys: DataKeyRepository;
  readonly audit: AuditSink;
  readonly keyring: Keyring & { readonly path: string | null; addKey(): Promise<MasterKey> };
}

export function createEncryptionService({ database, dataKeys, keyring, audit }: EncryptionParts): EncryptionService {
  async function status(): Promise<EncryptionStatus> {
    const counts = new Map((await dataKeys.countByWrappingKey()).map(({ wrappingKeyId, count }) => [wrappingKeyId, count]));
    const ids = new Set([keyring.current().id, ...counts.keys()]);
    return { path: keyring.path, currentKeyId: keyring.current().id, keys: [...ids].map((id) => ({ id, isConfigured: keyring.find(id) !== undefined, wrappedCount: counts.get(id) ?? 0 })) };
  }

  function rewrapped(workspaceId: string, id: string, wrapped: Buffer, fromKeyId: string, to: MasterKey): Buffer {
    const from = keyring.find(fromKeyId);
    const secret = from === undefined ? null : unwrapSecret(from, workspaceId, id, wrapped);
    if (secret === null) throw missingKey(fromKeyId);
    return wrapSecret(to, workspaceId, id, secret);
  }

  async function rotate(principal: Principal): Promise<EncryptionStatus & { readonly rewrappedCount: number }> {
    // In the file, and durable, before anything is wrapped with it.
    const from = keyring.current().id;
    const to = keyring.path === null ? keyring.current() : await keyring.addKey();
    await audit.record(null, principal, { action: 'encryption.rotated', subjectKind: 'encryption-key', subjectId: to.id, beforeDigest: digestOf(from), afterDigest: digestOf(to.id) });
    let rewrappedCount = 0;
    for (;;) {
      const count = await database.transaction(async (tx) => {
        const rows = await dataKeys.listDataKeysNotUnder(tx, to.id, BATCH);
        for (const row of rows) await dataKeys.rewrapDataKey(tx, row.id, rewrapped(row.workspaceId, row.id, row.wrapped!, row.wrappingKeyId, to), to.id);
        return rows.length;
      });
      rewrappedCount += count;
      if (count < BATCH) break;
    }
    rewrappedCount += await database.transaction(async (tx) => {
      const rows = await dataKeys.listSecretsNotUnder(tx, to.id);
      for (const row of rows) await dataKeys.rewrapSecret(tx, row.id, rewrapped(row.workspaceId, row.id, row.wrapped, row.wrappingKeyId, to), to.id);
      return rows.length;
    });
    return { ...(await status()), rewrappedCount };
  }

  return {
    async status(principal) {
      requireScope(principal, 'encryption:admin');
      return asSystem(status);
    },
    async rotate(principal) {
      requireScope(principal, 'encryption:admin');
      return asSystem(() => rotate(principal));
    },
  };
}
