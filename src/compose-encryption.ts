import type { Logger } from 'pino';
import { createDataKeyRepository } from './db/data-key.repository.js';
import type { Database } from './db/database.js';
import type { Keyring } from './domain/envelope.js';
import type { Settings } from './domain/settings.js';
import { asSystem, inWorkspace } from './domain/workspace-scope.js';
import type { AuditSink } from './services/audit.js';
import { createEncryptionService, type EncryptionService } from './services/encryption.service.js';
import { DEFAULT_WORKSPACE_ID } from './services/key.service.js';
import { createVault, type Vault } from './services/vault.js';
import { createWorkspaceSecrets, type WorkspaceSecrets } from './services/workspace-secrets.js';
import type { BlobStore } from './storage/blob-store.js';
import { openKeyring } from './storage/key-file.js';
import { createSealedStore, type SealedStore } from './storage/sealed-store.js';
import { temporaryFolder } from './temporary-folder.js';

export interface Encryption {
  readonly blobs: SealedStore;
  readonly vault: Vault;
  readonly secrets: WorkspaceSecrets;
  readonly encryption: EncryptionService;
  readonly keyring: Keyring;
}

/** Everything between the plain bytes and the storage. ENCRYPTION_KEY_MISSING before anything is served with a wrong key. */
export async function composeEncryption(settings: Settings, database: Database, stored: BlobStore, audit: AuditSink, log: Logger): Promise<Encryption> {
  const dataKeys = createDataKeyRepository(database);
  const keyring = await openKeyring({ setting: settings.workspaceKey, file: settings.keyFile, dataDir: settings.dataDir }, async () => (await asSystem(() => dataKeys.countByWrappingKey())).length === 0);
  if (keyring.isNew) log.warn({ path: keyring.path }, 'a key was made that stored recordings are encrypted under; without a copy of this file a backup of the data is worth nothing');
  const secrets = createWorkspaceSecrets(dataKeys, keyring);
  // A second node with a key file of its own is refused here, before it writes what the first cannot read.
  await inWorkspace(DEFAULT_WORKSPACE_ID, () => secrets.subjectHash(DEFAULT_WORKSPACE_ID, ''));
  const vault = createVault({ database, dataKeys, keyring, secrets });
  return {
    blobs: createSealedStore(stored, { keys: vault, temporaryDir: () => temporaryFolder(settings.dataDir) }),
    vault, secrets, keyring,
    encryption: createEncryptionService({ database, dataKeys, keyring, audit }),
  };
}
