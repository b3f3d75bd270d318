import type { AnalysisOutcome, AnalysisStatus, AnalysisWarning, AudioQuality, GateResult, GateKind, PredictionResult, SegmentResult, SpeechRegion } from './analysis.js';
import type { AppliedCalibration } from './calibration.js';
import type { Role } from './principal.js';
import type { RoleRule, RoleSource } from './speaker-roles.js';
import type { SpokenStretch } from './speaker-turns.js';

/** Stored things as the services see them. Ids are opaque, sortable by time and carry their kind (`rec_…`, `ana_…`). */

export interface RecordingRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly sha256: string;
  readonly byteLength: number;
  readonly blobKey: string;
  readonly fileName: string;
  readonly title: string | null;
  readonly externalId: string | null;
  readonly language: string | null;
  readonly tags: readonly string[];
  readonly recordedAt: Date | null;
  readonly durationSeconds: number | null;
  readonly quality: AudioQuality | null;
  readonly speechRegions: readonly SpeechRegion[] | null;
  readonly createdAt: Date;
}

export interface AnalysisRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly recordingId: string;
  readonly status: AnalysisStatus;
  /** 0 to 1. */
  readonly progress: number;
  readonly attempt: number;
  readonly modelId: string;
  readonly modelVersion: string | null;
  readonly modelDigest: string | null;
  readonly modelLabels: readonly string[];
  readonly raw: boolean;
  readonly speakersMode: 'none' | 'channels' | 'auto';
  readonly speakerCount: number | null;
  readonly roleRule: RoleRule | null;
  readonly idempotencyKey: string | null;
  readonly requestDigest: string | null;
  readonly problem: { readonly code: string; readonly message: string } | null;
  readonly gate: GateResult | null;
  readonly warnings: readonly AnalysisWarning[];
  readonly summary: PredictionResult | null;
  /** What its confidences follow; null: none, or analysed before calibrations were kept. Left out by what was made elsewhere. */
  readonly calibration?: AppliedCalibration | null;
  readonly trackKey: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

export interface SegmentRecord {
  readonly id: string;
  readonly analysisId: string;
  readonly index: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly speechSeconds: number;
  readonly gate: GateKind;
  readonly speakerId: string | null;
  readonly text: string | null;
  readonly prediction: PredictionResult | null;
  readonly frameOffset: number;
  readonly frameCount: number;
}

export interface SpeakerRecord {
  readonly id: string;
  readonly analysisId: string;
  readonly key: string;
  readonly role: string | null;
  readonly channel: number | null;
  readonly talkSeconds: number;
  readonly summary: PredictionResult | null;
  readonly roleSource: RoleSource | null;
}

/** What a conversation's turns and figures are worked out from. */
export interface ConversationRecord {
  readonly analysisId: string;
  readonly durationSeconds: number;
  /** By `SpeakerRecord.key`. */
  readonly stretches: readonly SpokenStretch[];
}

/** Somebody said who a speaker is. */
export interface RoleChangeRecord {
  readonly id: string;
  readonly speakerId: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly reason: string;
  readonly keyId: string;
  readonly keyName: string;
  readonly changedAt: Date;
}

export interface EmbeddingRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly analysisId: string;
  readonly segmentId: string | null;
  readonly modelId: string;
  readonly modelDigest: string;
  readonly kind: 'UTTERANCE' | 'SEGMENT';
  readonly dimension: number;
  readonly values: Float32Array;
}

export interface ApiKeyRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly role: Role;
  /** Of the role's scopes only these; empty: all of them. */
  readonly scopes: readonly string[];
  /** Networks (CIDR) that it may be used from; empty: from everywhere. */
  readonly allowedNetworks: readonly string[];
  /** After a rotation: how long the secret before goes on working. */
  readonly previousSecretUntil: Date | null;
  readonly prefix: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

/** One page of a list; cursors are opaque and stable under insertion. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Cursor of each item, same order. */
  readonly cursors: readonly string[];
  readonly hasNextPage: boolean;
  readonly totalCount: number;
}

export interface PageRequest {
  /** 1 to 200; checked before it comes here. */
  readonly first: number;
  readonly after: string | null;
}

export interface RecordingFilter {
  readonly tag?: string;
  readonly externalId?: string;
  /** Part of the title or file name, case-insensitive. */
  readonly search?: string;
  readonly createdAfter?: Date;
  readonly createdBefore?: Date;
  /** Label of the newest succeeded analysis. */
  readonly label?: string;
}

export interface RecordingOrder {
  readonly field: 'createdAt' | 'durationSeconds' | 'fileName';
  readonly direction: 'asc' | 'desc';
}

export interface AnalysisFilter {
  readonly recordingId?: string;
  readonly status?: AnalysisStatus;
  readonly modelId?: string;
  readonly label?: string;
}

export interface SegmentFilter {
  readonly label?: string;
  readonly speakerId?: string;
  readonly minConfidence?: number;
  readonly gate?: GateKind;
}

export interface SimilarityFilter {
  readonly label?: string;
  readonly recordingId?: string;
  readonly excludeRecordingId?: string;
  readonly tag?: string;
  readonly createdAfter?: Date;
  readonly createdBefore?: Date;
  readonly minSimilarity?: number;
}

export interface SimilarMatch {
  readonly segment: SegmentRecord;
  readonly analysisId: string;
  readonly recordingId: string;
  /** Cosine similarity, −1 to 1. */
  readonly similarity: number;
}

/** What `AnalysisRepository.addPartial` writes in one transaction. */
export interface PartialResult {
  readonly analysisId: string;
  /** Of the analysis when it was begun. */
  readonly attempt: number;
  readonly model: AnalysisOutcome['model'];
  readonly segments: readonly SegmentResult[];
  /** Frame track of these segments, encoded. */
  readonly trackBytes: Uint8Array;
}

/** What `AnalysisRepository.complete` writes in one transaction. */
export interface CompletedAnalysis {
  readonly analysisId: string;
  readonly outcome: AnalysisOutcome;
  /** Null for a result without frames, made elsewhere. */
  readonly trackKey: string | null;
  /** The track's blob on its way to the disk: awaited before the commit, so that no row points to one that is not there. */
  readonly trackWritten?: Promise<unknown>;
  readonly peaks: Int8Array;
}
