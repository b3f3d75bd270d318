import { Readable } from 'node:stream';
import type { Database } from '../db/database.js';
import type { DataKeyRepository, RecordingRepository } from '../db/repositories.js';
import type { ArchiveRepository, HoldRepository, RecordingTreeRepository, TombstoneRepository } from '../db/retention-repositories.js';
import type { ArchiveRecord } from '../domain/archive.js';
import { isUndertoneError, UndertoneError } from '../domain/errors.js';
import type { Principal } from '../domain/principal.js';
import type { SealedStore } from '../storage/sealed-store.js';
import { readArchive } from './archive-format.js';
import { folderOf, openRows, ROWS_MEMBER, type RowsHeader } from './archive-recording.js';
import type { ArchiveThread } from './archive-thread.js';
import type { AuditSink } from './audit.js';
import type { WorkspaceSecrets } from './workspace-secrets.js';

export interface RestoreReport {
  readonly archive: ArchiveRecord;
  readonly restoredRecordingIds: readonly string[];
  /** Recordings that were all there: nothing was changed. */
  readonly unchangedRecordingIds: readonly string[];
  /** ERASED, or CONFLICT: something else has taken its place, or the archive has parts of what must be restored from another first. */
  readonly refused: readonly { readonly recordingId: string; readonly code: string; readonly message: string }[];
}

/** The whole archive (`recordingId` null) or one recording of it. ARCHIVE_INVALID before anything is touched when the archive is not good. */
export type ArchiveRestore = (principal: Principal, archive: ArchiveRecord, recordingId: string | null) => Promise<RestoreReport>;

export interface ArchiveRestoreParts {
  readonly database: Database;
  readonly dataKeys: DataKeyRepository;
  readonly recordings: Pick<RecordingRepository, 'lockBlob'>;
  readonly archives: Pick<ArchiveRepository, 'ofRecording'>;
  readonly holds: HoldRepository;
  readonly tombstones: TombstoneRepository;
  readonly tree: RecordingTreeRepository;
  readonly blobs: SealedStore;
  readonly vault: { secretOf(dataKeyId: string): Promise<Buffer> };
  readonly secrets: WorkspaceSecrets;
  readonly audit: AuditSink;
  readonly thread: ArchiveThread;
}

/** Rows inserted in one statement. */
const BATCH = 200;
/** Times that an archive is read for bytes that are deleted while they are put back. */
const MAX_PASSES = 3;

/** A recording on its way back: its rows as they lie in the archive, until its bytes are in their place. */
interface Pending {
  readonly recordingId: string;
  readonly rows: readonly Buffer[];
  readonly header: RowsHeader;
  /** Blobs that got another key: they were sealed in the archive for the first time. */
  readonly moved: Map<string, string>;
}

export function createArchiveRestore(parts: ArchiveRestoreParts): ArchiveRestore {
  const { database, dataKeys, recordings, archives, holds, tombstones, tree, blobs, vault, secrets, audit, thread } = parts;

  async function headerOf(path: string, rows: readonly Buffer[]): Promise<RowsHeader> {
    for await (const line of openRows(vault, path, Readable.from(rows))) if ('format' in line) return line;
    throw new UndertoneError('ARCHIVE_INVALID', 'A recording of the archive has no rows.');
  }

  async function placeBlob(pending: Pending, path: string, bytes: AsyncIterable<Buffer>): Promise<void> {
    const blob = pending.header.blobs.find((one) => one.path === path);
    if (blob === undefined || (await blobs.raw.stat(blob.blobKey)) !== null) return;
    if (!blob.blobKey.startsWith('sha256/')) {
      const chunks: Buffer[] = [];
      for await (const chunk of bytes) chunks.push(chunk);
      await blobs.raw.write(blob.blobKey, Buffer.concat(chunks));
      return;
    }
    const staged = await blobs.raw.stage(Readable.from(bytes, { objectMode: false }), { maxBytes: Number.MAX_SAFE_INTEGER });
    await staged.commit();
    if (staged.key !== blob.blobKey) pending.moved.set(blob.blobKey, staged.key);
  }

  /** Null: bytes that these rows point to are gone again, deleted by whoever still had that to do for rows of before; nothing was inserted. */
  async function placeRows(principal: Principal, { recordingId, rows, header, moved }: Pending, path: string, archiveId: string): Promise<number | null> {
    return database.transaction(async (tx) => {
      await holds.lock(tx, principal.workspaceId);
      // From here on whoever would delete them waits, and then sees the rows.
      for (const key of header.blobs.map(({ blobKey }) => moved.get(blobKey) ?? blobKey).sort()) {
        await recordings.lockBlob(tx, key);
        if ((await blobs.raw.stat(key)) === null) return null;
      }
      let count = 0;
      let batch: { section: string; rows: string[] } = { section: '', rows: [] };
      const flush = async (): Promise<void> => {
        count += await tree.insert(tx, batch.section, batch.rows);
      };
      for await (const line of openRows(vault, path, Readable.from(rows))) {
        if (!('section' in line)) continue;
        if (line.section !== batch.section || batch.rows.length >= BATCH) {
          await flush();
          batch = { section: line.section, rows: [] };
        }
        batch.rows.push(withMoved(line.section, line.row, moved));
      }
      await flush();
      if (count > 0) {
        await dataKeys.markRestored(tx, principal.workspaceId, recordingId);
        await audit.record(tx, principal, { action: 'archive.restored', subjectKind: 'recording', subjectId: recordingId, reason: archiveId });
      }
      return count;
    });
  }

  async function whereElse(workspaceId: string, recordingId: string, archiveId: string): Promise<string> {
    const others = (await archives.ofRecording(workspaceId, recordingId)).map(({ id }) => id).filter((id) => id !== archiveId);
    return others.length === 0 ? 'No other archive has this recording.' : `Restore ${others.join(', ')} first, then this one again.`;
  }

  return async (principal, archive, wanted) => {
    const keys = (await secrets.publicKeys(archive.workspaceId)).map(({ publicKey }) => publicKey);
    const { check } = await thread.check(await blobs.raw.read(archive.blobKey!), keys, null);
    if (check.manifest === null || check.problems.length > 0) throw new UndertoneError('ARCHIVE_INVALID', `The archive ${archive.id} is not good, and nothing was restored: ${check.problems.slice(0, 5).join('; ')}.`);
    if (check.manifest.workspaceId !== principal.workspaceId) throw new UndertoneError('ARCHIVE_INVALID', 'The archive is of another workspace.');
    const inArchive = check.manifest.recordings.map(({ id }) => id);
    if (wanted !== null && !inArchive.includes(wanted)) throw new UndertoneError('NOT_FOUND', `The archive ${archive.id} has no recording ${wanted.slice(0, 64)}.`, { id: wanted.slice(0, 64) });
    const erased = await tombstones.erased(principal.workspaceId, inArchive);

    const restored: string[] = [];
    const unchanged: string[] = [];
    const refused: { recordingId: string; code: string; message: string }[] = [];
    let pending: Pending | null = null;
    let bereft: string[] = [];
    const refuse = async (recordingId: string, error: unknown): Promise<void> => {
      if (!isUndertoneError(error) || !['ERASED', 'CONFLICT', 'ARCHIVE_INVALID'].includes(error.code)) throw error;
      const advice = error.details['isPartial'] === true ? ` ${await whereElse(principal.workspaceId, recordingId, archive.id)}` : '';
      refused.push({ recordingId, code: error.code, message: `${error.message}${advice}` });
    };
    const finish = async (): Promise<void> => {
      const done = pending;
      pending = null;
      if (done === null) return;
      try {
        const count = await placeRows(principal, done, `${folderOf(done.recordingId)}/${ROWS_MEMBER}`, archive.id);
        (count === null ? bereft : count > 0 ? restored : unchanged).push(done.recordingId);
      } catch (error) {
        await refuse(done.recordingId, error);
      }
    };

    const pass = async (wantedIds: ReadonlySet<string>): Promise<void> => {
      await readArchive(await blobs.raw.read(archive.blobKey!), async (path, bytes) => {
        const recordingId = /^recordings\/([\w-]+)\//.exec(path)?.[1];
        if (recordingId === undefined || !wantedIds.has(recordingId)) return;
        if (path.endsWith(ROWS_MEMBER)) {
          await finish();
          if (erased.has(recordingId)) {
            await refuse(recordingId, new UndertoneError('ERASED', 'This recording was erased; an archive cannot bring it back.'));
            return;
          }
          const rows: Buffer[] = [];
          for await (const chunk of bytes) rows.push(chunk);
          try {
            pending = { recordingId, rows, header: await headerOf(path, rows), moved: new Map() };
          } catch (error) {
            await refuse(recordingId, error);
          }
        } else if (pending !== null) await placeBlob(pending, path, bytes);
      });
      await finish();
    };
    await pass(new Set(wanted === null ? inArchive : [wanted]));
    for (let passes = 1; bereft.length > 0; passes++) {
      const again = bereft;
      bereft = [];
      if (passes === MAX_PASSES) for (const id of again) await refuse(id, new UndertoneError('CONFLICT', 'Its bytes were deleted while they were put back. Ask again when the run of retention is over.'));
      else await pass(new Set(again));
    }
    return { archive, restoredRecordingIds: restored, unchangedRecordingIds: unchanged, refused };
  };
}

/** The same row with the new place of its bytes; only the two columns that hold keys are looked at. */
function withMoved(section: string, row: string, moved: ReadonlyMap<string, string>): string {
  if (moved.size === 0 || !/^(Recording|Analysis)\b/.test(section)) return row;
  const column = section.startsWith('Recording') ? 'blobKey' : 'trackKey';
  const key = (JSON.parse(row) as Record<string, unknown>)[column];
  const to = typeof key === 'string' ? moved.get(key) : undefined;
  return to === undefined ? row : row.replace(JSON.stringify(key), JSON.stringify(to));
}
