import { operation } from './operation.js';
import type { ReviewItem, ReviewPolicy, ReviewReasonKind, ReviewStatus } from './review-types.js';
import type { PageInfo, Problem } from './types.js';

const ITEM = `id status priority reasons { kind message } recordingId segmentId startSeconds endSeconds labels isBlind isHidden modelLabel modelConfidence modelAbstained
  requiredCount answerCount claims { keyName expiresAt } claimedUntil decisions { id keyId keyName kind label isFinal note createdAt undoneAt }
  label agreesWithModel isDisputed dismissReason settledBy createdAt audioUrl`;
const POLICY = 'unit lowConfidenceBelow abstained contradictionBelow randomRate maxItemsPerAnalysis requiredCount isBlind claimMinutes';
const ANSWER = `__typename ... on ReviewItem { ${ITEM} } ... on Problem { code message }`;

export type ReviewAnswer = { __typename: string } & Partial<ReviewItem> & Partial<Problem>;

export const REVIEW_QUEUE = operation<
  { reviewQueue: { nodes: readonly ReviewItem[]; pageInfo: PageInfo; totalCount: number } },
  { first: number; after: string | undefined; filter: { status: ReviewStatus; reason?: ReviewReasonKind } }
>(`query ReviewQueue($first: Int!, $after: String, $filter: ReviewFilterInput) {
  reviewQueue(first: $first, after: $after, filter: $filter) { nodes { ${ITEM} } pageInfo { hasNextPage endCursor } totalCount }
}`);

export const REVIEW_ITEM = operation<{ reviewItem: ReviewItem | null }, { id: string }>(`query ReviewItem($id: ID!) { reviewItem(id: $id) { ${ITEM} } }`);

export const REVIEW_QUEUE_EVENTS = operation<{ reviewQueueChanged: { pendingCount: number } }>('subscription ReviewQueueEvents { reviewQueueChanged { pendingCount } }');

export const REVIEW_ITEM_EVENTS = operation<{ reviewQueueChanged: { item: ReviewItem | null } }>(`subscription ReviewItemEvents { reviewQueueChanged { item { ${ITEM} } } }`);

export const REVIEW_POLICY = operation<{ reviewPolicy: ReviewPolicy }>(`query ReviewPolicy { reviewPolicy { ${POLICY} } }`);

export const SET_REVIEW_POLICY = operation<{ setReviewPolicy: { __typename: string } & Partial<ReviewPolicy> & Partial<Problem> }, { input: Partial<ReviewPolicy> }>(`mutation SetReviewPolicy($input: ReviewPolicyInput!) {
  setReviewPolicy(input: $input) { __typename ... on ReviewPolicy { ${POLICY} } ... on Problem { code message } }
}`);

export const CLAIM_REVIEW = operation<{ claimReview: ReviewAnswer }, { id: string }>(`mutation ClaimReview($id: ID!) { claimReview(id: $id) { ${ANSWER} } }`);

export const CLAIM_NEXT_REVIEW = operation<{ claimNextReview: ReviewAnswer | null }>(`mutation ClaimNextReview { claimNextReview { ${ANSWER} } }`);

export const RESOLVE_REVIEW = operation<{ resolveReview: ReviewAnswer }, { input: { id: string; label?: string; freeLabel?: string; note?: string; spentSeconds: number } }>(`mutation ResolveReview($input: ResolveReviewInput!) {
  resolveReview(input: $input) { ${ANSWER} }
}`);

export const SKIP_REVIEW = operation<{ skipReview: ReviewAnswer }, { id: string }>(`mutation SkipReview($id: ID!) { skipReview(id: $id) { ${ANSWER} } }`);

export const RELEASE_REVIEW = operation<{ releaseReview: ReviewAnswer }, { id: string }>(`mutation ReleaseReview($id: ID!) { releaseReview(id: $id) { ${ANSWER} } }`);

export const UNDO_REVIEW = operation<{ undoReview: ReviewAnswer }, { id: string }>(`mutation UndoReview($id: ID!) { undoReview(id: $id) { ${ANSWER} } }`);

export const ENQUEUE_REVIEW = operation<{ enqueueReview: ReviewAnswer }, { input: { segmentId: string } }>(`mutation EnqueueReview($input: EnqueueReviewInput!) {
  enqueueReview(input: $input) { ${ANSWER} }
}`);
