import type { JsonObject, JsonValue } from '../domain/json.js';
import type {
  AnalysisFilter, AnalysisRecord, ApiKeyRecord, CompletedAnalysis, ConversationRecord, EmbeddingRecord, Page, PageRequest, PartialResult, RecordingFilter, RecordingOrder,
  RecordingRecord, RoleChangeRecord, SegmentFilter, SegmentRecord, SimilarityFilter, SimilarMatch, SpeakerRecord,
} from '../domain/records.js';
import type { NodeRecord } from '../domain/node.js';
import type { Role } from '../domain/principal.js';
import type { AlertFilter, AlertRecord, RuleRecord, RuleVersionRecord } from '../domain/rule-records.js';
import type { RuleSubject } from '../domain/rule-subject.js';
import type { AnalysisWarning } from '../domain/analysis.js';
import type { Transcript, TranscriptRecord } from '../domain/transcript.js';
import type { Transaction } from './database.js';
import type { ImportedAnalysisRow } from './import-analysis.js';

/** Runs at the end of the transaction of a change, where something was changed: what it throws undoes the change. */
export type Also = (tx: Transaction) => Promise<void>;

/** Every read and write names the workspace; an object of another workspace is answered like none at all (null). */

export interface RecordingRepository {
  /** Inserts, or returns the row that already has these bytes in this workspace (unique key decides, insert-then-catch). */
  insertOrFind(tx: Transaction, row: Omit<RecordingRecord, 'createdAt' | 'durationSeconds' | 'quality' | 'speechRegions'>): Promise<{ readonly recording: RecordingRecord; readonly isNew: boolean }>;
  /** Gives a recording whose audio was removed its bytes back; false when they are there again. */
  reviveAudio(tx: Transaction, id: string, blobKey: string): Promise<boolean>;
  /** Held to the end of the transaction: upload and delete of the same bytes take turns, so that no row outlives its blob. */
  lockBlob(tx: Transaction, blobKey: string): Promise<void>;
  findById(workspaceId: string, id: string): Promise<RecordingRecord | null>;
  findByIds(workspaceId: string, ids: readonly string[]): Promise<readonly RecordingRecord[]>;
  list(workspaceId: string, page: PageRequest, filter: RecordingFilter, order: RecordingOrder): Promise<Page<RecordingRecord>>;
  peaks(workspaceId: string, id: string): Promise<Int8Array | null>;
  /** Deletes the row and all under it; returns the keys of its blobs (audio and tracks), or null when there is none. */
  delete(tx: Transaction, workspaceId: string, id: string): Promise<{ readonly blobKey: string; readonly trackKeys: readonly string[] } | null>;
  /** By rows of all workspaces: of work that does not see them all it throws, for the bytes would go. */
  countBlobReferences(tx: Transaction, blobKey: string): Promise<number>;
  /** Of these keys (audio and frame tracks) the ones that no row of any workspace refers to: what a sweep may remove. Throws as `countBlobReferences`. */
  unreferencedBlobKeys(keys: readonly string[]): Promise<readonly string[]>;
}

/** What the sweep for lost jobs needs to know. */
export type UnfinishedAnalysis = Pick<AnalysisRecord, 'id' | 'workspaceId' | 'recordingId' | 'modelId' | 'attempt' | 'createdAt'>;

export interface AnalysisRepository {
  insert(tx: Transaction, row: Pick<AnalysisRecord, 'id' | 'workspaceId' | 'recordingId' | 'modelId' | 'raw' | 'speakersMode' | 'idempotencyKey' | 'requestDigest'> & Partial<Pick<AnalysisRecord, 'speakerCount' | 'roleRule'>>): Promise<AnalysisRecord>;
  findById(workspaceId: string, id: string): Promise<AnalysisRecord | null>;
  findByIds(workspaceId: string, ids: readonly string[]): Promise<readonly AnalysisRecord[]>;
  /** The newest analysis of each of these recordings that has one. */
  findLatest(workspaceId: string, recordingIds: readonly string[]): Promise<readonly AnalysisRecord[]>;
  /** For the worker, which serves all workspaces. */
  findForWork(id: string): Promise<{ readonly analysis: AnalysisRecord; readonly recording: RecordingRecord } | null>;
  findByIdempotencyKey(workspaceId: string, key: string): Promise<AnalysisRecord | null>;
  list(workspaceId: string, page: PageRequest, filter: AnalysisFilter): Promise<Page<AnalysisRecord>>;
  /** QUEUED or RUNNING → RUNNING with attempt + 1; false when it is cancelled or ended already (a repeated delivery). */
  begin(id: string): Promise<boolean>;
  /** Only while RUNNING. Returns false when it no longer runs (cancelled): the worker stops then. */
  setProgress(id: string, progress: number): Promise<boolean>;
  /** Windows that are finished while the others run; readable until the analysis ends. False when it no longer runs in this attempt. */
  addPartial(result: PartialResult): Promise<boolean>;
  /** Encoded frame tracks of those windows; empty when the analysis does not run. */
  partialTracks(workspaceId: string, analysisId: string): Promise<readonly Buffer[]>;
  /** One transaction: results, embeddings, recording quality, and `also` at its end; RUNNING → SUCCEEDED. False when it no longer runs. */
  complete(result: CompletedAnalysis, also?: (tx: Transaction) => Promise<void>): Promise<boolean>;
  /** Writes what was made elsewhere at `at`, whole and in one transaction; false when its idempotency key is there already. */
  importCompleted(row: ImportedAnalysisRow, completed: Omit<CompletedAnalysis, 'analysisId'>, at: Date, also?: Also): Promise<boolean>;
  /** `also` in the same transaction, where it did fail. */
  fail(id: string, problem: { readonly code: string; readonly message: string }, also?: (tx: Transaction) => Promise<void>): Promise<boolean>;
  /** QUEUED or RUNNING → CANCELLED; null when there is none, false when already ended. */
  cancel(workspaceId: string, id: string, also?: Also): Promise<boolean | null>;
  /** FAILED, QUEUED or RUNNING → QUEUED with its attempts anew and no problem; false when there is none, or it ended otherwise. */
  reopen(tx: Transaction, workspaceId: string, id: string): Promise<boolean>;
  /** QUEUED or RUNNING and not begun (or begun again) since `before`: for the sweep that finds lost jobs. By id from after `afterId`, at most 500. */
  listUnfinished(before: Date, afterId: string | null): Promise<readonly UnfinishedAnalysis[]>;
  segments(workspaceId: string, analysisId: string, page: PageRequest, filter: SegmentFilter): Promise<Page<SegmentRecord>>;
  findSegment(workspaceId: string, segmentId: string): Promise<SegmentRecord | null>;
  findSegments(workspaceId: string, segmentIds: readonly string[]): Promise<readonly SegmentRecord[]>;
  speakers(workspaceId: string, analysisIds: readonly string[]): Promise<readonly SpeakerRecord[]>;
}

export interface EmbeddingRepository {
  findById(workspaceId: string, id: string): Promise<EmbeddingRecord | null>;
  findForAnalysis(workspaceId: string, analysisId: string): Promise<EmbeddingRecord | null>;
  findForSegments(workspaceId: string, segmentIds: readonly string[]): Promise<readonly EmbeddingRecord[]>;
  /** Cosine neighbours among segment embeddings of the same model, nearest first; exact for small filtered sets, HNSW with iterative scan for large. */
  similarSegments(workspaceId: string, to: EmbeddingRecord, first: number, filter: SimilarityFilter): Promise<readonly SimilarMatch[]>;
  /** Makes the partial HNSW index of a model when it is not there. */
  ensureIndex(modelId: string, dimension: number): Promise<void>;
}

export interface ApiKeyRepository {
  ensureWorkspace(id: string, name: string): Promise<void>;
  insert(row: Pick<ApiKeyRecord, 'id' | 'workspaceId' | 'name' | 'role' | 'prefix' | 'expiresAt' | 'scopes' | 'allowedNetworks'> & { readonly hash: Uint8Array }, also?: Also): Promise<ApiKeyRecord>;
  /** By the secret it has, or by the one before a rotation: then `expiresAt` is not later than `previousSecretUntil`. */
  findByHash(hash: Uint8Array): Promise<ApiKeyRecord | null>;
  findById(workspaceId: string, id: string): Promise<ApiKeyRecord | null>;
  /** Gives it another secret; the present one works until `previousUntil`. Null when there is no such key that is in use. */
  rotate(workspaceId: string, id: string, next: { readonly hash: Uint8Array; readonly prefix: string; readonly previousUntil: Date }, also?: Also): Promise<ApiKeyRecord | null>;
  list(workspaceId: string): Promise<readonly ApiKeyRecord[]>;
  revoke(workspaceId: string, id: string, also?: Also): Promise<ApiKeyRecord | null>;
  countActive(role?: Role): Promise<number>;
  /** Of all workspaces: keys that still work and end before. */
  endingBefore(before: Date): Promise<readonly ApiKeyRecord[]>;
  /** At most once a minute per key, so that reads do not become writes. */
  touch(id: string): Promise<void>;
}

export interface DataKeyRow {
  readonly id: string;
  readonly workspaceId: string;
  readonly recordingId: string;
  readonly subjectHash: string | null;
  /** Null once destroyed. */
  readonly wrapped: Buffer | null;
  readonly wrappingKeyId: string;
  readonly createdAt: Date;
  readonly destroyedAt: Date | null;
  readonly restoredAt: Date | null;
}

export interface WorkspaceSecretRow {
  readonly id: string;
  readonly workspaceId: string;
  readonly purpose: string;
  readonly publicKey: Buffer | null;
  readonly wrapped: Buffer;
  readonly wrappingKeyId: string;
}

export interface DataKeyRepository {
  insert(tx: Transaction, row: Pick<DataKeyRow, 'id' | 'workspaceId' | 'recordingId' | 'subjectHash' | 'wrappingKeyId'> & { readonly wrapped: Buffer }): Promise<void>;
  /** By the id in a blob's header, which is all that a reader has; the wrapped key opens only with its own workspace's key. */
  findById(id: string): Promise<DataKeyRow | null>;
  /** Destroyed ones included: a recording whose newest key is destroyed is erased. */
  findNewest(workspaceId: string, recordingId: string): Promise<DataKeyRow | null>;
  /** Recordings, live, archived only or gone, by the subject that they were uploaded for. */
  findBySubject(workspaceId: string, subjectHash: string): Promise<readonly string[]>;
  /** Overwrites the wrapped keys; returns how many there were. */
  destroy(tx: Transaction, workspaceId: string, recordingIds: readonly string[]): Promise<number>;
  markRestored(tx: Transaction, workspaceId: string, recordingId: string): Promise<void>;
  /** Keeps the row that is there. */
  insertSecret(row: WorkspaceSecretRow): Promise<void>;
  findSecret(id: string): Promise<WorkspaceSecretRow | null>;
  /** Those that archives are signed with. */
  listPublicKeys(workspaceId: string): Promise<readonly { readonly id: string; readonly publicKey: Buffer }[]>;
  /** How many keys and secrets each wrapping key holds, over all workspaces. */
  countByWrappingKey(): Promise<readonly { readonly wrappingKeyId: string; readonly count: number }[]>;
  listDataKeysNotUnder(tx: Transaction, wrappingKeyId: string, first: number): Promise<readonly DataKeyRow[]>;
  listSecretsNotUnder(tx: Transaction, wrappingKeyId: string): Promise<readonly WorkspaceSecretRow[]>;
  rewrapDataKey(tx: Transaction, id: string, wrapped: Buffer, wrappingKeyId: string): Promise<void>;
  rewrapSecret(tx: Transaction, id: string, wrapped: Buffer, wrappingKeyId: string): Promise<void>;
}

export interface SpeakerRepository {
  /** Of those of these analyses in which speakers were told apart. */
  conversations(workspaceId: string, analysisIds: readonly string[]): Promise<readonly ConversationRecord[]>;
  /** Writes the role and its line of history together; null when there is no such speaker. The same role again changes nothing. */
  setRole(workspaceId: string, speakerId: string, change: Pick<RoleChangeRecord, 'after' | 'reason' | 'keyId' | 'keyName'>, also?: (tx: Transaction, before: string | null) => Promise<void>): Promise<SpeakerRecord | null>;
  /** Oldest first. */
  roleChanges(workspaceId: string, speakerIds: readonly string[]): Promise<readonly RoleChangeRecord[]>;
}

export interface TranscriptReplacement {
  readonly transcript: Transcript;
  /** Of every segment of the analysis. */
  readonly segments: readonly { readonly index: number; readonly text: string | null; readonly agreement: number | null }[];
  /** Warnings with codes of this beginning make way for the new ones. */
  readonly warningPrefix: string;
  readonly warnings: readonly AnalysisWarning[];
}

export interface TranscriptRepository {
  /** Of those of these analyses that have one. */
  find(workspaceId: string, analysisIds: readonly string[]): Promise<readonly TranscriptRecord[]>;
  /** Puts a transcript in the place of what was there, with the texts of the segments. Null where there is no such finished analysis; LEGAL_HOLD where another one is held. */
  replace(tx: Transaction, workspaceId: string, analysisId: string, given: TranscriptReplacement): Promise<TranscriptRecord | null>;
}

/** Processes belong to no workspace. */
export interface NodeRepository {
  /** Writes the row of a node with the database's own time; makes it when it is not there. */
  beat(node: Omit<NodeRecord, 'startedAt' | 'heartbeatAt'>): Promise<void>;
  /** Nodes heard of within so many seconds, the oldest first. */
  listLive(withinSeconds: number): Promise<readonly NodeRecord[]>;
  remove(id: string): Promise<void>;
  /** Rows of processes that ended without notice so long ago. Answers how many. */
  removeDead(afterSeconds: number): Promise<number>;
}

/** Rows that plugins keep for themselves, and what their steps left beside an analysis. */
export interface PluginRepository {
  find(workspaceId: string, plugin: string, key: string): Promise<JsonValue | undefined>;
  put(workspaceId: string, plugin: string, key: string, value: JsonValue): Promise<void>;
  delete(workspaceId: string, plugin: string, key: string): Promise<boolean>;
  /** In the order of keys. */
  list(workspaceId: string, plugin: string, options: { readonly prefix: string; readonly after: string | null; readonly first: number }): Promise<readonly { readonly key: string; readonly value: JsonValue }[]>;
  findResult(workspaceId: string, analysisId: string, plugin: string, key: string): Promise<JsonValue | undefined>;
}

export interface RuleRepository {
  /** With its first version in the history. */
  insert(row: Pick<RuleRecord, 'id' | 'workspaceId' | 'definition'>, by: { readonly name: string; readonly note: string | null }, also?: Also): Promise<RuleRecord>;
  /** The next version; null when there is none, or when its version is not the one expected. */
  update(workspaceId: string, id: string, given: { readonly definition: JsonObject; readonly expectedVersion: number | null }, by: { readonly name: string; readonly note: string | null }, also?: (tx: Transaction, before: JsonObject) => Promise<void>): Promise<RuleRecord | null>;
  /** It is not shown any more; its alerts and its history stay. */
  delete(workspaceId: string, id: string, also?: Also): Promise<boolean>;
  findById(workspaceId: string, id: string): Promise<RuleRecord | null>;
  /** Oldest first. */
  list(workspaceId: string): Promise<readonly RuleRecord[]>;
  count(workspaceId: string): Promise<number>;
  /** Ids of the models that have judged what the workspace has. Reads every analysis of it. */
  modelsUsed(workspaceId: string): Promise<readonly string[]>;
  /** Newest first. */
  history(workspaceId: string, ruleId: string): Promise<readonly RuleVersionRecord[]>;
}

export interface AlertRepository {
  /** False when this rule has fired at this place before, or when the recording is gone. */
  insert(tx: Transaction, row: Omit<AlertRecord, 'createdAt' | 'acknowledgedAt' | 'acknowledgedBy' | 'acknowledgeNote'>, hasPendingActions: boolean): Promise<boolean>;
  setActions(tx: Transaction, id: string, actions: AlertRecord['actions'], hasPendingActions: boolean): Promise<void>;
  /** For the worker, which serves all workspaces: alerts of an analysis whose actions are not all done. */
  listPending(analysisId: string): Promise<readonly AlertRecord[]>;
  /** Those that the recording has already are not doubled. Its tags before and after; null when nothing was to be added. */
  addTags(tx: Transaction, workspaceId: string, recordingId: string, tags: readonly string[]): Promise<{ readonly before: readonly string[]; readonly after: readonly string[] } | null>;
  findById(workspaceId: string, id: string): Promise<AlertRecord | null>;
  /** Shown ones, in the order of time within each analysis. */
  forAnalyses(workspaceId: string, analysisIds: readonly string[]): Promise<readonly AlertRecord[]>;
  /** Shown ones, newest first. */
  list(workspaceId: string, page: PageRequest, filter: AlertFilter): Promise<Page<AlertRecord>>;
  /** `also` in the same transaction, where it was not acknowledged before. */
  acknowledge(workspaceId: string, id: string, by: string, note: string | null, also?: Also): Promise<AlertRecord | null>;
  countByRule(workspaceId: string, ruleIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

export interface RuleScanOptions {
  /** Labels whose scores are read, in this order; null for all of the model's. */
  readonly labels: readonly string[] | null;
  readonly wantText: boolean;
  readonly analysisId?: string;
  /** When the analysis was asked for. */
  readonly from?: Date;
  readonly to?: Date;
  /** Id of the analysis to go on behind. */
  readonly after?: string;
}
/** Finished analyses of a workspace with their segments, oldest first, in batches. */
export type RuleScan = (workspaceId: string, options: RuleScanOptions) => AsyncIterable<readonly RuleSubject[]>;
