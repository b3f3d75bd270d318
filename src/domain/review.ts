/** What people are asked to listen to and what they say. What the model said is never changed: it stands beside. */

export const REVIEW_REASONS = ['LOW_CONFIDENCE', 'ABSTAINED', 'CONTRADICTION', 'RULE', 'RANDOM_SAMPLE', 'BY_HAND'] as const;
export type ReviewReasonKind = (typeof REVIEW_REASONS)[number];

export const REVIEW_STATUSES = ['PENDING', 'RESOLVED', 'DISMISSED'] as const;
export type ReviewStatus = (typeof REVIEW_STATUSES)[number];

/** Why an item is in the queue. */
export interface ReviewReason {
  readonly kind: ReviewReasonKind;
  readonly at: string;
  /** For people. */
  readonly message: string;
  readonly ruleId: string | null;
  readonly alertId: string | null;
  /** What was measured: a confidence, or how well words and voice agree. */
  readonly value: number | null;
  /** What it was held against: a threshold, or the rate of a sample. */
  readonly limit: number | null;
}

export interface ReviewClaimRecord {
  readonly reviewId: string;
  readonly keyId: string;
  readonly keyName: string;
  readonly claimedAt: Date;
  readonly expiresAt: Date;
}

export interface ReviewDecisionRecord {
  readonly id: string;
  readonly reviewId: string;
  readonly keyId: string;
  readonly keyName: string;
  /** SKIP: this person leaves it to others. */
  readonly kind: 'ANSWER' | 'SKIP';
  readonly label: string | null;
  /** True for a label that the model does not have. */
  readonly isFreeLabel: boolean;
  /** An admin's word, which settles the item by itself. */
  readonly isFinal: boolean;
  /** Whether the model's answer was to be seen when it was given. */
  readonly sawModelAnswer: boolean;
  readonly note: string | null;
  /** Time spent, as said or since the claim; null where neither is known. */
  readonly spentSeconds: number | null;
  readonly createdAt: Date;
  readonly undoneAt: Date | null;
  readonly undoneBy: string | null;
}

export interface ReviewItemRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly recordingId: string;
  readonly analysisId: string;
  /** Null: about the analysis as a whole. */
  readonly segmentId: string | null;
  readonly status: ReviewStatus;
  /** 0 to 100, higher first. */
  readonly priority: number;
  readonly reasons: readonly ReviewReason[];
  /** The model's labels, to choose from. */
  readonly labels: readonly string[];
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly modelLabel: string | null;
  readonly modelConfidence: number | null;
  readonly modelAbstained: boolean;
  readonly isBlind: boolean;
  /** It was settled before, and the model's answer was open to all. */
  readonly wasShown: boolean;
  /** Answers that it needs. */
  readonly requiredCount: number;
  readonly answerCount: number;
  /** Only these may claim it; empty: anybody. */
  readonly assigneeKeyIds: readonly string[];
  /** What people say, once it is resolved. */
  readonly label: string | null;
  /** The answers are not all the same. */
  readonly isDisputed: boolean;
  readonly dismissReason: string | null;
  readonly settledBy: string | null;
  readonly settledAt: Date | null;
  readonly createdAt: Date;
  readonly claims: readonly ReviewClaimRecord[];
  /** Oldest first, with those that were taken back. */
  readonly decisions: readonly ReviewDecisionRecord[];
}

/** What changes in the life of an item. */
export type ReviewItemState = Pick<ReviewItemRecord, 'status' | 'priority' | 'reasons' | 'isBlind' | 'wasShown' | 'requiredCount' | 'answerCount' | 'assigneeKeyIds' | 'label' | 'isDisputed' | 'dismissReason' | 'settledBy' | 'settledAt'>;

export interface ReviewFilter {
  /** PENDING where absent. */
  readonly status?: ReviewStatus;
  readonly reason?: ReviewReasonKind;
  readonly recordingId?: string;
  readonly analysisId?: string;
  readonly minPriority?: number;
  /** Only what this key could claim now. */
  readonly isClaimable?: boolean;
  readonly assignedTo?: string;
  readonly claimedBy?: string;
  readonly createdAfter?: Date;
  readonly createdBefore?: Date;
}

export function activeDecisions(decisions: readonly ReviewDecisionRecord[]): readonly ReviewDecisionRecord[] {
  return decisions.filter(({ undoneAt }) => undoneAt === null);
}

export function answersOf(decisions: readonly ReviewDecisionRecord[]): readonly ReviewDecisionRecord[] {
  return activeDecisions(decisions).filter(({ kind }) => kind === 'ANSWER');
}

export function hasAnswered({ decisions }: Pick<ReviewItemRecord, 'decisions'>, keyId: string): boolean {
  return answersOf(decisions).some((decision) => decision.keyId === keyId);
}

/** Blind: until somebody has answered, or nobody is asked any more, the model's answer is not for their eyes. */
export function isHiddenFrom(item: Pick<ReviewItemRecord, 'isBlind' | 'status' | 'decisions'>, keyId: string): boolean {
  return item.isBlind && item.status === 'PENDING' && !hasAnswered(item, keyId);
}

export type ReviewOutcome = Pick<ReviewItemRecord, 'status' | 'label' | 'isDisputed' | 'answerCount'>;

/**
 * What the answers come to. An admin's final word settles it. Otherwise it takes as many answers as are required and
 * one label with more votes than any other: a tie stays open for one more person.
 */
export function outcomeOf(decisions: readonly ReviewDecisionRecord[], requiredCount: number): ReviewOutcome {
  const answers = answersOf(decisions);
  const votes = votesOf(answers);
  const isDisputed = votes.size > 1;
  const final = answers.findLast((decision) => decision.isFinal);
  if (final !== undefined) return { status: 'RESOLVED', label: final.label, isDisputed, answerCount: answers.length };
  const [first, second] = [...votes].sort(([, a], [, b]) => b - a);
  const isOpen = answers.length < requiredCount || first === undefined || first[1] === second?.[1];
  return isOpen ? { status: 'PENDING', label: null, isDisputed, answerCount: answers.length } : { status: 'RESOLVED', label: first[0], isDisputed, answerCount: answers.length };
}

export function votesOf(answers: readonly Pick<ReviewDecisionRecord, 'label'>[]): ReadonlyMap<string, number> {
  const votes = new Map<string, number>();
  for (const { label } of answers) if (label !== null) votes.set(label, (votes.get(label) ?? 0) + 1);
  return votes;
}

/** How many people it still waits for: what is missing, and one more at a tie. */
export function openSlots({ status, requiredCount, answerCount }: Pick<ReviewItemRecord, 'status' | 'requiredCount' | 'answerCount'>): number {
  return status === 'PENDING' ? Math.max(1, requiredCount - answerCount) : 0;
}

/** Claims of others that still hold. */
export function othersAtWork({ claims }: Pick<ReviewItemRecord, 'claims'>, keyId: string, now: Date): readonly ReviewClaimRecord[] {
  return claims.filter((claim) => claim.keyId !== keyId && claim.expiresAt > now);
}
