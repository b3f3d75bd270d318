import { createArchiveRepository } from './db/archive.repository.js';
import { createAuditRepository } from './db/audit.repository.js';
import { createDataKeyRepository } from './db/data-key.repository.js';
import type { Database } from './db/database.js';
import { createHoldRepository } from './db/hold.repository.js';
import { readMigrations } from './db/migrations.js';
import { createRecordingTreeRepository } from './db/recording-tree.repository.js';
import type { RecordingRepository } from './db/repositories.js';
import { createRetentionRepository } from './db/retention.repository.js';
import type { ArchiveRepository, RetentionRepository } from './db/retention-repositories.js';
import { createTombstoneRepository } from './db/tombstone.repository.js';
import type { FactOutbox } from './services/fact-outbox.js';
import type { Encryption } from './compose-encryption.js';
import { createArchiveRestore } from './services/archive-restore.js';
import { createArchiveThread } from './services/archive-thread.js';
import { createArchiveService, type ArchiveService } from './services/archive.service.js';
import { createArchiving } from './services/archiving.js';
import { createAuditService, createAuditSink, type AuditService, type AuditSink } from './services/audit.js';
import { createErasureService, type ErasureService } from './services/erasure.service.js';
import { createHoldService, type HoldService } from './services/hold.service.js';
import { createLiveRemoval, type LiveRemoval } from './services/live-removal.js';
import { createRetentionRun, type RetentionRun } from './services/retention-run.js';
import { createRetentionSweep, type RetentionSweep } from './services/retention-sweep.js';
import { createRetentionService, type RetentionService } from './services/retention.service.js';

export interface Retention {
  readonly archives: ArchiveRepository;
  readonly removal: LiveRemoval;
  readonly audit: AuditSink;
  readonly run: RetentionRun;
  readonly policies: Pick<RetentionRepository, 'workspaces' | 'policies'>;
  readonly sweep: RetentionSweep;
  readonly services: { readonly retention: RetentionService; readonly archives: ArchiveService; readonly holds: HoldService; readonly erasures: ErasureService; readonly audit: AuditService };
}

export interface RetentionParts extends Pick<Encryption, 'blobs' | 'vault' | 'secrets'> {
  readonly database: Database;
  readonly recordings: RecordingRepository;
  readonly facts: Pick<FactOutbox, 'put' | 'announce'>;
  readonly now?: () => number;
  /** How long events of the audit log are kept; 0 or left out: for ever. */
  readonly auditDays?: number;
  /** Smaller in tests. */
  readonly leaseMs?: number;
  readonly maxArchiveBytes?: number;
}

/** Everything that keeps, archives, holds and erases. */
export async function composeRetention(parts: RetentionParts): Promise<Retention> {
  const { database, recordings, blobs, vault, secrets, facts } = parts;
  const clock = parts.now === undefined ? {} : { now: parts.now };
  const dataKeys = createDataKeyRepository(database);
  const archives = createArchiveRepository(database);
  const holds = createHoldRepository(database);
  const retention = createRetentionRepository(database);
  const tombstones = createTombstoneRepository(database);
  const tree = createRecordingTreeRepository(database);
  await tree.prepare();
  const auditRows = createAuditRepository(database);
  const audit = createAuditSink(auditRows);
  const removal = createLiveRemoval({ database, recordings, holds, tree, stored: blobs.raw, audit, facts });
  const thread = createArchiveThread();
  const archiving = createArchiving({
    database, recordings, tree, blobs, vault, secrets, thread, archives, holds, removal, audit, schemaVersion: readMigrations().at(-1)!.name, ...clock,
    ...(parts.leaseMs === undefined ? {} : { leaseMs: parts.leaseMs }),
  });
  const run = createRetentionRun({ retention, archiving, removal, ...clock, ...(parts.maxArchiveBytes === undefined ? {} : { maxArchiveBytes: parts.maxArchiveBytes }) });
  const retentionService = createRetentionService({ database, retention, run, audit, ...clock });
  const restore = createArchiveRestore({ database, dataKeys, recordings, archives, holds, tombstones, tree, blobs, vault, secrets, audit, thread });
  return {
    archives, removal, audit, run, policies: retention,
    sweep: createRetentionSweep(() => retention.workspaces(), run, retentionService, parts.now),
    services: {
      retention: retentionService,
      archives: createArchiveService({ archives, blobs, secrets, vault, archiving, restore, audit, ...clock }),
      holds: createHoldService({ database, holds, recordings, dataKeys, secrets, audit }),
      erasures: createErasureService({ database, recordings, dataKeys, archives, holds, tombstones, removal, vault, secrets, audit }),
      audit: createAuditService({ repository: auditRows, database, sink: audit, workspaces: () => retention.workspaces(), keepDays: parts.auditDays ?? 0, ...clock }),
    },
  };
}
