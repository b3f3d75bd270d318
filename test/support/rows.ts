import type { RecordingRecord } from '../../src/domain/records.js';
import type { RecordingRepository } from '../../src/db/repositories.js';
import { newId } from '../../src/domain/ids.js';

export type NewRecording = Parameters<RecordingRepository['insertOrFind']>[1];

/** A recording as an upload makes it. */
export function aRecording(workspaceId: string, changes: Partial<NewRecording> = {}): NewRecording {
  const id = newId('recording');
  return { id, workspaceId, sha256: id, byteLength: 1000, blobKey: `sha256/${id}`, fileName: 'call.wav', title: null, externalId: null, language: null, tags: [], recordedAt: null, ...changes };
}

export const NEWEST_FIRST = { field: 'createdAt', direction: 'desc' } as const;

export function idsOf(items: readonly Pick<RecordingRecord, 'id'>[]): string[] {
  return items.map(({ id }) => id);
}
