import { Field, Float, ID, Int, ObjectType, InputType, registerEnumType } from 'type-graphql';
import { DateTime } from './scalars.js';

export const CalibrationScopeEnum = { WORKSPACE: 'workspace', LANGUAGE: 'language', CHANNEL: 'channel' } as const;
export type CalibrationScope = (typeof CalibrationScopeEnum)[keyof typeof CalibrationScopeEnum];
registerEnumType(CalibrationScopeEnum, {
  name: 'CalibrationScope', description: 'What a calibration is for. A channel goes before a language, and both before the workspace.',
  valuesConfig: { WORKSPACE: { description: 'Every recording of the workspace.' }, LANGUAGE: { description: 'Recordings of one language.' }, CHANNEL: { description: 'Recordings that are tagged `channel:NAME`.' } },
});

@ObjectType({ simpleResolvers: true, description: 'How a calibration does on speakers that it was not fitted on (five folds).' })
export class CalibrationFigures {
  @Field(() => Int, { description: 'Recordings.' })
  itemCount!: number;
  @Field(() => Int, { description: 'Speakers.' })
  speakerCount!: number;
  @Field(() => Float, { description: 'Expected calibration error of the plain scores.' })
  plainExpectedCalibrationError!: number;
  @Field(() => Float, { description: 'Expected calibration error of the confidence.' })
  expectedCalibrationError!: number;
  @Field(() => Float, { description: 'Negative log likelihood of the plain scores.' })
  plainNegativeLogLikelihood!: number;
  @Field(() => Float, { description: 'Negative log likelihood, calibrated.' })
  negativeLogLikelihood!: number;
  @Field(() => Float, { description: 'Share of the prediction sets that hold the true label.' })
  coverage!: number;
  @Field(() => Float, { description: 'Labels in a prediction set, on average.' })
  meanSetSize!: number;
  @Field(() => Float, { description: 'Share of the recordings that are answered.' })
  answeredShare!: number;
  @Field(() => Float, { nullable: true, description: 'Share of those answers that are wrong; null when none is answered.' })
  selectiveRisk!: number | null;
}

@ObjectType({ simpleResolvers: true, description: 'What confidences, prediction sets and abstentions follow. It never changes a label.' })
export class CalibrationValues {
  @Field(() => Float, { description: 'What logits are divided by.' })
  temperature!: number;
  @Field(() => Float, { nullable: true, description: 'Wanted share of prediction sets that hold the truth.' })
  coverage?: number;
  @Field(() => Float, { nullable: true, description: 'Calibrated probability from which a label is in the prediction set.' })
  setThreshold?: number;
  @Field(() => Float, { nullable: true, description: "Confidence under which Undertone abstains; null: the platform's setting." })
  abstainBelow?: number;
  @Field(() => Float, { nullable: true, description: 'Share of answers that may be wrong, as wanted.' })
  risk?: number;
  @Field(() => Float, { nullable: true, description: 'Likeness to what the model learned from, −1 to 1, under which Undertone abstains and the confidence is the plain score; null: not told.' })
  unfamiliarBelow?: number;
}

@ObjectType({ simpleResolvers: true, description: 'The calibration that an analysis used: with its logits, enough to compute the result again.' })
export class AppliedCalibration extends CalibrationValues {
  @Field(() => String, { description: 'Hash of everything that decides a result.' })
  version!: string;
  @Field(() => String, { description: '`model` (its own), `workspace`, `language:de`, `channel:phone`.' })
  scope!: string;
}

@ObjectType('Calibration', { simpleResolvers: true, description: 'A calibration of a model in this workspace. The newest of a scope that is not retired is in force.' })
export class CalibrationType {
  @Field(() => ID, { description: 'Opaque id (`cal_…`).' })
  id!: string;
  @Field(() => ID, { description: 'The model.' })
  modelId!: string;
  @Field(() => String, { description: 'Its weights: other weights need another calibration.' })
  modelDigest!: string;
  @Field(() => String, { description: '`workspace`, `language:de`, `channel:phone`.' })
  scope!: string;
  @Field(() => String, { description: 'Hash of everything that decides a result.' })
  version!: string;
  @Field(() => CalibrationValues, { description: 'The values.' })
  values!: CalibrationValues;
  @Field(() => CalibrationFigures, { description: 'How it does on speakers that it was not fitted on.' })
  figures!: CalibrationFigures;
  @Field(() => ID, { nullable: true, description: 'The evaluation run that it was fitted on.' })
  runId!: string | null;
  @Field(() => DateTime, { description: 'When it was fitted.' })
  createdAt!: Date;
  @Field(() => DateTime, { nullable: true, description: 'Since when it is no longer in force.' })
  retiredAt!: Date | null;
}

@InputType({ description: 'What to calibrate by and what for.' })
export class CalibrateModelInput {
  @Field(() => ID, { description: 'An evaluation run that succeeded.' })
  runId!: string;
  @Field(() => CalibrationScopeEnum, { nullable: true, description: 'What for; the workspace unless given.' })
  scope?: CalibrationScope | null;
  @Field(() => String, { nullable: true, description: 'The language or channel.' })
  value?: string | null;
  @Field(() => Float, { nullable: true, description: 'Wanted share of prediction sets that hold the truth; .9 unless given.' })
  coverage?: number | null;
  @Field(() => Float, { nullable: true, description: 'Share of answers that may be wrong; .3 unless given.' })
  risk?: number | null;
  @Field(() => Boolean, { nullable: true, description: 'Fit a bias for each class as well, for the confidence alone.' })
  withBias?: boolean | null;
}
