import type { ReviewRepository } from '../db/review-repositories.js';
import type { EventBus } from '../domain/events.js';

/** Claims at once: the statement holds their rows until it ends. */
const BATCH = 500;
/** Items of one workspace that are told one by one; with more, whoever shows the queue reads it again. */
const MOST_TOLD = 20;

export interface ReviewClaims {
  /** Takes away the claims that ended and tells whoever shows a queue. Of a fleet, one node tells of each claim. */
  expire(signal: AbortSignal, isDryRun: boolean): Promise<{ readonly endedCount: number }>;
}

export interface ReviewClaimsParts {
  readonly reviews: Pick<ReviewRepository, 'expireClaims' | 'countExpiredClaims'>;
  readonly events: Pick<EventBus, 'publish'>;
  readonly now?: () => Date;
}

/**
 * The moment a claim ends, nothing reads it any more: the place is free to whoever asks. What this adds is that those who
 * only watch hear of it.
 */
export function createReviewClaims({ reviews, events, now = () => new Date() }: ReviewClaimsParts): ReviewClaims {
  function tell(workspaceId: string, reviewIds: ReadonlySet<string>): void {
    const told = reviewIds.size > MOST_TOLD ? [null] : reviewIds;
    for (const reviewId of told) events.publish({ kind: 'review.queue', workspaceId, reviewId });
  }

  return {
    async expire(signal, isDryRun) {
      if (isDryRun) return { endedCount: await reviews.countExpiredClaims(now()) };
      let endedCount = 0;
      for (let count = BATCH; count === BATCH; endedCount += count) {
        signal.throwIfAborted();
        const ended = await reviews.expireClaims(now(), BATCH);
        for (const workspaceId of new Set(ended.map((claim) => claim.workspaceId))) {
          tell(workspaceId, new Set(ended.filter((claim) => claim.workspaceId === workspaceId).map(({ reviewId }) => reviewId)));
        }
        count = ended.length;
      }
      return { endedCount };
    },
  };
}
