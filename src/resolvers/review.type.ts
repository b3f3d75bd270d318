import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { ReviewPolicy } from '../domain/review-policy.js';
import type { ReviewDecisionRecord, ReviewReasonKind, ReviewStatus } from '../domain/review.js';
import { connectionType } from './page.type.js';
import { DateTime } from './scalars.js';

export const ReviewReasonEnum = { LOW_CONFIDENCE: 'LOW_CONFIDENCE', ABSTAINED: 'ABSTAINED', CONTRADICTION: 'CONTRADICTION', RULE: 'RULE', RANDOM_SAMPLE: 'RANDOM_SAMPLE', BY_HAND: 'BY_HAND' } as const satisfies Record<ReviewReasonKind, ReviewReasonKind>;
registerEnumType(ReviewReasonEnum, {
  name: 'ReviewReasonKind', description: 'Why something is in the review queue.',
  valuesConfig: {
    LOW_CONFIDENCE: { description: 'The confidence is under the threshold of the policy.' }, ABSTAINED: { description: 'The platform declined to say.' }, CONTRADICTION: { description: 'What is said goes against how it is said.' },
    RULE: { description: 'A business rule asked for it.' }, RANDOM_SAMPLE: { description: 'Drawn at random at the rate of the policy.' }, BY_HAND: { description: 'Somebody sent it.' },
  },
});
export const ReviewStatusEnum = { PENDING: 'PENDING', RESOLVED: 'RESOLVED', DISMISSED: 'DISMISSED' } as const satisfies Record<ReviewStatus, ReviewStatus>;
registerEnumType(ReviewStatusEnum, {
  name: 'ReviewStatus', description: 'Where a review item is in its life.',
  valuesConfig: { PENDING: { description: 'It waits for answers.' }, RESOLVED: { description: 'People have said what it is.' }, DISMISSED: { description: 'Nobody needs to look.' } },
});
export const ReviewDecisionKindEnum = { ANSWER: 'ANSWER', SKIP: 'SKIP' } as const satisfies Record<ReviewDecisionRecord['kind'], ReviewDecisionRecord['kind']>;
registerEnumType(ReviewDecisionKindEnum, { name: 'ReviewDecisionKind', description: 'What somebody did with a review item.', valuesConfig: { ANSWER: { description: 'Said what it is.' }, SKIP: { description: 'Left it to others.' } } });
export const ReviewUnitEnum = { SEGMENT: 'SEGMENT', ANALYSIS: 'ANALYSIS' } as const satisfies Record<ReviewPolicy['unit'], ReviewPolicy['unit']>;
registerEnumType(ReviewUnitEnum, { name: 'ReviewUnit', description: 'What is looked at one by one.', valuesConfig: { SEGMENT: { description: 'Each segment.' }, ANALYSIS: { description: 'Each analysis as a whole.' } } });

@ObjectType({ simpleResolvers: true, description: 'Why an item is in the queue.' })
export class ReviewReason {
  @Field(() => ReviewReasonEnum, { description: 'The kind of reason.' })
  kind!: ReviewReasonKind;
  @Field(() => String, { description: 'For people.' })
  message!: string;
  @Field(() => ID, { nullable: true, description: 'The rule, where one asked.' })
  ruleId!: string | null;
  @Field(() => ID, { nullable: true, description: 'The alert of that rule.' })
  alertId!: string | null;
  @Field(() => Float, { nullable: true, description: 'What was measured: a confidence, or how well words and voice agree.' })
  value!: number | null;
  @Field(() => Float, { nullable: true, description: 'What it was held against: a threshold, or the rate of the sample.' })
  limit!: number | null;
}

@ObjectType({ simpleResolvers: true, description: 'Somebody is at work on an item.' })
export class ReviewClaim {
  @Field(() => ID, { description: 'Id of the key.' })
  keyId!: string;
  @Field(() => String, { description: 'Name of the key.' })
  keyName!: string;
  @Field(() => DateTime, { description: 'Since when.' })
  claimedAt!: Date;
  @Field(() => DateTime, { description: 'Until when nobody else takes the place.' })
  expiresAt!: Date;
}

@ObjectType({ simpleResolvers: true, description: 'What somebody said. It never changes; taken back, it says when and by whom.' })
export class ReviewDecision {
  @Field(() => ID, { description: 'Opaque id (`rvd_…`).' })
  id!: string;
  @Field(() => ID, { description: 'Id of the key.' })
  keyId!: string;
  @Field(() => String, { description: 'Name of the key.' })
  keyName!: string;
  @Field(() => ReviewDecisionKindEnum, { description: 'What was done.' })
  kind!: ReviewDecisionRecord['kind'];
  @Field(() => String, { nullable: true, description: 'What it is; null for a skip.' })
  label!: string | null;
  @Field(() => Boolean, { description: 'True for a label that the model does not have.' })
  isFreeLabel!: boolean;
  @Field(() => Boolean, { description: "An admin's last word." })
  isFinal!: boolean;
  @Field(() => Boolean, { description: "Whether the model's answer was to be seen when it was given." })
  sawModelAnswer!: boolean;
  @Field(() => String, { nullable: true, description: 'What was said with it.' })
  note!: string | null;
  @Field(() => Float, { nullable: true, description: 'Time spent: as given, or since the claim.' })
  spentSeconds!: number | null;
  @Field(() => DateTime, { description: 'When.' })
  createdAt!: Date;
  @Field(() => DateTime, { nullable: true, description: 'When it was taken back.' })
  undoneAt!: Date | null;
  @Field(() => String, { nullable: true, description: 'Name of the key that took it back.' })
  undoneBy!: string | null;
}

@ObjectType('ReviewItem', { simpleResolvers: true, description: "Something that people are asked to listen to: a segment, or an analysis as a whole. What they say stands beside the model's answer and never changes it." })
export class ReviewItemType {
  @Field(() => ID, { description: 'Opaque id (`rev_…`).' })
  id!: string;
  @Field(() => ReviewStatusEnum, { description: 'Where it is in its life.' })
  status!: ReviewStatus;
  @Field(() => Int, { description: '0 to 100, higher first.' })
  priority!: number;
  @Field(() => [ReviewReason], { nullable: true, description: 'Why it is here; null while `isHidden`.' })
  reasons!: readonly ReviewReason[] | null;
  @Field(() => ID, { description: 'The recording.' })
  recordingId!: string;
  @Field(() => ID, { description: 'The analysis.' })
  analysisId!: string;
  @Field(() => ID, { nullable: true, description: 'The segment; null: the analysis as a whole.' })
  segmentId!: string | null;
  @Field(() => Float, { description: 'Where it begins in the recording, in seconds.' })
  startSeconds!: number;
  @Field(() => Float, { description: 'Where it ends, in seconds.' })
  endSeconds!: number;
  @Field(() => [String], { description: "The model's labels, to choose from." })
  labels!: readonly string[];
  @Field(() => Boolean, { description: "Blind: the model's answer is hidden from everybody who has not answered, until it is settled." })
  isBlind!: boolean;
  @Field(() => Boolean, { description: "True where the model's answer is hidden from you now: reasons, the model's label and confidence, recording, analysis and segment are null." })
  isHidden!: boolean;
  @Field(() => String, { nullable: true, description: 'What the model said; null where nothing was judged and while `isHidden`.' })
  modelLabel!: string | null;
  @Field(() => Float, { nullable: true, description: 'How sure it was; null likewise.' })
  modelConfidence!: number | null;
  @Field(() => Boolean, { nullable: true, description: 'Whether the platform declined to say; null while `isHidden`.' })
  modelAbstained!: boolean | null;
  @Field(() => Int, { description: 'Answers that it needs.' })
  requiredCount!: number;
  @Field(() => Int, { description: 'Answers that it has.' })
  answerCount!: number;
  @Field(() => [ID], { description: 'Only these keys may claim it; empty: any.' })
  assigneeKeyIds!: readonly string[];
  @Field(() => [ReviewClaim], { description: 'Who is at work on it now.' })
  claims!: readonly ReviewClaim[];
  @Field(() => DateTime, { nullable: true, description: 'Until when your own claim holds.' })
  claimedUntil!: Date | null;
  @Field(() => [ReviewDecision], { description: 'What was said, oldest first. What others said is left out until you have answered or it is settled.' })
  decisions!: readonly ReviewDecision[];
  @Field(() => String, { nullable: true, description: 'What people say, once it is resolved: the label with the most votes, or an admin\'s last word.' })
  label!: string | null;
  @Field(() => Boolean, { description: 'Whether the answers that you may see differ.' })
  isDisputed!: boolean;
  @Field(() => String, { nullable: true, description: 'Why it was dismissed.' })
  dismissReason!: string | null;
  @Field(() => String, { nullable: true, description: 'Name of the key whose word settled it.' })
  settledBy!: string | null;
  @Field(() => DateTime, { nullable: true, description: 'When it was resolved or dismissed.' })
  settledAt!: Date | null;
  @Field(() => DateTime, { description: 'When it came into the queue.' })
  createdAt!: Date;
}

export const ReviewItemConnection = connectionType('ReviewItem', 'review items', () => ReviewItemType);

@ObjectType('ReviewPolicy', { simpleResolvers: true, description: 'What a workspace sends to review by itself, and how it is reviewed.' })
export class ReviewPolicyType {
  @Field(() => ReviewUnitEnum, { description: 'What uncertain answers and the sample are looked for in. SEGMENT unless set.' })
  unit!: ReviewPolicy['unit'];
  @Field(() => Float, { nullable: true, description: 'LOW_CONFIDENCE under this. Null (never) unless set.' })
  lowConfidenceBelow!: number | null;
  @Field(() => Boolean, { description: 'ABSTAINED where the platform declined to say. False unless set.' })
  abstained!: boolean;
  @Field(() => Float, { nullable: true, description: 'CONTRADICTION where words and voice agree at most this much; null: never. 0.2 unless set.' })
  contradictionBelow!: number | null;
  @Field(() => Float, { description: 'RANDOM_SAMPLE: share of everything that was judged, 0 to 1. 0 unless set.' })
  randomRate!: number;
  @Field(() => Int, { description: 'Items of one analysis, the sample and rules aside: the most urgent, then the least sure. 10 unless set.' })
  maxItemsPerAnalysis!: number;
  @Field(() => Int, { description: 'Answers that an item needs. 1 unless set.' })
  requiredCount!: number;
  @Field(() => Boolean, { description: "Whether the model's answer is hidden from reviewers. False unless set." })
  isBlind!: boolean;
  @Field(() => Int, { description: 'How long a claim holds. 30 unless set.' })
  claimMinutes!: number;
}
