export type ReviewStatus = 'PENDING' | 'RESOLVED' | 'DISMISSED';
export type ReviewReasonKind = 'LOW_CONFIDENCE' | 'ABSTAINED' | 'CONTRADICTION' | 'RULE' | 'RANDOM_SAMPLE' | 'BY_HAND';

export interface ReviewDecision {
  readonly id: string;
  readonly keyId: string;
  readonly keyName: string;
  readonly kind: 'ANSWER' | 'SKIP';
  readonly label: string | null;
  readonly isFinal: boolean;
  readonly note: string | null;
  readonly createdAt: string;
  readonly undoneAt: string | null;
}

/** What the model said (`model…`, `reasons`) is null while `isHidden`. */
export interface ReviewItem {
  readonly id: string;
  readonly status: ReviewStatus;
  readonly priority: number;
  readonly reasons: readonly { readonly kind: ReviewReasonKind; readonly message: string }[] | null;
  readonly recordingId: string;
  readonly segmentId: string | null;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly labels: readonly string[];
  readonly isBlind: boolean;
  readonly isHidden: boolean;
  readonly modelLabel: string | null;
  readonly modelConfidence: number | null;
  readonly modelAbstained: boolean | null;
  readonly requiredCount: number;
  readonly answerCount: number;
  readonly claims: readonly { readonly keyName: string; readonly expiresAt: string }[];
  readonly claimedUntil: string | null;
  readonly decisions: readonly ReviewDecision[];
  readonly label: string | null;
  readonly agreesWithModel: boolean | null;
  readonly isDisputed: boolean;
  readonly dismissReason: string | null;
  readonly settledBy: string | null;
  readonly createdAt: string;
  readonly audioUrl: string;
}

export interface ReviewPolicy {
  readonly unit: 'SEGMENT' | 'ANALYSIS';
  readonly lowConfidenceBelow: number | null;
  readonly abstained: boolean;
  readonly contradictionBelow: number | null;
  readonly randomRate: number;
  readonly maxItemsPerAnalysis: number;
  readonly requiredCount: number;
  readonly isBlind: boolean;
  readonly claimMinutes: number;
}
