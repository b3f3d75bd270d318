import { createHash } from 'node:crypto';
import type { ReviewReason, ReviewReasonKind } from './review.js';

/** What a workspace sends to review by itself, and how it is reviewed. */
export interface ReviewPolicy {
  /** What is judged: each segment, or each analysis as a whole. A rule names its segments itself. */
  readonly unit: 'SEGMENT' | 'ANALYSIS';
  /** LOW_CONFIDENCE under this; null: never. */
  readonly lowConfidenceBelow: number | null;
  /** ABSTAINED: where the platform declined to say. */
  readonly abstained: boolean;
  /** CONTRADICTION: where words and voice agree at most this much; null: never. */
  readonly contradictionBelow: number | null;
  /** RANDOM_SAMPLE: share of everything that was judged, 0 to 1. */
  readonly randomRate: number;
  /** Of one analysis, the sample aside: the most urgent, then the least sure. */
  readonly maxItemsPerAnalysis: number;
  readonly requiredCount: number;
  readonly isBlind: boolean;
  readonly claimMinutes: number;
}

/**
 * What fills a queue by itself is off: uncertain segments are a third of some material. What somebody asked for (a rule,
 * a hand) and what is rare and serious (words against voice) is on.
 */
export const DEFAULT_REVIEW_POLICY: ReviewPolicy = {
  unit: 'SEGMENT', lowConfidenceBelow: null, abstained: false, contradictionBelow: 0.2, randomRate: 0, maxItemsPerAnalysis: 10, requiredCount: 1, isBlind: false, claimMinutes: 30,
};

/** Higher first. A rule and a hand bring their own. */
export const PRIORITY_OF: Readonly<Record<ReviewReasonKind, number>> = { CONTRADICTION: 80, ABSTAINED: 60, RULE: 60, BY_HAND: 60, LOW_CONFIDENCE: 40, RANDOM_SAMPLE: 20 };
export const RULE_PRIORITIES: Readonly<Record<string, number>> = { low: 40, normal: 60, high: 80 };

/** A stretch that the model judged, or the whole (`segmentId` null). */
export interface Judged {
  readonly segmentId: string | null;
  /** Place of the segment in its analysis; null for the whole. */
  readonly index: number | null;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly label: string | null;
  readonly confidence: number | null;
  readonly abstained: boolean;
  /** How well words and voice agree, 0 to 1; null where nobody compared them. */
  readonly agreement: number | null;
}

/** A finished analysis as the policy sees it. */
export interface ReviewSubject {
  readonly workspaceId: string;
  readonly recordingId: string;
  readonly analysisId: string;
  readonly labels: readonly string[];
  readonly whole: Judged;
  /** In the order of time. */
  readonly segments: readonly Judged[];
}

/** Words that go against the voice, found by a cross-check. */
export interface Contradiction {
  readonly segmentIndex: number;
  readonly message: string;
  readonly agreement: number | null;
}

export interface Candidate {
  readonly judged: Judged;
  readonly reasons: readonly ReviewReason[];
}

export function reason(kind: ReviewReasonKind, at: Date, message: string, figures: Partial<Pick<ReviewReason, 'ruleId' | 'alertId' | 'value' | 'limit'>> = {}): ReviewReason {
  return { kind, at: at.toISOString(), message, ruleId: null, alertId: null, value: null, limit: null, ...figures };
}

/** The same subject is in the sample or not, whoever asks and how often: its id decides. */
export function isSampled(subjectId: string, rate: number): boolean {
  return createHash('sha256').update(`review ${subjectId}`).digest().readUInt32BE(0) / 2 ** 32 < rate;
}

/** What of an analysis people should hear. The sample is never cut: its rate would not be what it says. */
export function candidatesOf(policy: ReviewPolicy, subject: ReviewSubject, contradictions: readonly Contradiction[], now: Date): readonly Candidate[] {
  const units = policy.unit === 'SEGMENT' ? subject.segments : [subject.whole];
  const judged = units.filter(({ label }) => label !== null);
  const urgent = new Map<Judged, ReviewReason[]>();
  const add = (one: Judged, found: ReviewReason): void => {
    const list = urgent.get(one);
    if (list === undefined) urgent.set(one, [found]);
    else if (!list.some(({ kind }) => kind === found.kind)) list.push(found);
  };
  for (const one of judged) {
    const { abstained, confidence } = one;
    if (policy.abstained && abstained) add(one, reason('ABSTAINED', now, 'The platform declined to say.', { value: confidence }));
    if (policy.lowConfidenceBelow !== null && confidence !== null && confidence < policy.lowConfidenceBelow) {
      add(one, reason('LOW_CONFIDENCE', now, 'The confidence is under the threshold.', { value: confidence, limit: policy.lowConfidenceBelow }));
    }
  }
  if (policy.contradictionBelow !== null) {
    for (const one of subject.segments) {
      if (one.agreement !== null && one.agreement <= policy.contradictionBelow) add(one, reason('CONTRADICTION', now, 'What is said goes against how it is said.', { value: one.agreement, limit: policy.contradictionBelow }));
    }
    for (const { segmentIndex, message, agreement } of contradictions) {
      const one = subject.segments.find(({ index }) => index === segmentIndex);
      if (one !== undefined) add(one, reason('CONTRADICTION', now, message, { value: agreement, limit: policy.contradictionBelow }));
    }
  }
  const kept = [...urgent].map(([one, reasons]) => ({ judged: one, reasons })).sort(byUrgency).slice(0, policy.maxItemsPerAnalysis);
  const sampled = judged.filter((one) => isSampled(one.segmentId ?? subject.analysisId, policy.randomRate));
  const sample = reason('RANDOM_SAMPLE', now, 'Drawn at random.', { limit: policy.randomRate });
  return [
    ...kept.map(({ judged: one, reasons }) => ({ judged: one, reasons: sampled.includes(one) ? [...reasons, sample] : reasons })),
    ...sampled.filter((one) => !kept.some((other) => other.judged === one)).map((one) => ({ judged: one, reasons: [sample] })),
  ];
}

export function priorityOf(reasons: readonly Pick<ReviewReason, 'kind'>[]): number {
  return Math.max(...reasons.map(({ kind }) => PRIORITY_OF[kind]));
}

function byUrgency(a: Candidate, b: Candidate): number {
  return priorityOf(b.reasons) - priorityOf(a.reasons) || (a.judged.confidence ?? 0) - (b.judged.confidence ?? 0) || a.judged.startSeconds - b.judged.startSeconds;
}
