import { registerEnumType } from 'type-graphql';

/** Every value must be described, as in enums.type.ts: the type says so. */
function described<T extends Readonly<Record<string, string>>>(values: T, name: string, description: string, texts: Record<keyof T, string>): T {
  const valuesConfig = Object.fromEntries(Object.entries<string>(texts).map(([key, text]) => [key, { description: text }]));
  registerEnumType(values, { name, description, valuesConfig: valuesConfig as Record<keyof T, { description: string }> });
  return values;
}

export const DataKindEnum = described(
  { RECORDING: 'RECORDING', ORIGINAL_AUDIO: 'ORIGINAL_AUDIO', PROCESSED_AUDIO: 'PROCESSED_AUDIO', FRAME_TRACKS: 'FRAME_TRACKS', EMBEDDINGS: 'EMBEDDINGS', TRANSCRIPTS: 'TRANSCRIPTS', RESULTS: 'RESULTS' } as const,
  'DataKind', 'Kinds of data that are kept for different times. A whole goes only when no part of it has a policy that still keeps it.',
  {
    RECORDING: 'The recording with everything under it.', ORIGINAL_AUDIO: 'The bytes that were uploaded.', PROCESSED_AUDIO: 'What was made of the samples: the waveform. The samples themselves are never stored.', FRAME_TRACKS: 'Scores frame by frame, that timelines are drawn from.',
    EMBEDDINGS: 'Vectors, that similar segments are found by.', TRANSCRIPTS: 'Texts of segments.', RESULTS: 'Analyses with their segments, speakers, tracks, vectors and texts.',
  },
);
export const RetentionActionEnum = described(
  { KEEP: 'KEEP', ARCHIVE: 'ARCHIVE', ARCHIVE_AND_DELETE: 'ARCHIVE_AND_DELETE', DELETE: 'DELETE' } as const,
  'RetentionAction', 'What is done when the days are over.',
  { KEEP: 'Nothing: other policies of lower precedence have no say.', ARCHIVE: 'It is copied into an archive and stays.', ARCHIVE_AND_DELETE: 'It is copied into an archive, which is read back, and then deleted.', DELETE: 'It is deleted without an archive.' },
);
export const ReviewStateEnum = described({ NONE: 'NONE', PENDING: 'PENDING', RESOLVED: 'RESOLVED' } as const, 'ReviewState', 'Whether people have looked at a recording.', { NONE: 'Nobody was asked.', PENDING: 'Somebody is asked and has not answered.', RESOLVED: 'Somebody has answered.' });
export const ArchiveStateEnum = described(
  { PREPARING: 'PREPARING', WRITTEN: 'WRITTEN', VERIFIED: 'VERIFIED', COMPLETE: 'COMPLETE', FAILED: 'FAILED' } as const,
  'ArchiveState', 'How far an archive is. Data is deleted between VERIFIED and COMPLETE only.',
  { PREPARING: 'Its recordings are chosen.', WRITTEN: 'The file is stored and not read back yet.', VERIFIED: 'The file was read back and every member opened.', COMPLETE: 'What was to be deleted is.', FAILED: 'It is not good, or nothing was left to archive; nothing was deleted for it.' },
);
export const ArchiveItemStateEnum = described(
  { PENDING: 'PENDING', WRITTEN: 'WRITTEN', DONE: 'DONE', KEPT: 'KEPT', STALE: 'STALE', ABANDONED: 'ABANDONED' } as const,
  'ArchiveItemState', 'What became of one recording of an archive.',
  { PENDING: 'To be written.', WRITTEN: 'In the archive.', DONE: 'In the archive, and deleted where it was to be.', KEPT: 'Kept by a legal hold.', STALE: 'In the archive, and not deleted because it has changed since.', ABANDONED: 'Left out, or its archive failed.' },
);
export const HoldScopeEnum = described({ RECORDING: 'RECORDING', SUBJECT: 'SUBJECT', QUERY: 'QUERY' } as const, 'LegalHoldScope', 'What a legal hold covers.', { RECORDING: 'One recording.', SUBJECT: 'Every recording of an external id, archived ones and those to come included.', QUERY: 'Every recording that matches a filter, now or when it was placed or later.' });
export const TaskRunStateEnum = described({ RUNNING: 'RUNNING', SUCCEEDED: 'SUCCEEDED', FAILED: 'FAILED', SKIPPED: 'SKIPPED' } as const, 'TaskRunState', 'How a run of a task went.', { RUNNING: 'It goes on, or its process died and the deadline has not passed.', SUCCEEDED: 'It went well.', FAILED: 'It threw or took too long.', SKIPPED: 'A firing from before the first start.' });
export const TaskRunCauseEnum = described({ SCHEDULE: 'SCHEDULE', MISSED: 'MISSED', HAND: 'HAND' } as const, 'TaskRunCause', 'Why a task ran.', { SCHEDULE: 'Its time had come.', MISSED: 'Its time had passed while no node ran; done once.', HAND: 'Somebody asked for it.' });
