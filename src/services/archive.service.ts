import type { KeyObject } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { ArchiveRepository } from '../db/retention-repositories.js';
import type { ArchiveItemRecord, ArchiveRecord } from '../domain/archive.js';
import { notFound, UndertoneError } from '../domain/errors.js';
import type { Principal } from '../domain/principal.js';
import type { Page, PageRequest } from '../domain/records.js';
import { inWorkspace } from '../domain/workspace-scope.js';
import type { DataKeySource, SealedStore } from '../storage/sealed-store.js';
import { checkStream } from './archive-reader.js';
import { unpackingHandler, type MemberWriter } from './archive-unpack.js';
import type { Archiving } from './archiving.js';
import type { AuditSink } from './audit.js';
import { requireScope } from './permissions.js';
import type { ArchiveRestore, RestoreReport } from './archive-restore.js';
import type { WorkspaceSecrets } from './workspace-secrets.js';

/** Every archive is read once within this time, however many there are. */
const CYCLE_DAYS = 28;
const DAY_MS = 24 * 3600 * 1000;

export interface VerifiedArchive {
  readonly archive: ArchiveRecord;
  /** Empty: it is good. */
  readonly problems: readonly string[];
}

export interface UnpackReport {
  readonly recordingIds: readonly string[];
  /** Their keys were destroyed: nobody can open them. */
  readonly erasedRecordingIds: readonly string[];
  /** Empty: the archive is whole and signed. */
  readonly problems: readonly string[];
}

export interface ArchiveService {
  list(principal: Principal, page: PageRequest): Promise<Page<ArchiveRecord>>;
  find(principal: Principal, id: string): Promise<ArchiveRecord | null>;
  items(principal: Principal, archiveId: string): Promise<readonly ArchiveItemRecord[]>;
  ofRecording(principal: Principal, recordingId: string): Promise<readonly ArchiveRecord[]>;
  /** Reads the whole archive and opens every member of it. */
  verify(principal: Principal, id: string): Promise<VerifiedArchive>;
  /** The whole archive, or one recording of it. Nothing that is there is changed; what was erased stays so. */
  restore(principal: Principal, id: string, recordingId: string | null): Promise<RestoreReport>;
  /** The file as it is stored. */
  open(principal: Principal, id: string): Promise<{ readonly archive: ArchiveRecord; readonly stream: Readable }>;
  /** Opens the members of it, or of one recording, and hands them to `write`; meanwhile the archive is checked. ARCHIVE_INVALID where a member does not open. */
  unpack(principal: Principal, id: string, recordingId: string | null, write: MemberWriter): Promise<UnpackReport>;
  publicKeys(principal: Principal): Promise<readonly { readonly id: string; readonly publicKey: KeyObject }[]>;
  /** For the schedule, over all workspaces: a day's share, longest unread first. With `isDryRun` it says how many they are. */
  verifySample(signal: AbortSignal, isDryRun?: boolean): Promise<{ readonly checkedCount: number; readonly badCount: number }>;
}

export interface ArchiveServiceParts {
  readonly archives: ArchiveRepository;
  readonly blobs: SealedStore;
  readonly secrets: WorkspaceSecrets;
  readonly vault: DataKeySource;
  readonly archiving: Archiving;
  readonly restore: ArchiveRestore;
  readonly audit: AuditSink;
  readonly now?: () => number;
}

export function createArchiveService({ archives, blobs, secrets, vault, archiving, restore, audit, now = Date.now }: ArchiveServiceParts): ArchiveService {
  async function readable(principal: Principal, id: string): Promise<ArchiveRecord> {
    const archive = await archives.find(principal.workspaceId, id);
    if (archive === null) throw notFound('archive', id);
    if (archive.blobKey === null) throw new UndertoneError('CONFLICT', `The archive ${archive.id} has not been written yet (${archive.state}).`, { state: archive.state });
    return archive;
  }

  async function checked(archive: ArchiveRecord): Promise<VerifiedArchive> {
    const problems = await archiving.verify(archive).catch((error: unknown) => {
      if (error instanceof UndertoneError && error.code === 'BLOB_MISSING') return ['the file is gone from the storage'];
      throw error;
    });
    await archives.markChecked(archive.id, problems.length === 0 ? null : problems.slice(0, 20).join('; '));
    return { archive, problems };
  }

  return {
    async list(principal, page) {
      requireScope(principal, 'retention:read');
      return archives.list(principal.workspaceId, page);
    },
    async find(principal, id) {
      requireScope(principal, 'retention:read');
      return archives.find(principal.workspaceId, id);
    },
    async items(principal, archiveId) {
      requireScope(principal, 'retention:read');
      return archives.items(principal.workspaceId, archiveId);
    },
    async ofRecording(principal, recordingId) {
      requireScope(principal, 'retention:read');
      return archives.ofRecording(principal.workspaceId, recordingId);
    },
    async verify(principal, id) {
      requireScope(principal, 'retention:admin');
      const archive = await readable(principal, id);
      await audit.record(null, principal, { action: 'archive.check-requested', subjectKind: 'archive', subjectId: id });
      return checked(archive);
    },
    async restore(principal, id, recordingId) {
      requireScope(principal, 'retention:admin');
      return restore(principal, await readable(principal, id), recordingId);
    },
    async open(principal, id) {
      requireScope(principal, 'retention:admin');
      const archive = await readable(principal, id);
      await audit.record(null, principal, { action: 'archive.read', subjectKind: 'archive', subjectId: id });
      return { archive, stream: await blobs.raw.read(archive.blobKey!) };
    },
    async unpack(principal, id, recordingId, write) {
      requireScope(principal, 'retention:admin');
      const archive = await readable(principal, id);
      await audit.record(null, principal, { action: 'archive.unpacked', subjectKind: 'archive', subjectId: id, reason: recordingId });
      const { handle, opened, erased } = unpackingHandler(vault, recordingId, write);
      const keys = (await secrets.publicKeys(archive.workspaceId)).map(({ publicKey }) => publicKey);
      const { manifest, problems } = await checkStream(await blobs.raw.read(archive.blobKey!), keys, handle);
      if (recordingId !== null && manifest !== null && !manifest.recordings.some((recording) => recording.id === recordingId)) {
        throw new UndertoneError('NOT_FOUND', `The archive ${archive.id} has no recording ${recordingId.slice(0, 64)}.`, { id: recordingId.slice(0, 64) });
      }
      return { recordingIds: [...opened], erasedRecordingIds: [...erased], problems };
    },
    async publicKeys(principal) {
      requireScope(principal, 'retention:read');
      await secrets.signingKey(principal.workspaceId);
      return secrets.publicKeys(principal.workspaceId);
    },
    async verifySample(signal, isDryRun = false) {
      const share = Math.ceil((await archives.countVerified()) / CYCLE_DAYS);
      let badCount = 0;
      const sample = await archives.oldestChecked(new Date(now() - DAY_MS / 2), share);
      for (const archive of isDryRun ? [] : sample) {
        signal.throwIfAborted();
        if ((await inWorkspace(archive.workspaceId, () => checked(archive))).problems.length > 0) badCount += 1;
      }
      return { checkedCount: sample.length, badCount };
    },
  };
}
