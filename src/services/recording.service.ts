import { extname } from 'node:path';
import { UndertoneError } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import type { Database } from '../db/database.js';
import type { RecordingRepository } from '../db/repositories.js';
import type { BlobStore, StorageBackend } from '../storage/blob-store.js';
import type { DecodeAhead } from './decode-ahead.js';
import type { FactOutbox } from './fact-outbox.js';
import type { Intake } from './intake.js';
import { parseUploadInput, safeFileName } from './recording-input.js';
import { requireScope } from './permissions.js';
import type { RecordingService } from './service-contracts.js';
import type { StorageQuota } from './workspace.service.js';

/** What the browser is told of a recording that it plays, by the name it was uploaded under; bytes of another kind are not sniffed. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.wav': 'audio/wav', '.mp3': 'audio/mpeg', '.m4a': 'audio/mp4', '.mp4': 'audio/mp4', '.aac': 'audio/aac', '.ogg': 'audio/ogg', '.opus': 'audio/ogg',
  '.flac': 'audio/flac', '.webm': 'audio/webm', '.aif': 'audio/aiff', '.aiff': 'audio/aiff',
};

export interface RecordingServiceParts {
  readonly database: Database;
  readonly recordings: RecordingRepository;
  readonly blobs: BlobStore;
  readonly facts: FactOutbox;
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
  const { database, recordings, blobs, facts, maxUploadBytes } = parts;

  /** Under the blob's lock, so that an upload of the same bytes in another request cannot lose its file. */
  async function removeUnusedBlob(blobKey: string): Promise<void> {
    await database.transaction(async (tx) => {
      await recordings.lockBlob(tx, blobKey);
      if ((await recordings.countBlobReferences(tx, blobKey)) === 0) await blobs.delete(blobKey);
    });
  }

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
      const staged = await blobs.stage(file.stream, { maxBytes: maxUploadBytes, ...(signal === undefined ? {} : { signal }) });
      try {
        if (staged.byteLength === 0) throw new UndertoneError('UPLOAD_EMPTY', 'The uploaded file has no bytes. Check that it was written completely, and send it again.');
        if (details.sha256 !== null && details.sha256 !== staged.sha256) {
          throw new UndertoneError('UPLOAD_DIGEST_MISMATCH', `The request announced SHA-256 ${details.sha256}, the bytes received have ${staged.sha256}. Send the file again.`);
        }
        if (file.analyzedNext === true && staged.path !== null) parts.decodeAhead.begin(staged.sha256, staged.path, staged.byteLength);
        const blobKey = staged.key;
        return await database.transaction(async (tx) => {
          await recordings.lockBlob(tx, blobKey);
          const inserted = await recordings.insertOrFind(tx, {
            id: newId('recording'), workspaceId: principal.workspaceId, sha256: staged.sha256, byteLength: staged.byteLength, blobKey,
            fileName: safeFileName(file.fileName), title: details.title, externalId: details.externalId, language: details.language,
            tags: details.tags, recordedAt: details.recordedAt,
          });
          // The same bytes again take no room.
          if (inserted.isNew) await parts.quota.assertRoom(tx, principal.workspaceId, staged.byteLength);
          // The file is durable before the row that points to it can be seen.
          await staged.commit();
          return inserted;
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
      if (recording === null) throw new UndertoneError('NOT_FOUND', `There is no recording ${id.slice(0, 64)}.`, { id: id.slice(0, 64) });
      const stream = await blobs.read(recording.blobKey, range === undefined ? undefined : { start: range.start, end: range.end - 1 });
      return { stream, byteLength: recording.byteLength, contentType: contentTypeOf(recording.fileName), recording };
    },

    async audioUrl(principal, id, { expiresInSeconds, contentDisposition }) {
      requireScope(principal, 'recordings:read');
      const recording = await recordings.findById(principal.workspaceId, id);
      if (recording === null || parts.downloadUrl === undefined) return null;
      return parts.downloadUrl(recording.blobKey, { expiresInSeconds, contentDisposition, contentType: contentTypeOf(recording.fileName) });
    },

    async delete(principal, id, _reason) {
      requireScope(principal, 'recordings:delete');
      const fact = { kind: 'recording.deleted', workspaceId: principal.workspaceId, recordingId: id } as const;
      const removed = await database.transaction(async (tx) => {
        const deleted = await recordings.delete(tx, principal.workspaceId, id);
        if (deleted !== null) await facts.put(tx, fact);
        return deleted;
      });
      if (removed === null) throw new UndertoneError('NOT_FOUND', `There is no recording ${id.slice(0, 64)}.`, { id: id.slice(0, 64) });
      // After the commit: killed here, the files are orphans that a sweep removes; the other order could lose a live file.
      for (const key of removed.trackKeys) await blobs.delete(key);
      await removeUnusedBlob(removed.blobKey);
      facts.announce(fact);
      return { id };
    },
  };
}
