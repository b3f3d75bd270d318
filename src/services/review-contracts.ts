import type { ReviewPolicy } from '../domain/review-policy.js';
import type { ReviewFilter, ReviewItemRecord, ReviewReason } from '../domain/review.js';
import type { Principal } from '../domain/principal.js';
import type { Page, PageRequest } from '../domain/records.js';

/**
 * An item as one person may see it. Blind and not answered by them: what the model said is null, as is why it is here.
 * What others said is left out until they have answered themselves or the item is settled, so that nobody follows anybody.
 */
export type ReviewItemView = Omit<ReviewItemRecord, 'reasons' | 'modelAbstained'> & {
  readonly modelAbstained: boolean | null;
  readonly reasons: readonly ReviewReason[] | null;
  readonly isHidden: boolean;
  /** Until when this person's claim holds. */
  readonly claimedUntil: Date | null;
  /** Others whose claims hold now. */
  readonly othersAtWorkCount: number;
};

/** `item` as the listener may see it; null where several changed, or what changed may have been missed: the queue is to be read again. */
export interface ReviewQueueChange {
  readonly item: ReviewItemView | null;
  readonly pendingCount: number;
}

export interface EnqueueReviewInput {
  /** Exactly one of the two. */
  readonly analysisId?: string | null;
  readonly segmentId?: string | null;
  readonly note?: string | null;
  readonly priority?: number | null;
  readonly requiredCount?: number | null;
  readonly isBlind?: boolean | null;
  readonly assigneeKeyIds?: readonly string[] | null;
}

export interface ResolveReviewInput {
  readonly id: string;
  /** One of the model's; exactly one of the two. */
  readonly label?: string | null;
  /** One of the reviewer's own. */
  readonly freeLabel?: string | null;
  readonly note?: string | null;
  readonly spentSeconds?: number | null;
  /** For admins: settles the item, whoever else was asked. */
  readonly isFinal?: boolean | null;
}

/** Viewers read; analysts review; admins say what is reviewed and have the last word. */
export interface ReviewService {
  queue(principal: Principal, page: PageRequest, filter: ReviewFilter): Promise<Page<ReviewItemView>>;
  find(principal: Principal, id: string): Promise<ReviewItemView | null>;
  /** Each change of the workspace's queue from now on. A claim that expires is none. */
  changes(principal: Principal, signal: AbortSignal): AsyncIterable<ReviewQueueChange>;
  /** In the order of time within each analysis. */
  forAnalyses(principal: Principal, analysisIds: readonly string[]): Promise<readonly ReviewItemView[]>;
  /** By hand. One that is there already gets the reason as well; one that was dismissed, or has fewer answers than are asked for, is opened again. */
  enqueue(principal: Principal, input: EnqueueReviewInput): Promise<ReviewItemView>;
  /** For so many minutes nobody else takes this place; again, it is for as long anew. NOT_FOUND, CONFLICT. */
  claim(principal: Principal, id: string): Promise<ReviewItemView>;
  /** The most urgent that is free, own assignments first; null where there is none. */
  claimNext(principal: Principal, filter: ReviewFilter): Promise<ReviewItemView | null>;
  /** `keyId`: another's claim, for admins. */
  release(principal: Principal, id: string, keyId: string | null): Promise<ReviewItemView>;
  /** Only these may claim it from now on; an empty list: anybody. Claims of others end. */
  assign(principal: Principal, id: string, keyIds: readonly string[]): Promise<ReviewItemView>;
  /** An answer, with or without a claim while a place is free. CONFLICT when it is settled, answered by the same key, or taken. */
  resolve(principal: Principal, input: ResolveReviewInput): Promise<ReviewItemView>;
  /** Leaves it to others. */
  skip(principal: Principal, id: string, note: string | null): Promise<ReviewItemView>;
  /** Nobody needs to look. */
  dismiss(principal: Principal, id: string, reason: string): Promise<ReviewItemView>;
  /** Takes back one's own last word (an answer, a skip, a dismissal), or as an admin anybody's by its id. The item is open again where answers are missing. */
  undo(principal: Principal, id: string, decisionId: string | null): Promise<ReviewItemView>;
  policy(principal: Principal): Promise<ReviewPolicy>;
  /** What is not named stays. */
  setPolicy(principal: Principal, change: Partial<{ readonly [K in keyof ReviewPolicy]: ReviewPolicy[K] | null }>): Promise<ReviewPolicy>;
}

