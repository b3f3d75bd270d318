import { Field, Float, ID, InputType, Int } from 'type-graphql';
import type { ReviewPolicy } from '../domain/review-policy.js';
import type { ReviewReasonKind, ReviewStatus } from '../domain/review.js';
import { ReviewReasonEnum, ReviewStatusEnum, ReviewUnitEnum } from './review.type.js';
import { DateTime } from './scalars.js';

@InputType({ description: 'Conditions on review items; all must hold.' })
export class ReviewFilterInput {
  @Field(() => ReviewStatusEnum, { nullable: true, description: 'PENDING when absent.' })
  status?: ReviewStatus | null;
  @Field(() => ReviewReasonEnum, { nullable: true, description: 'For this reason. Items whose reasons are hidden from you are left out.' })
  reason?: ReviewReasonKind | null;
  @Field(() => ID, { nullable: true, description: 'Of this recording.' })
  recordingId?: string | null;
  @Field(() => ID, { nullable: true, description: 'Of this analysis.' })
  analysisId?: string | null;
  @Field(() => Int, { nullable: true, description: 'At least this urgent.' })
  minPriority?: number | null;
  @Field(() => Boolean, { nullable: true, description: 'Whether you could claim it now.' })
  isClaimable?: boolean | null;
  @Field(() => ID, { nullable: true, description: 'Assigned to this key; `viewer { keyId }` has your own.' })
  assignedTo?: string | null;
  @Field(() => ID, { nullable: true, description: 'This key is at work on it.' })
  claimedBy?: string | null;
  @Field(() => DateTime, { nullable: true, description: 'In the queue from this time on.' })
  createdAfter?: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'In the queue before this time.' })
  createdBefore?: Date | null;
}

@InputType({ description: 'What is sent to review by hand: exactly one of `analysisId` and `segmentId`.' })
export class EnqueueReviewInput {
  @Field(() => ID, { nullable: true, description: 'A finished analysis as a whole.' })
  analysisId?: string | null;
  @Field(() => ID, { nullable: true, description: 'A segment of one.' })
  segmentId?: string | null;
  @Field(() => String, { nullable: true, description: 'Why, for those who review; at most 2,000 characters.' })
  note?: string | null;
  @Field(() => Int, { nullable: true, description: '0 to 100; 60 when absent.' })
  priority?: number | null;
  @Field(() => Int, { nullable: true, description: 'Answers that it needs, 1 to 20; as in the policy when absent.' })
  requiredCount?: number | null;
  @Field(() => Boolean, { nullable: true, description: "Hides the model's answer from reviewers; as in the policy when absent." })
  isBlind?: boolean | null;
  @Field(() => [ID], { nullable: true, description: 'Only these keys may claim it.' })
  assigneeKeyIds?: string[] | null;
}

@InputType({ description: 'An answer: exactly one of `label` and `freeLabel`.' })
export class ResolveReviewInput {
  @Field(() => ID, { description: 'Id of the review item.' })
  id!: string;
  @Field(() => String, { nullable: true, description: "One of the item's `labels`." })
  label?: string | null;
  @Field(() => String, { nullable: true, description: 'A label of your own, at most 64 characters.' })
  freeLabel?: string | null;
  @Field(() => String, { nullable: true, description: 'What is to be said with it, at most 2,000 characters.' })
  note?: string | null;
  @Field(() => Float, { nullable: true, description: 'Time spent; since the claim when absent.' })
  spentSeconds?: number | null;
  @Field(() => Boolean, { nullable: true, description: 'For admins: the last word, which settles the item whoever else was asked.' })
  isFinal?: boolean | null;
}

@InputType({ description: 'Changes of the review policy; what is absent stays.' })
export class ReviewPolicyInput {
  @Field(() => ReviewUnitEnum, { nullable: true, description: 'What uncertain answers and the sample are looked for in.' })
  unit?: ReviewPolicy['unit'] | null;
  @Field(() => Float, { nullable: true, description: 'LOW_CONFIDENCE under this; null: never.' })
  lowConfidenceBelow?: number | null;
  @Field(() => Boolean, { nullable: true, description: 'ABSTAINED where the platform declined to say.' })
  abstained?: boolean | null;
  @Field(() => Float, { nullable: true, description: 'CONTRADICTION where words and voice agree at most this much; null: never.' })
  contradictionBelow?: number | null;
  @Field(() => Float, { nullable: true, description: 'RANDOM_SAMPLE: share of everything that was judged, 0 to 1.' })
  randomRate?: number | null;
  @Field(() => Int, { nullable: true, description: 'Items of one analysis, the sample and rules aside.' })
  maxItemsPerAnalysis?: number | null;
  @Field(() => Int, { nullable: true, description: 'Answers that an item needs, 1 to 20.' })
  requiredCount?: number | null;
  @Field(() => Boolean, { nullable: true, description: "Whether the model's answer is hidden from reviewers." })
  isBlind?: boolean | null;
  @Field(() => Int, { nullable: true, description: 'How long a claim holds, 1 to 10,080.' })
  claimMinutes?: number | null;
}
