import type { EvaluationService, CalibrationService } from './evaluation-contracts.js';
import type { ExportService } from './export.service.js';
import type { LawInput, LawService } from './law.service.js';
import type { Readable } from 'node:stream';
import type { ScoreDifference, TimelineComparison } from '../domain/analysis-comparison.js';
import type { Conversation } from '../domain/conversation.js';
import type { NodeRecord } from '../domain/node.js';
import type { NpyMatrix } from '../domain/npy.js';
import type { Principal } from '../domain/principal.js';
import type {
  AnalysisFilter, AnalysisRecord, EmbeddingRecord, Page, PageRequest, RecordingFilter, RecordingOrder, RecordingRecord,
  RoleChangeRecord, SegmentFilter, SegmentRecord, SimilarityFilter, SimilarMatch, SpeakerRecord,
} from '../domain/records.js';
import type { DomainEvent } from '../domain/events.js';
import type { ReviewService } from './review-contracts.js';
import type { ReviewFiguresService } from './review-figures.service.js';
import type { AlertService, RuleService } from './rule-contracts.js';
import type { GraphqlAddition } from '../plugins/contract.js';
import type { Allowance } from './analysis-limits.js';
import type { ArchiveService } from './archive.service.js';
import type { AuditService } from './audit.js';
import type { ErasureService } from './erasure.service.js';
import type { HoldService } from './hold.service.js';
import type { RetentionService } from './retention.service.js';
import type { KeyService } from './key-contracts.js';
import type { OptOutService } from './opt-out.service.js';
import type { SessionService } from './session.service.js';
import type { TaskService } from './task.service.js';
import type { RoleRule } from '../domain/speaker-roles.js';
import type { Statistics, TimeBucket } from '../domain/statistics.js';
import type { UsageHistory, UsageOfKind, WorkspaceRecord } from '../domain/usage.js';
import type { OutputsResult } from './outputs-result.js';
import type { DeadLetterView } from './dead-letter.service.js';
import type { FleetModelStatus } from './model-directory.js';
import type { TranscriptService } from './transcript.service.js';
import type { WebhookService } from './webhook-contracts.js';

/**
 * What resolvers, HTTP routes and commands may call. Every method takes the principal first and checks its role itself
 * (viewer reads, analyst uploads and analyses, admin deletes, loads models and makes keys). Failures are UndertoneError.
 */
export interface RecordingService {
  /** Whether an upload of so many bytes may begin: STORAGE_FULL when the disk would fall under its floor, SHUTTING_DOWN. */
  assertRoom(announcedBytes: number): Promise<void>;
  /**
   * Streams, hashes and stores; the same bytes again give the recording that is already there (`isNew` false). `analyzedNext`:
   * an analysis is asked for right after, so decoding may begin before the row is written.
   */
  upload(principal: Principal, file: { readonly stream: Readable; readonly fileName: string; readonly analyzedNext?: boolean }, input: UploadInput, signal?: AbortSignal): Promise<{ readonly recording: RecordingRecord; readonly isNew: boolean }>;
  find(principal: Principal, id: string): Promise<RecordingRecord | null>;
  findMany(principal: Principal, ids: readonly string[]): Promise<readonly RecordingRecord[]>;
  list(principal: Principal, page: PageRequest, filter: RecordingFilter, order: RecordingOrder): Promise<Page<RecordingRecord>>;
  waveform(principal: Principal, id: string): Promise<{ readonly bucketSeconds: number; readonly minimum: readonly number[]; readonly maximum: readonly number[] } | null>;
  /** The original bytes, for playing; range inclusive of start, exclusive of end. */
  openAudio(principal: Principal, id: string, range?: { readonly start: number; readonly end: number }): Promise<{ readonly stream: Readable; readonly byteLength: number; readonly contentType: string; readonly recording: RecordingRecord }>;
  /** An address of the storage's own that reads the original bytes until it expires; null where there is none. */
  audioUrl(principal: Principal, id: string, link: { readonly expiresInSeconds: number; readonly contentDisposition: string }): Promise<string | null>;
  delete(principal: Principal, id: string, reason: string | null): Promise<{ readonly id: string }>;
}

export interface UploadInput {
  readonly title?: string | null;
  readonly externalId?: string | null;
  readonly language?: string | null;
  readonly tags?: readonly string[] | null;
  readonly recordedAt?: Date | null;
  /** When given, UPLOAD_DIGEST_MISMATCH unless the bytes have it. Hex. */
  readonly sha256?: string | null;
}

export interface AnalyzeOptions {
  readonly model?: string | null;
  readonly raw?: boolean | null;
  readonly speakers?: 'none' | 'channels' | 'auto' | null;
  /** With `auto`: how many there are; estimated when absent. */
  readonly speakerCount?: number | null;
  /** Who gets which role; UNDERTONE_SPEAKER_ROLES when absent. */
  readonly roles?: RoleRule | null;
  readonly idempotencyKey?: string | null;
  /** Interactive by default; batches pass bulk. */
  readonly priority?: 'interactive' | 'bulk';
}

export interface AnalysisService {
  request(principal: Principal, recordingId: string, options: AnalyzeOptions): Promise<AnalysisRecord>;
  /** Waits for the end of an analysis, however it ends; ANALYSIS_WAIT_TIMEOUT past `timeoutMs`. */
  wait(principal: Principal, id: string, timeoutMs: number, signal?: AbortSignal): Promise<AnalysisRecord>;
  find(principal: Principal, id: string): Promise<AnalysisRecord | null>;
  findMany(principal: Principal, ids: readonly string[]): Promise<readonly AnalysisRecord[]>;
  list(principal: Principal, page: PageRequest, filter: AnalysisFilter): Promise<Page<AnalysisRecord>>;
  /** The newest analysis of each recording that has one, in one query. */
  latestForRecordings(principal: Principal, recordingIds: readonly string[]): Promise<readonly AnalysisRecord[]>;
  cancel(principal: Principal, id: string): Promise<AnalysisRecord>;
  segments(principal: Principal, analysisId: string, page: PageRequest, filter: SegmentFilter): Promise<Page<SegmentRecord>>;
  findSegment(principal: Principal, id: string): Promise<SegmentRecord | null>;
  findSegments(principal: Principal, ids: readonly string[]): Promise<readonly SegmentRecord[]>;
  speakers(principal: Principal, analysisIds: readonly string[]): Promise<readonly SpeakerRecord[]>;
  /** Async iterator of progress for one analysis, beginning with its present state and ending with its end. */
  progress(principal: Principal, id: string, signal: AbortSignal): AsyncIterable<Extract<DomainEvent, { kind: 'analysis.progress' }>>;
  /** What the key and its workspace may still have analysed, for each limit that is set. */
  allowances(principal: Principal): Promise<readonly Allowance[]>;
}

export interface SpeakerService {
  /** Of those of these analyses in which speakers were told apart. */
  conversations(principal: Principal, analysisIds: readonly string[]): Promise<readonly { readonly analysisId: string; readonly conversation: Conversation }[]>;
  /** Who somebody is, by a person's word; null takes the role away. Kept with who, when, before, after and why. BAD_INPUT, NOT_FOUND. */
  setRole(principal: Principal, speakerId: string, change: { readonly role?: string | null; readonly reason: string }): Promise<SpeakerRecord>;
  /** Oldest first. */
  roleChanges(principal: Principal, speakerIds: readonly string[]): Promise<readonly RoleChangeRecord[]>;
}

export interface TimelineColumns {
  readonly binSeconds: number;
  readonly labels: readonly string[];
  readonly startSeconds: readonly number[];
  /** One row a label, each as long as startSeconds: softmax of the bin's mean logits. */
  readonly values: readonly (readonly number[])[];
}

export interface TimelineOptions {
  readonly binSeconds: number;
  readonly fromSeconds: number | null;
  readonly toSeconds: number | null;
  readonly speakerId: string | null;
}

export interface TimelineService {
  /** Bins from 0.02 s; at most 20,000 bins, else BAD_INPUT naming the smallest that fits. Of a running analysis, what is finished of it. */
  timeline(principal: Principal, analysis: AnalysisRecord, options: TimelineOptions): Promise<TimelineColumns>;
  /** Parts of a label's logit by bin; they add up to the segment's logit. Label: the predicted one unless given. */
  contributions(principal: Principal, segment: SegmentRecord, options: { readonly binSeconds: number; readonly label: string | null }): Promise<readonly { readonly startSeconds: number; readonly endSeconds: number; readonly value: number }[]>;
}

export interface ComparisonService {
  /** BAD_INPUT when they are of different recordings, CONFLICT when one has not succeeded. */
  compare(principal: Principal, a: string, b: string, binSeconds: number): Promise<TimelineComparison & {
    readonly a: AnalysisRecord;
    readonly b: AnalysisRecord;
    readonly binSeconds: number;
    readonly sameLabel: boolean | null;
    readonly scores: readonly ScoreDifference[];
  }>;
  /** The same recording and options with another model, as a new analysis. */
  reanalyze(principal: Principal, analysisId: string, model: string): Promise<AnalysisRecord>;
}

export interface EmbeddingService {
  find(principal: Principal, id: string): Promise<EmbeddingRecord | null>;
  forAnalysis(principal: Principal, analysisId: string): Promise<EmbeddingRecord | null>;
  forSegments(principal: Principal, segmentIds: readonly string[]): Promise<readonly EmbeddingRecord[]>;
  /** NOT_FOUND, EMBEDDINGS_INCOMPARABLE. */
  compare(principal: Principal, a: string, b: string): Promise<{ readonly a: EmbeddingRecord; readonly b: EmbeddingRecord; readonly cosineSimilarity: number; readonly euclideanDistance: number }>;
  /** Exactly one of the three targets, else BAD_INPUT. */
  similarSegments(principal: Principal, target: { readonly segmentId?: string | null; readonly embeddingId?: string | null; readonly analysisId?: string | null }, first: number, filter: SimilarityFilter): Promise<readonly SimilarMatch[]>;
}

export interface ModelService {
  /** Every model of the platform, with the nodes that hold it. */
  list(principal: Principal): readonly FleetModelStatus[];
  find(principal: Principal, id: string): FleetModelStatus | null;
  /** On every node that takes jobs for it. MODEL_UNKNOWN, MODEL_LOAD_FAILED. */
  load(principal: Principal, id: string): Promise<FleetModelStatus>;
  unload(principal: Principal, id: string): Promise<FleetModelStatus>;
  stateChanges(principal: Principal, signal: AbortSignal): AsyncIterable<FleetModelStatus>;
  /** The processes of the platform that live, this one first. */
  nodes(principal: Principal): readonly NodeRecord[];
}

export interface DeadLetterService {
  /** Jobs of this workspace whose tries are used up, the newest first. Admin. */
  list(principal: Principal, page: PageRequest): Promise<Page<DeadLetterView>>;
  /** Its job waits again, its tries anew; an analysis is queued again. Admin. NOT_FOUND; CONFLICT when what it was about has ended otherwise. */
  retry(principal: Principal, id: string): Promise<DeadLetterView>;
  /** Takes it off the list; what it was about stays as it ended. Admin. NOT_FOUND. */
  discard(principal: Principal, id: string): Promise<DeadLetterView>;
}

/** What a plugin adds to the API's schema. */
export interface PluginGraphql extends GraphqlAddition {
  readonly plugin: string;
}

export interface StatisticsService {
  /** BAD_INPUT for a range that ends before it begins or has too many buckets. */
  statistics(principal: Principal, from: Date, to: Date, bucket: TimeBucket): Promise<Statistics>;
}

export interface UsageService {
  /** Now, and by day for the last `days` that were measured. */
  usage(principal: Principal, days: number): Promise<{ readonly maxStoredBytes: number | null; readonly storedBytes: number; readonly kinds: readonly UsageOfKind[]; readonly history: UsageHistory }>;
  /** For the scheduled task: measures every workspace and replaces today's figures; with `isDryRun` it replaces nothing. */
  measureAll(signal: AbortSignal, isDryRun?: boolean): Promise<{ readonly workspaces: number; readonly byteLength: number }>;
  /** For the scheduled task: tells of each workspace that has used nine tenths of its quota (`quota.near`). `fullCount`: of those, which take nothing more. */
  reportQuotas(signal: AbortSignal, isDryRun?: boolean): Promise<{ readonly nearCount: number; readonly fullCount: number }>;
}

/** For the operator at the machine alone; no key reaches it. */
export interface WorkspaceAdministration {
  list(): Promise<readonly WorkspaceRecord[]>;
  create(input: { readonly name: string; readonly maxStoredBytes: number | null }): Promise<WorkspaceRecord>;
  /** NOT_FOUND. */
  setQuota(id: string, maxStoredBytes: number | null): Promise<WorkspaceRecord>;
  /** What it states of purpose and law; what is not named stays. NOT_FOUND, BAD_INPUT. */
  setLaw(id: string, input: LawInput): Promise<WorkspaceRecord>;
}

/** A folder of the common Emotion2Vec+ web page, read and checked. */
export interface OutputsFolder {
  readonly name: string;
  /** When it was written, by its name. */
  readonly at: Date;
  readonly audioPath: string;
  readonly result: OutputsResult;
  /** The result file as it is, to recognise it by. */
  readonly resultBytes: Uint8Array;
  readonly embedding: NpyMatrix | null;
  /** Id of the model that is said to have made it. */
  readonly model: string;
}

export interface ImportService {
  /** Makes recording, analysis and embeddings with the folder's date; `isNew` false when it was imported before. Errors as of decoding and uploading. */
  importOutputs(principal: Principal, folder: OutputsFolder, signal: AbortSignal): Promise<{ readonly isNew: boolean; readonly recordingId: string; readonly analysisId: string }>;
}

/** Everything the edges need; built once in compose.ts. */
export interface Services {
  readonly recordings: RecordingService;
  readonly analyses: AnalysisService;
  readonly speakers: SpeakerService;
  readonly transcripts: TranscriptService;
  readonly timelines: TimelineService;
  readonly comparisons: ComparisonService;
  readonly embeddings: EmbeddingService;
  readonly exports: ExportService;
  readonly models: ModelService;
  readonly keys: KeyService;
  readonly sessions: SessionService;
  readonly rules: RuleService;
  readonly alerts: AlertService;
  readonly reviews: ReviewService;
  readonly reviewFigures: ReviewFiguresService;
  readonly retention: RetentionService;
  readonly archives: ArchiveService;
  readonly holds: HoldService;
  readonly erasures: ErasureService;
  readonly audit: AuditService;
  readonly tasks: TaskService;
  readonly statistics: StatisticsService;
  readonly usage: UsageService;
  readonly law: LawService;
  readonly optOuts: OptOutService;
  readonly evaluations: EvaluationService;
  readonly calibrations: CalibrationService;
  readonly deadLetters: DeadLetterService;
  readonly webhooks: WebhookService;
}
