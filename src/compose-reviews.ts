import type { Database } from './db/database.js';
import type { ApiKeyRepository } from './db/repositories.js';
import { createReviewRepository } from './db/review.repository.js';
import type { EventBus } from './domain/events.js';
import type { AuditSink } from './services/audit.js';
import type { ResolvedReviews } from './services/evaluation-set.js';
import type { FactOutbox } from './services/fact-outbox.js';
import { createReviewClaims, type ReviewClaims } from './services/review-claims.js';
import { createReviewFigures } from './services/review-figures.service.js';
import { createReviewIntake, type Contradictions, type ReviewIntake } from './services/review-intake.js';
import { createReviewService } from './services/review.service.js';
import type { ReviewedLabels } from './services/rule-backtest.js';
import type { Services } from './services/service-contracts.js';

export interface ReviewsParts {
  readonly database: Database;
  readonly keys: Pick<ApiKeyRepository, 'findById'>;
  readonly audit: AuditSink;
  readonly facts: FactOutbox;
  readonly events: EventBus;
  /** From the cross-check of words and voice, where there is one. */
  readonly contradictions: Contradictions | null;
}

export interface ComposedReviews {
  readonly services: Pick<Services, 'reviews' | 'reviewFigures'>;
  readonly intake: ReviewIntake;
  /** For the precision of rules. */
  readonly reviewed: ReviewedLabels;
  /** For evaluation sets. */
  readonly resolved: ResolvedReviews;
  readonly claims: ReviewClaims;
}

/** The queue of human review, and what its decisions are good for elsewhere. */
export function composeReviews({ database, keys, audit, facts, events, contradictions }: ReviewsParts): ComposedReviews {
  const reviews = createReviewRepository(database);
  const intake = createReviewIntake({ database, reviews, contradictions, events });
  return {
    intake, claims: createReviewClaims({ reviews, events }),
    services: { reviews: createReviewService({ database, reviews, intake, keys, audit, facts, events }), reviewFigures: createReviewFigures(reviews) },
    reviewed: { forAnalyses: (workspaceId, analysisIds) => reviews.segmentLabels(workspaceId, analysisIds) },
    resolved: { listResolved: (workspaceId, range) => reviews.recordingLabels(workspaceId, range) },
  };
}
