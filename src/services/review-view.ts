import { answersOf, hasAnswered, isHiddenFrom, othersAtWork, votesOf, type ReviewItemRecord } from '../domain/review.js';
import type { ReviewItemView } from './review-contracts.js';

/** The item as this person may see it: the one place where anything is left out. */
export function viewOf(item: ReviewItemRecord, keyId: string, now: Date): ReviewItemView {
  const isHidden = isHiddenFrom(item, keyId);
  const isOpen = item.status === 'PENDING' && !hasAnswered(item, keyId);
  const decisions = isOpen ? item.decisions.filter((decision) => decision.keyId === keyId) : item.decisions;
  const claims = item.claims.filter((claim) => claim.expiresAt > now);
  return {
    ...item, decisions, claims, isHidden,
    isDisputed: votesOf(answersOf(decisions)).size > 1,
    claimedUntil: claims.find((claim) => claim.keyId === keyId)?.expiresAt ?? null,
    othersAtWorkCount: othersAtWork(item, keyId, now).length,
    ...(isHidden ? { reasons: null, modelLabel: null, modelConfidence: null, modelAbstained: null } : {}),
  };
}
