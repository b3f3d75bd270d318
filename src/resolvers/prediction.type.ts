import { Field, Float, ObjectType } from 'type-graphql';
import type { Emotion } from '../domain/emotion.js';
import { EmotionEnum } from './enums.type.js';

@ObjectType({ simpleResolvers: true, description: 'Score of one label.' })
export class EmotionScore {
  @Field(() => String, { description: "The model's label, plain English where known." })
  label!: string;
  @Field(() => EmotionEnum, { nullable: true, description: 'The typed emotion; null for a label of a model of your own.' })
  emotion!: Emotion | null;
  @Field(() => Float, { description: 'Softmax over the labels; they add up to 1. Not a calibrated probability.' })
  score!: number;
  @Field(() => Float, { description: 'Plain output of the head: the mean of the frame logits.' })
  logit!: number;
}

@ObjectType({ simpleResolvers: true, description: 'The verdict over an analysis or a speaker: segments merged by seconds of speech.' })
export class EmotionSummary {
  @Field(() => String, { description: 'The label with the highest score. Do not act on it where `abstained`.' })
  label!: string;
  @Field(() => EmotionEnum, { nullable: true, description: 'The typed emotion of `label`; null for a label of a model of your own.' })
  emotion!: Emotion | null;
  @Field(() => Float, { description: 'Calibrated probability of `label` where `calibrated`, otherwise its plain score.' })
  confidence!: number;
  @Field(() => Boolean, { description: 'Whether `confidence` was calibrated on data of this kind.' })
  calibrated!: boolean;
  @Field(() => Boolean, { description: 'True when the confidence is under the threshold, or the speech unlike what the model learned from (warning OUT_OF_DOMAIN, `calibrated` false): the platform declines to say.' })
  abstained!: boolean;
  @Field(() => [String], { description: 'Labels that cannot be told apart from the best one.' })
  predictionSet!: readonly string[];
  @Field(() => [EmotionScore], { description: "Every label's score, in the model's order." })
  scores!: readonly EmotionScore[];
}

@ObjectType({ simpleResolvers: true, description: 'The verdict over one segment. Where the gate kept it from being judged: label "unknown", abstained, no scores.' })
export class Prediction {
  @Field(() => String, { description: 'The label with the highest score. Do not act on it where `abstained`.' })
  label!: string;
  @Field(() => EmotionEnum, { nullable: true, description: 'The typed emotion of `label`; null for a label of a model of your own.' })
  emotion!: Emotion | null;
  @Field(() => Float, { description: 'Calibrated probability of `label` where `calibrated`, otherwise its plain score.' })
  confidence!: number;
  @Field(() => Boolean, { description: 'Whether `confidence` was calibrated on data of this kind.' })
  calibrated!: boolean;
  @Field(() => Boolean, { description: 'True when the confidence is under the threshold, or the speech unlike what the model learned from (warning OUT_OF_DOMAIN, `calibrated` false): the platform declines to say.' })
  abstained!: boolean;
  @Field(() => [String], { description: 'Labels that cannot be told apart from the best one.' })
  predictionSet!: readonly string[];
  @Field(() => [EmotionScore], { description: "Every label's score, in the model's order." })
  scores!: readonly EmotionScore[];
}

@ObjectType({ simpleResolvers: true, description: "The part of a label's logit that one bin gives; the values of a segment add up to that logit." })
export class Contribution {
  @Field(() => Float, { description: 'Start of the bin in seconds, from the start of the recording.' })
  startSeconds!: number;
  @Field(() => Float, { description: 'End of the bin in seconds.' })
  endSeconds!: number;
  @Field(() => Float, { description: 'Part of the logit; may be negative.' })
  value!: number;
}
