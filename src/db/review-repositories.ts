import type { Page, PageRequest } from '../domain/records.js';
import type { ReviewPolicy, ReviewSubject } from '../domain/review-policy.js';
import type { ReviewClaimRecord, ReviewDecisionRecord, ReviewFilter, ReviewItemRecord, ReviewItemState } from '../domain/review.js';
import type { Transaction } from './database.js';

export type NewReviewItem = Omit<ReviewItemRecord, 'status' | 'wasShown' | 'answerCount' | 'label' | 'isDisputed' | 'dismissReason' | 'settledBy' | 'settledAt' | 'createdAt' | 'claims' | 'decisions'>;

/** Who looks at a list, and when: what can be claimed depends on both. */
export interface ReviewOnlooker {
  readonly keyId: string;
  readonly now: Date;
}

export interface EndedClaim {
  readonly workspaceId: string;
  readonly reviewId: string;
}

export interface SettledRange {
  readonly after: Date | null;
  readonly before: Date | null;
}

/** A label that people agreed on for a whole recording, with their votes. */
export interface ReviewedRecording {
  readonly recordingId: string;
  readonly label: string;
  readonly votes: Readonly<Record<string, number>>;
}

export interface ReviewRepository {
  /** A finished analysis; null when there is none. Inside a transaction, by it: the embedded database has one at a time. */
  subject(workspaceId: string, analysisId: string, tx?: Transaction): Promise<ReviewSubject | null>;
  /** Which analysis a segment is of. */
  analysisOfSegment(workspaceId: string, segmentId: string): Promise<string | null>;
  /** To be taken before items are made, as deletions take it; false when it is gone. */
  lockRecording(tx: Transaction, workspaceId: string, recordingId: string): Promise<boolean>;
  /** Leaves out what has an item already; answers the ids of those that are new. */
  insert(tx: Transaction, items: readonly NewReviewItem[]): Promise<ReadonlySet<string>>;
  /** Locked to the end of the transaction: whoever changes an item takes turns. */
  findForUpdate(tx: Transaction, workspaceId: string, id: string): Promise<ReviewItemRecord | null>;
  /** The item of a segment, or of an analysis as a whole. */
  findOfSubject(tx: Transaction, workspaceId: string, subjectId: string): Promise<ReviewItemRecord | null>;
  setState(tx: Transaction, id: string, state: Partial<ReviewItemState>): Promise<void>;
  /** Takes the place of an earlier claim of the same key. */
  putClaim(tx: Transaction, workspaceId: string, claim: ReviewClaimRecord): Promise<void>;
  /** `keyId` null: of everybody. Answers how many there were. */
  deleteClaims(tx: Transaction, reviewId: string, keyId: string | null): Promise<number>;
  /** Takes away claims that ended, at most so many; each is answered to one caller only, however many ask at once. */
  expireClaims(now: Date, most: number): Promise<readonly EndedClaim[]>;
  countExpiredClaims(now: Date): Promise<number>;
  insertDecision(tx: Transaction, workspaceId: string, decision: ReviewDecisionRecord): Promise<void>;
  undoDecision(tx: Transaction, id: string, at: Date, by: string): Promise<void>;

  findById(workspaceId: string, id: string): Promise<ReviewItemRecord | null>;
  /** In the order of time within each analysis. */
  forAnalyses(workspaceId: string, analysisIds: readonly string[]): Promise<readonly ReviewItemRecord[]>;
  /** By priority, then the oldest first. */
  list(workspaceId: string, page: PageRequest, filter: ReviewFilter, onlooker: ReviewOnlooker): Promise<Page<ReviewItemRecord>>;
  /** What this key could claim and does not hold, its own assignments first. */
  nextFree(workspaceId: string, filter: ReviewFilter, onlooker: ReviewOnlooker, first: number): Promise<readonly string[]>;
  /** Resolved and dismissed ones, in the order in which they were settled. */
  settled(workspaceId: string, range: SettledRange, after: { readonly settledAt: Date; readonly id: string } | null, first: number): Promise<readonly ReviewItemRecord[]>;
  /** By segment id, of resolved items. */
  segmentLabels(workspaceId: string, analysisIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The newest of each recording, of items about the whole or about the only segment that was judged. */
  recordingLabels(workspaceId: string, range: SettledRange): Promise<readonly ReviewedRecording[]>;

  policy(workspaceId: string, tx?: Transaction): Promise<Partial<ReviewPolicy> | null>;
  savePolicy(tx: Transaction, workspaceId: string, policy: ReviewPolicy, by: string, at: Date): Promise<void>;
}
