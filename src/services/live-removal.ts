import type { Database, Transaction } from '../db/database.js';
import type { RecordingRepository } from '../db/repositories.js';
import type { HoldRepository, RecordingTreeRepository } from '../db/retention-repositories.js';
import type { Principal } from '../domain/principal.js';
import type { DataKind } from '../domain/retention.js';
import { asSystem } from '../domain/workspace-scope.js';
import type { BlobStore } from '../storage/blob-store.js';
import type { AuditSink } from './audit.js';
import type { FactOutbox } from './fact-outbox.js';

export interface LiveRemovalParts {
  readonly database: Database;
  readonly recordings: RecordingRepository;
  readonly holds: HoldRepository;
  readonly tree: RecordingTreeRepository;
  /** As they lie in the storage. */
  readonly stored: BlobStore;
  readonly audit: AuditSink;
  readonly facts: Pick<FactOutbox, 'put' | 'announce'>;
}

export interface RemovalRequest {
  readonly actor: Principal;
  readonly recordingId: string;
  readonly kinds: readonly DataKind[];
  readonly action: string;
  readonly reason: string | null;
  /** Rows with another digest are not removed. */
  readonly expectedDigest?: { readonly kinds: readonly DataKind[]; readonly digest: string };
  /** Leaves alone what an analysis waits for or runs on. */
  readonly unlessBusy?: boolean;
  /** Asked under the lock: false, and nothing is removed. */
  readonly isStillMeant?: (tx: Transaction) => Promise<boolean>;
  /** In the transaction, with the keys of the blobs that are to go after it. */
  readonly settle?: (tx: Transaction, blobKeys: readonly string[]) => Promise<void>;
}

export type RemovalOutcome = { readonly kind: 'removed'; readonly blobKeys: readonly string[] } | { readonly kind: 'held'; readonly holdIds: readonly string[] } | { readonly kind: 'changed' | 'gone' | 'settled' };

/**
 * The one way in which retention and erasure take live data away: under the workspace's retention lock, after asking the
 * holds again, in one transaction with the audit entry. Blobs go after the commit: killed in between, they are waste that
 * is known, and never the other way round.
 */
export interface LiveRemoval {
  remove(request: RemovalRequest): Promise<RemovalOutcome>;
  /** Safe to repeat. Leaves a blob that a row refers to again. `settle` runs in the transaction of the last of them. */
  deleteBlobs(keys: readonly string[], settle?: (tx: Transaction) => Promise<void>): Promise<void>;
}

export function createLiveRemoval(parts: LiveRemovalParts): LiveRemoval {
  const { database, recordings, holds, tree, stored, audit, facts } = parts;
  return {
    async remove({ actor, recordingId, kinds, action, reason, expectedDigest, unlessBusy, isStillMeant, settle }) {
      const { workspaceId } = actor;
      const fact = { kind: 'recording.deleted', workspaceId, recordingId } as const;
      const outcome = await database.transaction(async (tx): Promise<RemovalOutcome> => {
        await holds.lock(tx, workspaceId);
        if (isStillMeant !== undefined && !(await isStillMeant(tx))) return { kind: 'settled' };
        const holdIds = (await holds.holdsOf(tx, workspaceId, [recordingId])).get(recordingId);
        if (holdIds !== undefined) return { kind: 'held', holdIds };
        if (!(await tree.lock(tx, workspaceId, recordingId))) return { kind: 'gone' };
        if (unlessBusy === true && (await tree.hasUnfinished(tx, workspaceId, recordingId))) return { kind: 'changed' };
        if (expectedDigest !== undefined && (await tree.digest(tx, workspaceId, recordingId, expectedDigest.kinds)) !== expectedDigest.digest) return { kind: 'changed' };
        const blobKeys = await tree.remove(tx, workspaceId, recordingId, kinds);
        await settle?.(tx, blobKeys);
        await audit.record(tx, actor, { action, subjectKind: 'recording', subjectId: recordingId, reason, beforeDigest: expectedDigest?.digest ?? null });
        if (kinds.includes('RECORDING')) await facts.put(tx, fact);
        return { kind: 'removed', blobKeys };
      });
      if (outcome.kind === 'removed' && kinds.includes('RECORDING')) facts.announce(fact);
      return outcome;
    },
    async deleteBlobs(keys, settle) {
      for (const [index, key] of keys.entries()) {
        // Over all workspaces: from before there was encryption two of them may have the same file.
        await asSystem(() => database.transaction(async (tx) => {
          await recordings.lockBlob(tx, key);
          if ((await recordings.countBlobReferences(tx, key)) === 0) await stored.delete(key);
          if (index === keys.length - 1) await settle?.(tx);
        }));
      }
    },
  };
}
