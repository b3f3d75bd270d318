import type { AuditEventRecord, AuditFilter, AuditStart } from '../domain/audit.js';
import type { ArchiveItemRecord, ArchiveItemState, ArchiveRecord, ArchiveState, LegalHoldRecord, TombstoneRecord } from '../domain/archive.js';
import type { Page, PageRequest } from '../domain/records.js';
import type { DataKind, RetentionFacts, RetentionPolicyRecord } from '../domain/retention.js';
import type { TaskRunRecord, TaskRunStore } from '../domain/scheduled-task.js';
import type { Transaction } from './database.js';

/** Every read and write names the workspace, as in repositories.ts; what serves all workspaces says so. */

/** An event before it has its place in the chain. */
export type NewAuditEvent = Omit<AuditEventRecord, 'workspaceId' | 'sequence' | 'previousHash' | 'hash'>;

export interface AuditRepository {
  /** Appends events of one workspace in one statement, under the workspace's lock: held to the end of the transaction, so take it last. Without one in a transaction of its own. */
  append(tx: Transaction | null, workspaceId: string, events: readonly NewAuditEvent[]): Promise<void>;
  /** Newest first. */
  list(workspaceId: string, page: PageRequest, filter: AuditFilter): Promise<Page<AuditEventRecord>>;
  /** What the oldest event that is left follows. */
  start(workspaceId: string): Promise<AuditStart>;
  /** Forgets the oldest events that are all from before a time, at most `most`; answers the new start, or null when there was nothing to forget. */
  prune(tx: Transaction, workspaceId: string, before: Date, most: number): Promise<(AuditStart & { readonly prunedCount: number }) | null>;
  /** How many `prune` would forget without a limit. */
  countPrunable(workspaceId: string, before: Date): Promise<number>;
  /** In order, from after `sequence`. */
  listFrom(workspaceId: string, sequence: number, first: number): Promise<readonly AuditEventRecord[]>;
}

export interface HoldRepository {
  /** Serialises what places holds with what deletes, to the end of the transaction. */
  lock(tx: Transaction, workspaceId: string): Promise<void>;
  insert(tx: Transaction, row: Omit<LegalHoldRecord, 'releasedAt' | 'releasedBy' | 'releaseReason'>, members: readonly string[]): Promise<LegalHoldRecord>;
  /** Whether this key or rule has a hold on the recording alone that is not released. */
  isPlacedBy(tx: Transaction, workspaceId: string, recordingId: string, by: string): Promise<boolean>;
  /** Live recordings that a hold covers now. */
  covered(tx: Transaction, workspaceId: string, holdId: string): Promise<readonly string[]>;
  addMembers(tx: Transaction, workspaceId: string, holdId: string, recordingIds: readonly string[]): Promise<void>;
  /** Null when there is none; `isRepeated` when it was released before. */
  release(tx: Transaction, workspaceId: string, id: string, by: string, reason: string): Promise<{ readonly hold: LegalHoldRecord; readonly isRepeated: boolean } | null>;
  list(workspaceId: string, page: PageRequest, activeOnly: boolean): Promise<Page<LegalHoldRecord>>;
  find(workspaceId: string, id: string): Promise<LegalHoldRecord | null>;
  /** Holds by recording, of those that are held. */
  holdsOf(tx: Transaction, workspaceId: string, recordingIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
}

export interface RetentionRepository {
  workspaces(): Promise<readonly string[]>;
  policies(workspaceId: string): Promise<readonly RetentionPolicyRecord[]>;
  savePolicy(tx: Transaction, policy: RetentionPolicyRecord): Promise<RetentionPolicyRecord>;
  deletePolicy(tx: Transaction, workspaceId: string, id: string): Promise<RetentionPolicyRecord | null>;
  /** Facts about recordings uploaded before `before`, oldest first, after the given id of the page before. */
  facts(workspaceId: string, before: Date, after: { readonly createdAt: Date; readonly id: string } | null, first: number): Promise<readonly RetentionFacts[]>;
  factsOf(workspaceId: string, recordingIds: readonly string[]): Promise<readonly RetentionFacts[]>;
}

export interface ArchiveRepository {
  insert(tx: Transaction, archive: Pick<ArchiveRecord, 'id' | 'workspaceId' | 'format' | 'recordingCount' | 'schemaVersion'>, items: readonly Pick<ArchiveItemRecord, 'id' | 'recordingId' | 'policyIds' | 'kinds' | 'deletedKinds'>[], lease: Lease): Promise<void>;
  /**
   * Of these recordings the ones that are live, that no unfinished archive has, and of which nothing has been archived since
   * `archivedAt` (null: nothing had been when they were looked at).
   */
  free(tx: Transaction, workspaceId: string, seen: readonly { readonly recordingId: string; readonly archivedAt: Date | null }[]): Promise<ReadonlySet<string>>;
  find(workspaceId: string, id: string): Promise<ArchiveRecord | null>;
  list(workspaceId: string, page: PageRequest): Promise<Page<ArchiveRecord>>;
  items(workspaceId: string, archiveId: string, tx?: Transaction): Promise<readonly ArchiveItemRecord[]>;
  /** Archives of a recording that are verified, newest first. */
  ofRecording(workspaceId: string, recordingId: string): Promise<readonly ArchiveRecord[]>;
  /** Verified archives that hold any of these. */
  holding(tx: Transaction, workspaceId: string, recordingIds: readonly string[]): Promise<readonly string[]>;
  /** Takes over unfinished archives whose lease is over; one at a time. */
  takeUnfinished(workspaceId: string, lease: Lease, now: Date): Promise<ArchiveRecord | null>;
  /** False when another has it now. */
  renew(id: string, lease: Lease): Promise<boolean>;
  setState(tx: Transaction, id: string, from: ArchiveState, to: ArchiveState, data: Partial<Pick<ArchiveRecord, 'blobKey' | 'sha256' | 'byteLength' | 'signingKeyId' | 'problem'>>): Promise<boolean>;
  /** Locks it. */
  itemState(tx: Transaction, id: string): Promise<ArchiveItemState>;
  setItem(tx: Transaction, id: string, data: Partial<Pick<ArchiveItemRecord, 'state' | 'rowsDigest' | 'byteLength' | 'pendingBlobKeys'>>): Promise<void>;
  /** The items that are in the file, in one statement: an archive may have a thousand. */
  setWritten(tx: Transaction, items: readonly { readonly itemId: string; readonly rowsDigest: string; readonly byteLength: number }[]): Promise<void>;
  markChecked(id: string, problem: string | null): Promise<void>;
  /** Of all workspaces, verified, longest unchecked first. */
  oldestChecked(before: Date, first: number): Promise<readonly ArchiveRecord[]>;
  countVerified(): Promise<number>;
}

export interface Lease {
  readonly owner: string;
  readonly until: Date;
}

/** A recording as rows of every table that belongs to it, whatever tables there are. */
export interface RecordingTreeRepository {
  /** Reads the catalogue once, outside of any transaction; to be called at start. */
  prepare(): Promise<void>;
  /** Rows as PostgreSQL writes them as JSON, a table at a time, parents first. */
  rows(workspaceId: string, recordingId: string, kinds: readonly DataKind[]): AsyncIterable<{ readonly section: string; readonly row: string }>;
  /** The same digest that `rowsDigest` of src/domain/archive.ts makes of those rows, computed by the database. */
  digest(tx: Transaction, workspaceId: string, recordingId: string, kinds: readonly DataKind[]): Promise<string>;
  /** Where the bytes of these kinds lie now. */
  blobs(workspaceId: string, recordingId: string, kinds: readonly DataKind[]): Promise<readonly { readonly name: string; readonly blobKey: string }[]>;
  models(workspaceId: string, recordingIds: readonly string[]): Promise<readonly { readonly id: string; readonly version: string; readonly digest: string }[]>;
  /** Locks the recording; false when it is not there. */
  lock(tx: Transaction, workspaceId: string, recordingId: string): Promise<boolean>;
  /** An analysis of it waits or runs. */
  hasUnfinished(tx: Transaction, workspaceId: string, recordingId: string): Promise<boolean>;
  /** Removes kinds of data; answers the keys of blobs that nothing refers to any more. LEGAL_HOLD from the database itself. */
  remove(tx: Transaction, workspaceId: string, recordingId: string, kinds: readonly DataKind[]): Promise<readonly string[]>;
  /** Puts rows back where they are missing; never changes one that is there. CONFLICT where other rows have taken their place. */
  insert(tx: Transaction, section: string, rows: readonly string[]): Promise<number>;
  /** True where the bytes of a blob are pointed to by a live row. */
  isReferenced(workspaceId: string, blobKey: string): Promise<boolean>;
}

export interface TombstoneRepository {
  insert(tx: Transaction, row: TombstoneRecord): Promise<void>;
  /** Of these recordings, the ones that were erased. */
  erased(workspaceId: string, recordingIds: readonly string[]): Promise<ReadonlySet<string>>;
  list(workspaceId: string, page: PageRequest): Promise<Page<TombstoneRecord>>;
}

export interface TaskRunRepository extends TaskRunStore {
  lastRuns(taskIds: readonly string[]): Promise<readonly TaskRunRecord[]>;
  /** Removes rows of runs that began before; the newest firing of each task stays. */
  prune(before: Date): Promise<number>;
  /** How many `prune` would remove. */
  countForgettable(before: Date): Promise<number>;
}
