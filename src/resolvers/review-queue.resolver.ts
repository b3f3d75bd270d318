import { Resolver, Root, Subscription } from 'type-graphql';
import type { ReviewQueueChange } from '../services/review-contracts.js';
import { leavable } from './leavable.js';
import type { RequestContext } from './request-context.js';
import { ReviewQueueChangeType } from './review-queue.type.js';

@Resolver(() => ReviewQueueChangeType)
export class ReviewQueueResolver {
  @Subscription(() => ReviewQueueChangeType, {
    description: 'Each change of the queue of human review from now on: items that come in, are claimed, given back, answered, settled or opened again, those whose claim has ended (told within a minute of its end) and those that go with their recording. Read the queue once you are subscribed.',
    subscribe: ({ context }: { context: RequestContext }) => leavable(context, (signal) => context.services.reviews.changes(context.principal, signal)),
  })
  reviewQueueChanged(@Root() change: ReviewQueueChange): ReviewQueueChange {
    return change;
  }
}
