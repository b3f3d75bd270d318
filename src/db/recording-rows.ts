import type { AudioQuality, SpeechRegion } from '../domain/analysis.js';
import type { RecordingRecord } from '../domain/records.js';
import { Prisma, type Recording } from './generated/client.js';

/** All but the waveform, which is asked for by itself and would make every list heavy. */
export type RecordingRow = Omit<Recording, 'peaks'>;

const COLUMNS = [
  'id', 'workspaceId', 'sha256', 'byteLength', 'blobKey', 'fileName', 'title', 'externalId', 'language', 'tags', 'recordedAt', 'durationSeconds', 'quality', 'speechRegions', 'createdAt',
] as const satisfies readonly (keyof RecordingRow)[];

/** The columns of RecordingRow for a raw query in which the table goes by `alias`. */
export function recordingColumns(alias: string): Prisma.Sql {
  return Prisma.raw(COLUMNS.map((column) => `${alias}."${column}"`).join(', '));
}

export function toRecording(row: RecordingRow): RecordingRecord {
  return {
    ...row,
    byteLength: Number(row.byteLength),
    // Written by `complete` from exactly these types; nothing else writes the columns.
    quality: row.quality as AudioQuality | null,
    speechRegions: row.speechRegions as SpeechRegion[] | null,
  };
}
