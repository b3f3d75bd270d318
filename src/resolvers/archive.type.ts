import { Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { ArchiveItemState, ArchiveState, HoldScope } from '../domain/archive.js';
import type { DataKind } from '../domain/retention.js';
import type { LegalHoldInput } from '../services/hold.service.js';
import { connectionType } from './page.type.js';
import { RecordingFilterInput } from './recording.input.js';
import { ArchiveItemStateEnum, ArchiveStateEnum, DataKindEnum, HoldScopeEnum } from './retention-enums.type.js';
import { DateTime } from './scalars.js';

@ObjectType('Archive', { simpleResolvers: true, description: 'A signed file of archived recordings. `docs/archives.md` describes the format.' })
export class ArchiveType {
  @Field(() => ID, { description: 'Opaque id (`arc_…`).' })
  id!: string;
  @Field(() => ArchiveStateEnum, { description: 'How far it is.' })
  state!: ArchiveState;
  @Field(() => String, { description: '`tar.gz`, or `tar.zst` where Node has Zstandard.' })
  format!: string;
  @Field(() => String, { nullable: true, description: 'SHA-256 of the file, hex; null until it is written.' })
  sha256!: string | null;
  @Field(() => Float, { nullable: true, description: 'Size of the file in bytes.' })
  byteLength!: number | null;
  @Field(() => Int, { description: 'Recordings that were chosen for it.' })
  recordingCount!: number;
  @Field(() => String, { description: 'Newest migration of the database when it was written.' })
  schemaVersion!: string;
  @Field(() => String, { nullable: true, description: 'Id of the key that signed it.' })
  signingKeyId!: string | null;
  @Field(() => String, { nullable: true, description: 'What is wrong with it, where something is.' })
  problem!: string | null;
  @Field(() => DateTime, { description: 'When it was begun.' })
  createdAt!: Date;
  @Field(() => DateTime, { nullable: true, description: 'When the file was stored.' })
  writtenAt!: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'When it was read back for the first time.' })
  verifiedAt!: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'When it was last read and found good.' })
  lastVerifiedAt!: Date | null;
}

@ObjectType('ArchiveItem', { simpleResolvers: true, description: 'One recording in an archive.' })
export class ArchiveItemType {
  @Field(() => ID, { description: 'Id of the recording, which may be gone.' })
  recordingId!: string;
  @Field(() => [DataKindEnum], { description: 'What of it is in the archive.' })
  kinds!: readonly DataKind[];
  @Field(() => [DataKindEnum], { description: 'What of it was to be deleted.' })
  deletedKinds!: readonly DataKind[];
  @Field(() => ArchiveItemStateEnum, { description: 'What became of it.' })
  state!: ArchiveItemState;
  @Field(() => Float, { description: 'Its bytes in the archive.' })
  byteLength!: number;
}

@ObjectType({ simpleResolvers: true, description: 'What reading a whole archive showed.' })
export class VerifiedArchiveType {
  @Field(() => ArchiveType, { description: 'The archive.' })
  archive!: ArchiveType;
  @Field(() => [String], { description: 'What differs; empty: it is good.' })
  problems!: readonly string[];
}

@ObjectType({ simpleResolvers: true, description: 'A recording that an archive could not bring back.' })
export class RefusedRestore {
  @Field(() => ID, { description: 'Id of the recording.' })
  recordingId!: string;
  @Field(() => String, { description: 'ERASED, CONFLICT or ARCHIVE_INVALID.' })
  code!: string;
  @Field(() => String, { description: 'Why, for people.' })
  message!: string;
}

@ObjectType({ simpleResolvers: true, description: 'What came back from an archive.' })
export class RestoredArchive {
  @Field(() => ArchiveType, { description: 'The archive.' })
  archive!: ArchiveType;
  @Field(() => [ID], { description: 'Recordings of which something came back.' })
  restoredRecordingIds!: readonly string[];
  @Field(() => [ID], { description: 'Recordings that were all there; nothing of them was changed.' })
  unchangedRecordingIds!: readonly string[];
  @Field(() => [RefusedRestore], { description: 'Recordings that stay away, and why.' })
  refused!: readonly RefusedRestore[];
}

@ObjectType({ simpleResolvers: true, description: 'The conditions of a legal hold on a query.' })
export class LegalHoldFilter {
  @Field(() => String, { nullable: true, description: 'Has this tag.' })
  tag?: string | null;
  @Field(() => String, { nullable: true, description: 'Has this external id.' })
  externalId?: string | null;
  @Field(() => String, { nullable: true, description: 'Part of the title or file name.' })
  search?: string | null;
  @Field(() => String, { nullable: true, description: 'Label of the newest finished analysis.' })
  label?: string | null;
  @Field(() => String, { nullable: true, description: 'Uploaded at or after, RFC 3339.' })
  createdAfter?: string | null;
  @Field(() => String, { nullable: true, description: 'Uploaded before, RFC 3339.' })
  createdBefore?: string | null;
}

@ObjectType('LegalHold', { simpleResolvers: true, description: 'While it is not released, nothing it covers is deleted, erased or overwritten, by nobody.' })
export class LegalHoldType {
  @Field(() => ID, { description: 'Opaque id (`hold_…`).' })
  id!: string;
  @Field(() => HoldScopeEnum, { description: 'What it covers.' })
  scope!: HoldScope;
  @Field(() => ID, { nullable: true, description: 'The recording, for the scope RECORDING.' })
  recordingId!: string | null;
  @Field(() => String, { nullable: true, description: 'The external id, for the scope SUBJECT.' })
  externalId!: string | null;
  @Field(() => LegalHoldFilter, { nullable: true, description: 'The conditions, for the scope QUERY.' })
  filter!: LegalHoldFilter | null;
  @Field(() => String, { description: 'Why it was placed.' })
  reason!: string;
  @Field(() => ID, { description: 'Id of the key that placed it, or of the rule that did.' })
  placedBy!: string;
  @Field(() => DateTime, { description: 'When it was placed.' })
  placedAt!: Date;
  @Field(() => DateTime, { nullable: true, description: 'When it was released; null while it holds.' })
  releasedAt!: Date | null;
  @Field(() => String, { nullable: true, description: 'Why it was released.' })
  releaseReason!: string | null;
}

@InputType('LegalHoldInput', { description: 'A hold to be placed: exactly the one of recordingId, externalId and filter that the scope needs.' })
export class LegalHoldInputType implements LegalHoldInput {
  @Field(() => HoldScopeEnum, { description: 'What it covers.' })
  scope!: HoldScope;
  @Field(() => ID, { nullable: true, description: 'For the scope RECORDING.' })
  recordingId?: string | null;
  @Field(() => String, { nullable: true, description: 'For the scope SUBJECT.' })
  externalId?: string | null;
  @Field(() => RecordingFilterInput, { nullable: true, description: 'For the scope QUERY; at least one condition.' })
  filter?: RecordingFilterInput | null;
  @Field(() => String, { description: 'Why, for the audit log; 3 to 1,000 characters.' })
  reason!: string;
}

@ObjectType({ simpleResolvers: true, description: 'A recording that an erasure left alone, and the holds that kept it.' })
export class KeptByHold {
  @Field(() => ID, { description: 'Id of the recording.' })
  recordingId!: string;
  @Field(() => [ID], { description: 'Ids of the holds.' })
  holdIds!: readonly string[];
}

@ObjectType({ simpleResolvers: true, description: 'What an erasure did.' })
export class ErasureReportType {
  @Field(() => [ID], { description: 'Recordings of which nothing is left, live or archived.' })
  erasedRecordingIds!: readonly string[];
  @Field(() => [KeptByHold], { description: 'Recordings that a legal hold kept.' })
  keptByHold!: readonly KeptByHold[];
  @Field(() => Int, { description: 'How many of the erased were live.' })
  liveRecordingCount!: number;
  @Field(() => Int, { description: 'Stored files that were deleted.' })
  blobCount!: number;
  @Field(() => Int, { description: 'Data keys that were destroyed: every copy of what they sealed is unreadable.' })
  destroyedKeyCount!: number;
  @Field(() => [ID], { description: 'Archives in which something became unreadable.' })
  archiveIds!: readonly string[];
}

@ObjectType({ simpleResolvers: true, description: 'An erasure. It says nothing about whom.' })
export class Erasure {
  @Field(() => ID, { description: 'Opaque id (`era_…`).' })
  id!: string;
  @Field(() => String, { description: 'Keyed hash of the external id: the same subject again gives the same one.' })
  subjectHash!: string;
  @Field(() => String, { description: 'Why.' })
  reason!: string;
  @Field(() => DateTime, { description: 'When.' })
  erasedAt!: Date;
  @Field(() => ErasureReportType, { description: 'What was erased and what was kept.' })
  report!: ErasureReportType;
  @Field(() => String, { description: 'SHA-256 over the whole tombstone, also in the audit log.' })
  hash!: string;
}

export const ArchiveConnection = connectionType('Archive', 'archives', () => ArchiveType);
export const LegalHoldConnection = connectionType('LegalHold', 'legal holds', () => LegalHoldType);
export const ErasureConnection = connectionType('Erasure', 'erasures', () => Erasure);
