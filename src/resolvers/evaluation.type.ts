import { Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { AnalysisStatus } from '../domain/analysis.js';
import { AnalysisStatusEnum } from './enums.type.js';
import { IntervalType } from './evaluation-report.type.js';
import { connectionType } from './page.type.js';
import { DateTime } from './scalars.js';

@ObjectType({ simpleResolvers: true, description: 'What a label of the set is called by the model.' })
export class LabelMapping {
  @Field(() => String, { description: 'As given.' })
  from!: string;
  @Field(() => String, { description: "The model's label." })
  to!: string;
}

@ObjectType('EvaluationSet', { simpleResolvers: true, description: 'Labelled recordings to measure models by. It never changes; other items are another version.' })
export class EvaluationSetType {
  @Field(() => ID, { description: 'Opaque id (`evs_…`).' })
  id!: string;
  @Field(() => String, { description: 'Name.' })
  name!: string;
  @Field(() => String, { description: 'Hash of the items, by the content of their recordings, and of the mapping.' })
  version!: string;
  @Field(() => Int, { description: 'Items when it was made.' })
  itemCount!: number;
  @Field(() => [String], { description: 'What makes its figures doubtful: few items, unknown labels, speakers in two splits …' })
  warnings!: readonly string[];
  @Field(() => Boolean, { description: 'Runs every night with the default model, with an alarm when UA falls.' })
  isScheduled!: boolean;
  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: Date;
}

@ObjectType({ simpleResolvers: true, description: 'UA is under the interval of the last accepted run of the same set and model.' })
export class EvaluationAlarm {
  @Field(() => ID, { description: 'The run that was accepted.' })
  acceptedRunId!: string;
  @Field(() => Float, { description: 'UA of this run.' })
  unweightedAccuracy!: number;
  @Field(() => Float, { description: 'UA of the accepted run.' })
  acceptedUnweightedAccuracy!: number;
  @Field(() => Float, { description: 'Lower end of its interval.' })
  acceptedLow!: number;
}

@ObjectType('EvaluationRun', { simpleResolvers: true, description: 'One measurement of one model on one set: a durable job that goes on where its process ended.' })
export class EvaluationRunType {
  @Field(() => ID, { description: 'Opaque id (`evr_…`).' })
  id!: string;
  @Field(() => ID, { description: 'The set.' })
  setId!: string;
  @Field(() => ID, { description: 'The model.' })
  modelId!: string;
  @Field(() => String, { nullable: true, description: 'Its version; null until the run begins.' })
  modelVersion!: string | null;
  @Field(() => String, { nullable: true, description: 'Its weights; null until the run begins.' })
  modelDigest!: string | null;
  @Field(() => Boolean, { description: 'Without gate, voice activity and windows.' })
  raw!: boolean;
  @Field(() => String, { nullable: true, description: 'Only items of this split.' })
  split!: string | null;
  @Field(() => AnalysisStatusEnum, { description: 'Where it is in its life.' })
  status!: AnalysisStatus;
  @Field(() => Float, { description: 'Done part, 0 to 1.' })
  progress!: number;
  @Field(() => EvaluationAlarm, { nullable: true, description: 'Set when UA has fallen.' })
  alarm!: EvaluationAlarm | null;
  @Field(() => DateTime, { nullable: true, description: 'Since when later runs are held against it.' })
  acceptedAt!: Date | null;
  @Field(() => DateTime, { description: 'When it was asked for.' })
  createdAt!: Date;
  @Field(() => DateTime, { nullable: true, description: 'When it was last begun.' })
  startedAt!: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'When it ended.' })
  finishedAt!: Date | null;
}

@ObjectType({ simpleResolvers: true, description: 'Evaluation set that is gone, with its runs.' })
export class DeletedEvaluationSet {
  @Field(() => ID, { description: 'Its former id.' })
  id!: string;
}

@ObjectType({ simpleResolvers: true, description: 'A figure of two runs.' })
export class FigureDifference {
  @Field(() => Float, { description: 'Of the first.' })
  a!: number;
  @Field(() => Float, { description: 'Of the second.' })
  b!: number;
  @Field(() => Float, { description: 'b − a.' })
  difference!: number;
  @Field(() => IntervalType, { description: '95 %, whole speakers drawn for both at once.' })
  interval!: IntervalType;
}

@ObjectType({ simpleResolvers: true, description: 'Two runs of one set, item by item.' })
export class EvaluationComparison {
  @Field(() => EvaluationRunType, { description: 'The first.' })
  a!: EvaluationRunType;
  @Field(() => EvaluationRunType, { description: 'The second.' })
  b!: EvaluationRunType;
  @Field(() => Int, { description: 'Items that both were given and whose label both models know.' })
  itemCount!: number;
  @Field(() => Int, { description: 'Both right.' })
  bothRight!: number;
  @Field(() => Int, { description: 'Only the first right.' })
  onlyARight!: number;
  @Field(() => Int, { description: 'Only the second right.' })
  onlyBRight!: number;
  @Field(() => Int, { description: 'Both wrong.' })
  bothWrong!: number;
  @Field(() => Float, { description: "McNemar's exact test, two-sided." })
  pValue!: number;
  @Field(() => FigureDifference, { description: 'WA.' })
  weightedAccuracy!: FigureDifference;
  @Field(() => FigureDifference, { description: 'UA.' })
  unweightedAccuracy!: FigureDifference;
  @Field(() => FigureDifference, { description: 'Macro F1.' })
  macroF1!: FigureDifference;
}

export const EvaluationRunConnection = connectionType('EvaluationRun', 'evaluation runs', () => EvaluationRunType);

@InputType({ description: 'Listeners that chose a label.' })
export class VoteInput {
  @Field(() => String, { description: 'The label.' })
  label!: string;
  @Field(() => Float, { description: 'How many.' })
  count!: number;
}

@InputType({ description: 'A labelled recording.' })
export class EvaluationItemInput {
  @Field(() => ID, { description: 'The recording.' })
  recordingId!: string;
  @Field(() => String, { description: 'Its true label.' })
  label!: string;
  @Field(() => String, { nullable: true, description: 'Who speaks: intervals are by speaker.' })
  speaker?: string | null;
  @Field(() => String, { nullable: true, description: 'Split, such as `test`.' })
  split?: string | null;
  @Field(() => String, { nullable: true, description: "Language; the recording's unless given." })
  language?: string | null;
  @Field(() => String, { nullable: true, description: 'Gender of the speaker.' })
  gender?: string | null;
  @Field(() => String, { nullable: true, description: 'Channel, such as `phone`.' })
  channel?: string | null;
  @Field(() => String, { nullable: true, description: 'Quality, in words of your own.' })
  quality?: string | null;
  @Field(() => [VoteInput], { nullable: true, description: "Listeners' votes." })
  votes?: readonly VoteInput[] | null;
}

@InputType({ description: 'Which resolved reviews to take labels from.' })
export class ReviewRangeInput {
  @Field(() => DateTime, { nullable: true, description: 'Resolved at or after.' })
  after?: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'Resolved before.' })
  before?: Date | null;
}

@InputType({ description: 'What a label of the set is called by the model.' })
export class LabelMappingInput {
  @Field(() => String, { description: 'As given.' })
  from!: string;
  @Field(() => String, { description: "The model's label." })
  to!: string;
}

@InputType({ description: 'An evaluation set; exactly one of `items`, `csv` and `reviews`.' })
export class CreateEvaluationSetInput {
  @Field(() => String, { description: 'Name.' })
  name!: string;
  @Field(() => ID, { nullable: true, description: 'The model whose labels the set is checked against; the default model unless given.' })
  model?: string | null;
  @Field(() => [EvaluationItemInput], { nullable: true, description: 'The items.' })
  items?: readonly EvaluationItemInput[] | null;
  @Field(() => String, { nullable: true, description: 'CSV text with columns recording, label and, where known, speaker, split, language, gender, channel, quality and votes (`angry:3;sad:1`).' })
  csv?: string | null;
  @Field(() => ReviewRangeInput, { nullable: true, description: 'What people have decided in reviews.' })
  reviews?: ReviewRangeInput | null;
  @Field(() => [LabelMappingInput], { nullable: true, description: 'What labels are called by the model.' })
  labels?: readonly LabelMappingInput[] | null;
  @Field(() => Boolean, { nullable: true, description: 'Run it every night.' })
  scheduled?: boolean | null;
}

@InputType({ description: 'What to measure.' })
export class RunEvaluationInput {
  @Field(() => ID, { description: 'The set.' })
  setId!: string;
  @Field(() => ID, { nullable: true, description: 'The model; the default model unless given.' })
  model?: string | null;
  @Field(() => Boolean, { nullable: true, description: 'Without gate, voice activity and windows.' })
  raw?: boolean | null;
  @Field(() => String, { nullable: true, description: 'Only items of this split.' })
  split?: string | null;
  @Field(() => String, { nullable: true, description: 'The same key gives the same run.' })
  idempotencyKey?: string | null;
}
