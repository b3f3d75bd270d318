import type { Database, Transaction } from '../db/database.js';
import type { NewReviewItem, ReviewRepository } from '../db/review-repositories.js';
import type { EventBus } from '../domain/events.js';
import { newId } from '../domain/ids.js';
import { candidatesOf, DEFAULT_REVIEW_POLICY, priorityOf, reason, RULE_PRIORITIES, type Contradiction, type Judged, type ReviewPolicy, type ReviewSubject } from '../domain/review-policy.js';
import type { ReviewReason } from '../domain/review.js';
import type { RuleActionHandler } from './rule-engine.js';

/** What a cross-check of words and voice found in an analysis, where the installation has one. */
export interface Contradictions {
  forAnalysis(workspaceId: string, analysisId: string): Promise<readonly Contradiction[]>;
}

export interface ReviewIntakeParts {
  readonly database: Database;
  readonly reviews: ReviewRepository;
  /** Null: only how well each segment's words and voice agree, where that is stored. */
  readonly contradictions: Contradictions | null;
  readonly events: Pick<EventBus, 'publish'>;
  readonly now?: () => Date;
}

export interface ReviewIntake {
  /** What the workspace's policy says of a finished analysis. Safe to repeat: each subject has one item. */
  consider(workspaceId: string, analysisId: string): Promise<{ readonly newCount: number }>;
  /** Makes items, or adds the reasons to those that are there, under a recording that the transaction has locked. */
  propose(tx: Transaction, items: readonly NewReviewItem[]): Promise<number>;
  policy(workspaceId: string): Promise<ReviewPolicy>;
  /** Tells whoever shows the queue that it is another one, after the commit. */
  announce(workspaceId: string): void;
  /** The action `review` of a rule. */
  readonly ofRule: RuleActionHandler;
}

/** Segments of one firing that become items of their own; with more, people are asked about the whole. */
const MOST_SEGMENTS_OF_A_FIRING = 50;

export function createReviewIntake({ database, reviews, contradictions, events, now = () => new Date() }: ReviewIntakeParts): ReviewIntake {
  const policy = async (workspaceId: string): Promise<ReviewPolicy> => ({ ...DEFAULT_REVIEW_POLICY, ...(await reviews.policy(workspaceId)) });

  async function propose(tx: Transaction, items: readonly NewReviewItem[]): Promise<number> {
    const isNew = await reviews.insert(tx, items);
    for (const item of items) if (!isNew.has(item.id)) await merge(tx, item);
    return isNew.size;
  }

  /** A settled item keeps its state: one more reason is no reason to ask again. */
  async function merge(tx: Transaction, { workspaceId, segmentId, analysisId, reasons, priority }: NewReviewItem): Promise<void> {
    const there = await reviews.findOfSubject(tx, workspaceId, segmentId ?? analysisId);
    if (there === null) return;
    const added = reasons.filter((one) => !there.reasons.some((other) => other.kind === one.kind && other.alertId === one.alertId && (one.kind !== 'BY_HAND' || other.message === one.message)));
    if (added.length > 0) await reviews.setState(tx, there.id, { reasons: [...there.reasons, ...added], priority: Math.max(there.priority, priority) });
  }

  const announce = (workspaceId: string): void => events.publish({ kind: 'review.queue', workspaceId, reviewId: null });

  return {
    propose, policy, announce,

    async consider(workspaceId, analysisId) {
      const subject = await reviews.subject(workspaceId, analysisId);
      if (subject === null) return { newCount: 0 };
      const rules = await policy(workspaceId);
      const found = rules.contradictionBelow === null ? [] : ((await contradictions?.forAnalysis(workspaceId, analysisId)) ?? []);
      const items = candidatesOf(rules, subject, found, now()).map(({ judged, reasons }) => newItem(subject, judged, rules, reasons, priorityOf(reasons)));
      if (items.length === 0) return { newCount: 0 };
      const newCount = await database.transaction(async (tx) => ((await reviews.lockRecording(tx, workspaceId, subject.recordingId)) ? propose(tx, items) : 0));
      announce(workspaceId);
      return { newCount };
    },

    async ofRule(tx, { alert, input }) {
      const { workspaceId, analysisId, recordingId, segmentIds } = alert;
      const subject = await reviews.subject(workspaceId, analysisId, tx);
      if (subject === null || !(await reviews.lockRecording(tx, workspaceId, recordingId))) return;
      const named = subject.segments.filter(({ segmentId }) => segmentIds.includes(segmentId!));
      const judged = named.length === 0 || named.length > MOST_SEGMENTS_OF_A_FIRING ? [subject.whole] : named;
      const because = reason('RULE', now(), `The rule “${alert.ruleName}” fired.`, { ruleId: alert.ruleId, alertId: alert.id });
      const priority = RULE_PRIORITIES[input['priority'] as string] ?? RULE_PRIORITIES['normal']!;
      const rules = { ...DEFAULT_REVIEW_POLICY, ...(await reviews.policy(workspaceId, tx)) };
      await propose(tx, judged.map((one) => newItem(subject, one, rules, [because], priority)));
    },
  };
}

export function newItem(subject: ReviewSubject, judged: Judged, { isBlind, requiredCount }: Pick<ReviewPolicy, 'isBlind' | 'requiredCount'>, reasons: readonly ReviewReason[], priority: number): NewReviewItem {
  const { workspaceId, recordingId, analysisId, labels } = subject;
  const { segmentId, startSeconds, endSeconds, label, confidence, abstained } = judged;
  return { id: newId('review'), workspaceId, recordingId, analysisId, segmentId, priority, reasons, labels, startSeconds, endSeconds, modelLabel: label, modelConfidence: confidence, modelAbstained: abstained, isBlind, requiredCount, assigneeKeyIds: [] };
}
