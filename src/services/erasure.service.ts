import { z } from 'zod';
import type { Database } from '../db/database.js';
import type { DataKeyRepository, RecordingRepository } from '../db/repositories.js';
import type { ArchiveRepository, HoldRepository, TombstoneRepository } from '../db/retention-repositories.js';
import { tombstoneHash, type ErasureReport, type TombstoneRecord } from '../domain/archive.js';
import { newId } from '../domain/ids.js';
import type { Principal } from '../domain/principal.js';
import type { Page, PageRequest } from '../domain/records.js';
import type { AuditSink } from './audit.js';
import type { LiveRemoval } from './live-removal.js';
import { requireScope } from './permissions.js';
import { parseWith } from './recording-input.js';
import type { Vault } from './vault.js';
import type { WorkspaceSecrets } from './workspace-secrets.js';

const erasureSchema = z.object({ externalId: z.string().trim().min(1).max(200), reason: z.string().trim().min(3).max(1000) });

export interface ErasureService {
  /** Everything of a subject, live and archived, but what a hold keeps. Safe to repeat after a kill: it goes on with what is left. */
  eraseSubject(principal: Principal, input: { readonly externalId: string; readonly reason: string }): Promise<TombstoneRecord>;
  list(principal: Principal, page: PageRequest): Promise<Page<TombstoneRecord>>;
}

export interface ErasureServiceParts {
  readonly database: Database;
  readonly recordings: RecordingRepository;
  readonly dataKeys: DataKeyRepository;
  readonly archives: ArchiveRepository;
  readonly holds: HoldRepository;
  readonly tombstones: TombstoneRepository;
  readonly removal: LiveRemoval;
  readonly vault: Vault;
  readonly secrets: WorkspaceSecrets;
  readonly audit: AuditSink;
}

const PAGE = 200;

export function createErasureService(parts: ErasureServiceParts): ErasureService {
  const { database, recordings, dataKeys, archives, holds, tombstones, removal, vault, secrets, audit } = parts;

  async function liveOf(workspaceId: string, externalId: string): Promise<readonly string[]> {
    const ids: string[] = [];
    for (let after: string | null = null; ; ) {
      const page: Awaited<ReturnType<RecordingRepository['list']>> = await recordings.list(workspaceId, { first: PAGE, after }, { externalId }, { field: 'createdAt', direction: 'asc' });
      ids.push(...page.items.map(({ id }) => id));
      if (!page.hasNextPage) return ids;
      after = page.cursors.at(-1) ?? null;
    }
  }

  return {
    async eraseSubject(principal, input) {
      requireScope(principal, 'erasure:admin');
      const { externalId, reason } = parseWith(erasureSchema, input);
      const { workspaceId } = principal;
      const subjectHash = await secrets.subjectHash(workspaceId, externalId);
      const live = await liveOf(workspaceId, externalId);
      // By the hash that their keys carry: these are in archives only, and no row tells whose they were.
      const known = [...new Set([...live, ...(await dataKeys.findBySubject(workspaceId, subjectHash))])].sort();
      const before = await tombstones.erased(workspaceId, known);
      const all = known.filter((id) => !before.has(id) || live.includes(id));
      const archiveIds = await database.transaction((tx) => archives.holding(tx, workspaceId, all));
      const erased: string[] = [];
      const kept: { recordingId: string; holdIds: readonly string[] }[] = [];
      let destroyedKeyCount = 0;
      let liveRecordingCount = 0;
      const blobKeys: string[] = [];

      for (const recordingId of all) {
        // The keys go in the same transaction as the rows: no moment in which one is there without the other.
        const outcome = await removal.remove({
          actor: principal, recordingId, kinds: ['RECORDING'], action: 'subject.erased', reason,
          settle: async (tx) => { destroyedKeyCount += await vault.destroy(tx, workspaceId, [recordingId]); },
        });
        if (outcome.kind === 'held') {
          kept.push({ recordingId, holdIds: outcome.holdIds });
          continue;
        }
        if (outcome.kind === 'removed') {
          liveRecordingCount += 1;
          blobKeys.push(...outcome.blobKeys);
        } else {
          const holdIds = await database.transaction(async (tx) => {
            await holds.lock(tx, workspaceId);
            const found = (await holds.holdsOf(tx, workspaceId, [recordingId])).get(recordingId);
            if (found === undefined) {
              destroyedKeyCount += await vault.destroy(tx, workspaceId, [recordingId]);
              await audit.record(tx, principal, { action: 'subject.erased', subjectKind: 'recording', subjectId: recordingId, reason });
            }
            return found;
          });
          if (holdIds !== undefined) {
            kept.push({ recordingId, holdIds });
            continue;
          }
        }
        erased.push(recordingId);
      }
      vault.forget();
      await removal.deleteBlobs(blobKeys);

      const report: ErasureReport = { erasedRecordingIds: erased, keptByHold: kept, liveRecordingCount, blobCount: blobKeys.length, destroyedKeyCount, archiveIds };
      const unsigned = { id: newId('tombstone'), workspaceId, subjectHash, recordingIds: erased, report, reason, erasedBy: principal.keyId, erasedAt: new Date() };
      const tombstone: TombstoneRecord = { ...unsigned, hash: tombstoneHash(unsigned) };
      await database.transaction(async (tx) => {
        await tombstones.insert(tx, tombstone);
        await audit.record(tx, principal, { action: 'erasure.reported', subjectKind: 'erasure', subjectId: tombstone.id, reason, afterDigest: tombstone.hash });
      });
      return tombstone;
    },

    async list(principal, page) {
      requireScope(principal, 'erasure:admin');
      return tombstones.list(principal.workspaceId, page);
    },
  };
}
