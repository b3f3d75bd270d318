import { Field, Int, ObjectType } from 'type-graphql';
import type { ReviewItemView } from '../services/review-contracts.js';
import { ReviewItemType } from './review.type.js';

@ObjectType('ReviewQueueChange', { simpleResolvers: true, description: 'Something has happened in the queue of human review.' })
export class ReviewQueueChangeType {
  @Field(() => ReviewItemType, { nullable: true, description: 'The item as it is now, and as you may see it. Null: several changed, or a change may have been missed; read `reviewQueue` again.' })
  item!: ReviewItemView | null;
  @Field(() => Int, { description: 'Items that wait for answers now.' })
  pendingCount!: number;
}
