import { randomUUID } from 'node:crypto';
import type { Database } from '../db/database.js';
import type { ArchiveRepository, HoldRepository } from '../db/retention-repositories.js';
import type { ArchiveItemRecord, ArchiveRecord } from '../domain/archive.js';
import { newId } from '../domain/ids.js';
import { archiveFormat } from './archive-format.js';
import { writeArchive, type ArchiveWriterParts } from './archive-writer.js';
import { systemPrincipal, type AuditSink } from './audit.js';
import type { LiveRemoval } from './live-removal.js';
import type { DueRecording } from './retention-report.js';
import { unhurried } from './unhurried.js';

/** How long a node that stopped speaking keeps an archive to itself. */
const LEASE_MS = 120_000;

export interface ArchivingParts extends ArchiveWriterParts {
  readonly database: Database;
  readonly archives: ArchiveRepository;
  readonly holds: HoldRepository;
  readonly removal: LiveRemoval;
  readonly audit: AuditSink;
  readonly schemaVersion: string;
  readonly now?: () => number;
  readonly leaseMs?: number;
}

export interface ArchiveOutcome {
  readonly archiveId: string;
  readonly archivedRecordingIds: readonly string[];
  readonly deletedRecordingIds: readonly string[];
  readonly freedBytes: number;
  readonly problems: readonly string[];
}

/**
 * PREPARING → WRITTEN → VERIFIED → COMPLETE. Every step is repeatable and takes up where a killed one stopped: the row says
 * how far it came, and data is deleted only by the last step, which nothing but a verified archive reaches.
 */
export interface Archiving {
  /**
   * A new archive of these recordings, in the state PREPARING. Left out is what another run has taken, archived or deleted since
   * they were found due; null: that was all of them.
   */
  open(workspaceId: string, due: readonly DueRecording[]): Promise<ArchiveRecord | null>;
  /** An archive that a run left unfinished, taken over. */
  takeUnfinished(workspaceId: string): Promise<ArchiveRecord | null>;
  advance(archive: ArchiveRecord, signal: AbortSignal): Promise<ArchiveOutcome>;
  /** Reads an archive back and opens every member of it. Empty: it is good. */
  verify(archive: ArchiveRecord): Promise<readonly string[]>;
}

export function createArchiving(parts: ArchivingParts): Archiving {
  const { database, archives, holds, removal, audit, secrets, blobs, vault, thread, now = Date.now, leaseMs = LEASE_MS } = parts;
  const owner = randomUUID();
  const lease = () => ({ owner, until: new Date(now() + leaseMs) });

  async function verify(archive: ArchiveRecord): Promise<readonly string[]> {
    const items = await archives.items(archive.workspaceId, archive.id);
    const keys = (await secrets.publicKeys(archive.workspaceId)).map(({ publicKey }) => publicKey);
    const { check, opened } = await thread.check(await blobs.raw.read(archive.blobKey!), keys, vault);
    const problems = [...check.problems];
    if (check.manifest !== null && check.sha256 !== archive.sha256) problems.push('the file is another one than was written');
    if (check.manifest !== null && (check.manifest.archiveId !== archive.id || check.manifest.workspaceId !== archive.workspaceId)) problems.push('the file is the archive of something else');
    for (const [recordingId, found] of opened) {
      problems.push(...found.problems);
      const item = items.find((one) => one.recordingId === recordingId);
      if (item?.rowsDigest == null) problems.push(`${recordingId} is in the file and not among the archive's recordings`);
      else if (found.rowsDigest !== '' && found.rowsDigest !== item.rowsDigest) problems.push(`the rows of ${recordingId} are other ones than were archived`);
    }
    for (const item of items.filter((one) => one.rowsDigest !== null)) if (!opened.has(item.recordingId)) problems.push(`${item.recordingId} is not in the file`);
    return problems;
  }

  async function write(archive: ArchiveRecord, signal: AbortSignal): Promise<readonly string[]> {
    const items = (await archives.items(archive.workspaceId, archive.id)).filter((item) => item.state === 'PENDING');
    const held = await database.transaction((tx) => holds.holdsOf(tx, archive.workspaceId, items.map((item) => item.recordingId)));
    const free = items.filter((item) => !held.has(item.recordingId));
    const written = free.length === 0 ? null : await writeArchive(parts, archive, free, signal);
    try {
      await database.transaction(async (tx) => {
        const isEmpty = written === null || written.items.length === 0;
        // Committed before the row says so: the other order would be a row without a file.
        const info = isEmpty ? null : await written.staged.commit();
        const moved = await archives.setState(tx, archive.id, 'PREPARING', isEmpty ? 'FAILED' : 'WRITTEN', isEmpty
          ? { problem: 'Nothing was left to archive: its recordings are held, gone, or lack bytes.' }
          : { blobKey: info!.key, sha256: written.staged.sha256, byteLength: written.staged.byteLength, signingKeyId: written.signingKeyId });
        if (!moved) return;
        for (const item of items.filter((one) => held.has(one.recordingId))) await archives.setItem(tx, item.id, { state: 'KEPT' });
        await archives.setWritten(tx, written?.items ?? []);
        for (const { itemId } of written?.failed ?? []) await archives.setItem(tx, itemId, { state: 'ABANDONED' });
        if (!isEmpty) await audit.record(tx, systemPrincipal(archive.workspaceId), { action: 'archive.written', subjectKind: 'archive', subjectId: archive.id, afterDigest: written.staged.sha256 });
      });
    } finally {
      await written?.staged.discard();
    }
    return (written?.failed ?? []).map(({ code }) => `a recording was left out of ${archive.id}: ${code}`);
  }

  async function settle(archive: ArchiveRecord): Promise<readonly string[]> {
    const problems = await verify(archive);
    await database.transaction(async (tx) => {
      const good = problems.length === 0;
      if (!(await archives.setState(tx, archive.id, 'WRITTEN', good ? 'VERIFIED' : 'FAILED', good ? {} : { problem: problems.slice(0, 20).join('; ') }))) return;
      if (!good) for (const item of await archives.items(archive.workspaceId, archive.id, tx)) if (item.state === 'WRITTEN') await archives.setItem(tx, item.id, { state: 'ABANDONED' });
      await audit.record(tx, systemPrincipal(archive.workspaceId), { action: good ? 'archive.verified' : 'archive.failed', subjectKind: 'archive', subjectId: archive.id, afterDigest: archive.sha256 });
    });
    return problems;
  }

  async function prune(archive: ArchiveRecord, item: ArchiveItemRecord): Promise<'archived' | 'deleted' | 'kept'> {
    if (item.state === 'DONE') {
      await unhurried(() => removal.deleteBlobs(item.pendingBlobKeys, (tx) => archives.setItem(tx, item.id, { pendingBlobKeys: [] })));
      return 'archived';
    }
    if (item.deletedKinds.length === 0) {
      await database.transaction((tx) => archives.setItem(tx, item.id, { state: 'DONE' }));
      return 'archived';
    }
    const outcome = await unhurried(() => removal.remove({
      actor: systemPrincipal(archive.workspaceId), recordingId: item.recordingId, kinds: item.deletedKinds, action: 'retention.deleted', reason: `archived in ${archive.id}`, unlessBusy: true,
      // A node that was thought dead may have done it meanwhile, and somebody may have restored it since.
      isStillMeant: async (tx) => (await archives.itemState(tx, item.id)) === 'WRITTEN',
      expectedDigest: { kinds: item.kinds, digest: item.rowsDigest! },
      settle: (tx, blobKeys) => archives.setItem(tx, item.id, { state: 'DONE', pendingBlobKeys: blobKeys }),
    }));
    if (outcome.kind === 'removed') {
      if (outcome.blobKeys.length > 0) await unhurried(() => removal.deleteBlobs(outcome.blobKeys, (tx) => archives.setItem(tx, item.id, { pendingBlobKeys: [] })));
      return 'deleted';
    }
    if (outcome.kind === 'settled') return 'kept';
    await database.transaction((tx) => archives.setItem(tx, item.id, { state: outcome.kind === 'held' ? 'KEPT' : outcome.kind === 'changed' ? 'STALE' : 'DONE' }));
    return 'kept';
  }

  async function run(start: ArchiveRecord, signal: AbortSignal): Promise<ArchiveOutcome> {
    const again = async (): Promise<ArchiveRecord> => (await archives.find(start.workspaceId, start.id))!;
    let archive = start;
    const problems: string[] = [];
    if (archive.state === 'PREPARING') problems.push(...(await write(archive, signal)));
    archive = await again();
    if (archive.state === 'WRITTEN') problems.push(...(await settle(archive)));
    archive = await again();
    const figures = { archived: new Array<string>(), deleted: new Array<string>(), freedBytes: 0 };
    if (archive.state === 'VERIFIED') {
      for (const item of await archives.items(archive.workspaceId, archive.id)) {
        signal.throwIfAborted();
        if (item.state !== 'WRITTEN' && item.pendingBlobKeys.length === 0) continue;
        const outcome = await prune(archive, item);
        if (outcome !== 'kept') figures.archived.push(item.recordingId);
        if (outcome === 'deleted') {
          figures.deleted.push(item.recordingId);
          figures.freedBytes += item.byteLength;
        }
      }
      await database.transaction((tx) => archives.setState(tx, archive.id, 'VERIFIED', 'COMPLETE', {}));
    }
    return { archiveId: archive.id, archivedRecordingIds: figures.archived, deletedRecordingIds: figures.deleted, freedBytes: figures.freedBytes, problems };
  }

  return {
    verify,
    async open(workspaceId, due) {
      const id = newId('archive');
      await database.transaction(async (tx) => {
        // Two runs may have found the same recordings due; the lock lets one of them come first.
        await holds.lock(tx, workspaceId);
        const free = await archives.free(tx, workspaceId, due.map(({ facts }) => ({ recordingId: facts.recordingId, archivedAt: newest(Object.values(facts.archived)) })));
        const ours = due.filter(({ facts }) => free.has(facts.recordingId));
        if (ours.length === 0) return;
        await archives.insert(tx, { id, workspaceId, format: archiveFormat(), recordingCount: ours.length, schemaVersion: parts.schemaVersion }, ours.map((one) => ({
          id: newId('archiveItem'), recordingId: one.facts.recordingId, policyIds: [...new Set(one.decisions.map(({ policy }) => policy.id))], kinds: one.archivedKinds, deletedKinds: one.archivedThenDeleted,
        })), lease());
      });
      return archives.find(workspaceId, id);
    },
    takeUnfinished: (workspaceId) => archives.takeUnfinished(workspaceId, lease(), new Date(now())),
    async advance(archive, signal) {
      const lost = new AbortController();
      const beat = setInterval(() => {
        archives.renew(archive.id, lease()).then((mine) => { if (!mine) lost.abort(new Error('another node has taken this archive over')); }, () => undefined);
      }, leaseMs / 3);
      beat.unref();
      try {
        return await run(archive, AbortSignal.any([signal, lost.signal]));
      } finally {
        clearInterval(beat);
      }
    },
  };
}

function newest(times: readonly Date[]): Date | null {
  return times.length === 0 ? null : new Date(Math.max(...times.map((time) => time.getTime())));
}
