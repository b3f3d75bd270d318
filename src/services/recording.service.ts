import { extname } from 'node:path';
import { notFound, UndertoneError } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import type { Database } from '../db/database.js';
import type { RecordingRepository } from '../db/repositories.js';
import type { ArchiveRepository } from '../db/retention-repositories.js';
import { isRemovedBlob } from '../domain/removed-blob.js';
import type { SealedStore } from '../storage/sealed-store.js';
import type { AuditSink } from './audit.js';
import type { LiveRemoval } from './live-removal.js';
import type { StorageBackend } from '../storage/blob-store.js';
import type { DecodeAhead } from './decode-ahead.js';
import type { Intake } from './intake.js';
import { assertSearchable, parseUploadInput, safeFileName } from './recording-input.js';
import { requireScope } from './permissions.js';
import type { RecordingService } from './service-contracts.js';
import type { StorageQuota } from './workspace.service.js';
import type { Vault } from './vault.js';

/** Clips up to this size are decoded while their row is written. */
const DECODED_AHEAD_BYTES = 8 * 1024 * 1024;

/** What the browser is told of a recording that it plays, by the name it was uploaded under; bytes of another kind are not sniffed. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.wav': 'audio/wav', '.mp3': 'audio/mpeg', '.m4a': 'audio/mp4', '.mp4': 'audio/mp4', '.aac': 'audio/aac', '.ogg': 'audio/ogg', '.opus': 'audio/ogg',
  '.flac': 'audio/flac', '.webm': 'audio/webm', '.aif': 'audio/aiff', '.aiff': 'audio/aiff',
};

export interface RecordingServiceParts {
  readonly database: Database;
  readonly recordings: RecordingRepository;
  readonly blobs: SealedStore;
  readonly vault: Vault;
  readonly archives: ArchiveRepository;
  readonly removal: LiveRemoval;
  readonly audit: AuditSink;
  readonly decodeAhead: Pick<DecodeAhead, 'begin'>;
  readonly intake: Pick<Intake, 'assertOpen'>;
  readonly maxUploadBytes: number;
  /** Bytes that must stay free after an upload that says how long it is. */
  readonly minFreeBytes: number;
  readonly quota: StorageQuota;
  /** Left out where the stored bytes are not what a caller may read, or the storage signs no links. */
  readonly downloadUrl?: StorageBackend['downloadUrl'];
}

function contentTypeOf(fileName: string): string {
  return CONTENT_TYPES[extname(fileName).toLowerCase()] ?? 'application/octet-stream';
}

export function createRecordingService(parts: RecordingServiceParts): RecordingService {
  const { database, recordings, archives, blobs, vault, removal, maxUploadBytes } = parts;

  return {
    async assertRoom(announcedBytes) {
      parts.intake.assertOpen();
      const freeBytes = await blobs.freeBytes();
      if (freeBytes === null || freeBytes - announcedBytes >= parts.minFreeBytes) return;
      throw new UndertoneError('STORAGE_FULL', `The upload announces ${announcedBytes} bytes; ${freeBytes} are free where uploads are taken in, of which ${parts.minFreeBytes} must stay so. Free space, or send it later.`, { announcedBytes, freeBytes, minFreeBytes: parts.minFreeBytes });
    },

    async upload(principal, file, input, signal) {
      requireScope(principal, 'recordings:write');
      parts.intake.assertOpen();
      const details = parseUploadInput(input);
      const key = await vault.newKey(principal.workspaceId, details.externalId);
      const staged = await blobs.stage(key, file.stream, { maxBytes: maxUploadBytes, ...(file.analyzedNext === true ? { plainCopy: { maxBytes: DECODED_AHEAD_BYTES, onWritten: parts.decodeAhead.begin } } : {}), ...(signal === undefined ? {} : { signal }) });
      try {
        if (staged.byteLength === 0) throw new UndertoneError('UPLOAD_EMPTY', 'The uploaded file has no bytes. Check that it was written completely, and send it again.');
        if (details.sha256 !== null && details.sha256 !== staged.sha256) {
          throw new UndertoneError('UPLOAD_DIGEST_MISMATCH', `The request announced SHA-256 ${details.sha256}, the bytes received have ${staged.sha256}. Send the file again.`);
        }
        const blobKey = staged.key;
        return await database.transaction(async (tx) => {
          await recordings.lockBlob(tx, blobKey);
          const found = await recordings.insertOrFind(tx, {
            id: newId('recording'), workspaceId: principal.workspaceId, sha256: staged.sha256, byteLength: staged.byteLength, blobKey,
            fileName: safeFileName(file.fileName), title: details.title, externalId: details.externalId, language: details.language,
            tags: details.tags, recordedAt: details.recordedAt,
          });
          const isRevived = !found.isNew && isRemovedBlob(found.recording.blobKey) && (await recordings.reviveAudio(tx, found.recording.id, blobKey));
          if (!found.isNew && !isRevived) return found;
          // The same bytes again take no room.
          if (found.isNew) await parts.quota.assertRoom(tx, principal.workspaceId, staged.byteLength);
          await vault.keep(tx, key, found.recording.id);
          // The file is durable before the row that points to it can be seen.
          await staged.commit();
          await parts.audit.record(tx, principal, { action: 'recording.uploaded', subjectKind: 'recording', subjectId: found.recording.id, afterDigest: staged.sha256 });
          return { recording: { ...found.recording, blobKey }, isNew: found.isNew };
        });
      } finally {
        await staged.discard();
      }
    },

    async find(principal, id) {
      requireScope(principal, 'recordings:read');
      return recordings.findById(principal.workspaceId, id);
    },

    async findMany(principal, ids) {
      requireScope(principal, 'recordings:read');
      return recordings.findByIds(principal.workspaceId, ids);
    },

    async list(principal, page, filter, order) {
      requireScope(principal, 'recordings:read');
      // Who may not read what the model said must not find it out by asking for each label.
      if (filter.label !== undefined) requireScope(principal, 'analyses:read');
      assertSearchable(filter);
      return recordings.list(principal.workspaceId, page, filter, order);
    },

    async waveform(principal, id) {
      requireScope(principal, 'recordings:read');
      const recording = await recordings.findById(principal.workspaceId, id);
      const peaks = recording === null ? null : await recordings.peaks(principal.workspaceId, id);
      if (recording === null || peaks === null || recording.durationSeconds === null || peaks.length < 2) return null;
      const bucketCount = peaks.length / 2;
      return {
        bucketSeconds: recording.durationSeconds / bucketCount,
        minimum: Array.from({ length: bucketCount }, (_, i) => peaks[2 * i]!),
        maximum: Array.from({ length: bucketCount }, (_, i) => peaks[2 * i + 1]!),
      };
    },

    async openAudio(principal, id, range) {
      requireScope(principal, 'recordings:read');
      const recording = await recordings.findById(principal.workspaceId, id);
      if (recording === null) throw notFound('recording', id);
      const stream = await blobs.read(recording.blobKey, range === undefined ? undefined : { start: range.start, end: range.end - 1 });
      return { stream, byteLength: recording.byteLength, contentType: contentTypeOf(recording.fileName), recording };
    },

    async audioUrl(principal, id, { expiresInSeconds, contentDisposition }) {
      requireScope(principal, 'recordings:read');
      const recording = await recordings.findById(principal.workspaceId, id);
      // What is sealed must pass through here; only recordings from before there was encryption can be read where they lie.
      if (recording === null || parts.downloadUrl === undefined || (await blobs.isSealed(recording.blobKey))) return null;
      return parts.downloadUrl(recording.blobKey, { expiresInSeconds, contentDisposition, contentType: contentTypeOf(recording.fileName) });
    },

    async delete(principal, id, reason) {
      requireScope(principal, 'recordings:delete');
      const outcome = await removal.remove({
        actor: principal, recordingId: id, kinds: ['RECORDING'], action: 'recording.deleted', reason,
        settle: async (tx) => {
          // Archives can bring it back, and need its key; without any, copies of its files become unreadable as well.
          if ((await archives.holding(tx, principal.workspaceId, [id])).length === 0) await vault.destroy(tx, principal.workspaceId, [id]);
        },
      });
      if (outcome.kind === 'held') throw new UndertoneError('LEGAL_HOLD', `The recording is under the legal hold ${outcome.holdIds.join(', ')}, which nothing overrides. Release it first (releaseLegalHold), with a reason.`, { holdIds: outcome.holdIds });
      if (outcome.kind !== 'removed') throw notFound('recording', id);
      vault.forget();
      await removal.deleteBlobs(outcome.blobKeys);
      return { id };
    },
  };
}
