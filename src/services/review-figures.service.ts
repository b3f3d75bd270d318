import type { ReviewRepository, SettledRange } from '../db/review-repositories.js';
import { UndertoneError } from '../domain/errors.js';
import type { Principal } from '../domain/principal.js';
import { reviewAgreement, type ReviewAgreement } from '../domain/review-agreement.js';
import type { ReviewItemRecord, ReviewReasonKind } from '../domain/review.js';
import { requireScope } from './permissions.js';

export interface AgreementFilter {
  /** When it was settled. */
  readonly after?: Date;
  readonly before?: Date;
  /** Only items for this reason; RANDOM_SAMPLE is the one that speaks for all material. */
  readonly reason?: ReviewReasonKind;
  /** Only answers that were given without a look at the model's. */
  readonly unseenOnly?: boolean;
}

export interface ReviewFiguresService {
  /** Over settled items, the oldest first, at most `maxItems`; `isComplete` false when there are more. */
  agreement(principal: Principal, filter: AgreementFilter): Promise<ReviewAgreement & { readonly isComplete: boolean }>;
  /** Settled items in the order in which they were settled: of those nothing is hidden from anybody. */
  export(principal: Principal, range: SettledRange): AsyncIterable<readonly ReviewItemRecord[]>;
}

const PAGE = 500;
/** Items of one call; more are another call, by time. */
const MAX_ITEMS = 10_000;
/** Draws of an interval, fewer with many items: all figures together must not hold up the process for a second. */
const resamplesOf = (itemCount: number): number => Math.max(200, Math.min(1000, Math.floor(2_000_000 / Math.max(1, itemCount))));

export function createReviewFigures(reviews: Pick<ReviewRepository, 'settled'>, maxItems = MAX_ITEMS): ReviewFiguresService {
  /** Refuses before anything is read: once a download has begun it can only break off. */
  function settled(workspaceId: string, range: SettledRange): AsyncIterable<readonly ReviewItemRecord[]> {
    const { after, before } = range;
    if (after !== null && before !== null && after >= before) throw new UndertoneError('BAD_INPUT', `after is ${after.toISOString()}, which is not before ${before.toISOString()}: nothing lies between.`, { field: 'before' });
    return pages(workspaceId, range);
  }

  async function* pages(workspaceId: string, range: SettledRange): AsyncGenerator<readonly ReviewItemRecord[]> {
    for (let last: { readonly settledAt: Date; readonly id: string } | null = null; ; ) {
      const page: readonly ReviewItemRecord[] = await reviews.settled(workspaceId, range, last, PAGE);
      if (page.length > 0) yield page;
      const end = page.at(-1);
      if (end === undefined || page.length < PAGE) return;
      last = { settledAt: end.settledAt!, id: end.id };
    }
  }

  return {
    async agreement(principal, { after = null, before = null, reason, unseenOnly = false }) {
      requireScope(principal, 'reviews:read');
      const items: ReviewItemRecord[] = [];
      let isComplete = true;
      for await (const page of settled(principal.workspaceId, { after, before })) {
        items.push(...page.filter(({ status, reasons }) => status === 'RESOLVED' && (reason === undefined || reasons.some(({ kind }) => kind === reason))));
        if (items.length >= maxItems) {
          isComplete = false;
          break;
        }
      }
      return { ...reviewAgreement(items, { unseenOnly, resamples: resamplesOf(items.length) }), isComplete };
    },
    export(principal, range) {
      requireScope(principal, 'reviews:read');
      return settled(principal.workspaceId, range);
    },
  };
}
