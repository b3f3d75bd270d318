import { Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { ReviewReasonKind } from '../domain/review.js';
import { ReviewReasonEnum } from './review.type.js';
import { DateTime } from './scalars.js';

@ObjectType({ simpleResolvers: true, description: 'A measure of agreement beyond chance: 1 is perfect, 0 is chance.' })
export class AgreementFigure {
  @Field(() => Float, { nullable: true, description: 'The figure; null where it is not defined: nothing was labelled twice, or everything has the same label.' })
  value!: number | null;
  @Field(() => Float, { nullable: true, description: 'Lower end of the 95 % interval, by drawing whole recordings; null for a single recording.' })
  low!: number | null;
  @Field(() => Float, { nullable: true, description: 'Upper end of it.' })
  high!: number | null;
}

@ObjectType({ simpleResolvers: true, description: 'How far two agree on items that both labelled.' })
export class PairAgreement {
  @Field(() => Int, { description: 'Items that both labelled.' })
  itemCount!: number;
  @Field(() => Float, { nullable: true, description: 'Share of them with the same label; null without any.' })
  observed!: number | null;
  @Field(() => AgreementFigure, { description: "Cohen's κ." })
  kappa!: AgreementFigure;
}

@ObjectType({ simpleResolvers: true, description: 'How far two reviewers agree.' })
export class ReviewerPair extends PairAgreement {
  @Field(() => ID, { description: "The first reviewer's key." })
  aKeyId!: string;
  @Field(() => String, { description: 'Its name.' })
  aName!: string;
  @Field(() => ID, { description: "The second reviewer's key." })
  bKeyId!: string;
  @Field(() => String, { description: 'Its name.' })
  bName!: string;
}

@ObjectType({ simpleResolvers: true, description: 'One who reviews.' })
export class ReviewerFigures {
  @Field(() => ID, { description: 'Id of the key.' })
  keyId!: string;
  @Field(() => String, { description: 'Name of the key.' })
  keyName!: string;
  @Field(() => Int, { description: 'Answers in force.' })
  answerCount!: number;
  @Field(() => Float, { nullable: true, description: 'Median of the time spent on an answer; null where none is known.' })
  medianSpentSeconds!: number | null;
  @Field(() => PairAgreement, { description: 'With the model.' })
  withModel!: PairAgreement;
}

@ObjectType({ simpleResolvers: true, description: 'What people came to, held against what the model said.' })
export class ModelAgreement extends PairAgreement {
  @Field(() => Float, { nullable: true, description: 'Lower end of the 95 % interval of `observed`, by Wilson.' })
  low!: number | null;
  @Field(() => Float, { nullable: true, description: 'Upper end of it.' })
  high!: number | null;
}

@ObjectType('ReviewAgreement', { simpleResolvers: true, description: 'How far reviewers agree with each other and with the model, over resolved items.' })
export class ReviewAgreementType {
  @Field(() => Int, { description: 'Resolved items with answers.' })
  itemCount!: number;
  @Field(() => Int, { description: 'Answers in force.' })
  answerCount!: number;
  @Field(() => AgreementFigure, { description: "Krippendorff's α for nominal data, over everybody." })
  alpha!: AgreementFigure;
  @Field(() => [ReviewerPair], { description: 'Pairs of reviewers, those with the most items in common first; at most 45.' })
  pairs!: readonly ReviewerPair[];
  @Field(() => [ReviewerFigures], { description: 'Each reviewer.' })
  reviewers!: readonly ReviewerFigures[];
  @Field(() => ModelAgreement, { description: 'What people came to, and the model. It speaks for all material only with `reason: RANDOM_SAMPLE`, and without anchoring only with `unseenOnly`.' })
  model!: ModelAgreement;
  @Field(() => Boolean, { description: 'False when there are more items than one call looks at (10,000, the oldest first): ask by time.' })
  isComplete!: boolean;
}

@InputType({ description: 'Which resolved items agreement is measured on.' })
export class ReviewAgreementFilterInput {
  @Field(() => DateTime, { nullable: true, description: 'Settled from this time on.' })
  after?: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'Settled before this time.' })
  before?: Date | null;
  @Field(() => ReviewReasonEnum, { nullable: true, description: 'Only items for this reason.' })
  reason?: ReviewReasonKind | null;
  @Field(() => Boolean, { nullable: true, description: "Only answers that were given without a look at the model's." })
  unseenOnly?: boolean | null;
}

@ObjectType({ simpleResolvers: true, description: 'Paths of this server that need no header and end soon; `after` and `before` (times) may be added to their query.' })
export class ReviewExports {
  @Field(() => String, { description: 'One line a decision.' })
  csvUrl!: string;
  @Field(() => String, { description: 'One object an item.' })
  jsonUrl!: string;
}
