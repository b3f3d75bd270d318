import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import type { AnalysisStatus, GateKind } from '../domain/analysis.js';
import { AnalysisStatusEnum, GateKindEnum, SpeakersModeEnum } from './enums.type.js';
import { connectionType } from './page.type.js';
import { DateTime } from './scalars.js';

@ObjectType({ simpleResolvers: true, description: 'What the summary leaves out, of one kind.' })
export class LeftOut {
  @Field(() => GateKindEnum, { description: 'What it is; `SILENCE` is pauses.' })
  kind!: GateKind;
  @Field(() => Float, { description: 'Seconds of it.' })
  seconds!: number;
}

@ObjectType({ simpleResolvers: true, description: 'What was heard, decided before any score is shown.' })
export class GateResult {
  @Field(() => GateKindEnum, { description: 'What it is.' })
  kind!: GateKind;
  @Field(() => Float, { description: 'Seconds of speech.' })
  speechSeconds!: number;
  @Field(() => Float, { description: 'Seconds left out of the summary because they are not speech.' })
  leftOutSeconds!: number;
  @Field(() => [LeftOut], { nullable: true, description: 'The same by kind; null in analyses from before the gate told kinds apart.' })
  leftOut?: readonly LeftOut[] | null;
  @Field(() => String, { description: 'The reason, for people.' })
  reason!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Something about the recording that makes the result less sure.' })
export class AnalysisWarning {
  @Field(() => String, { description: 'Stable code, for example `LOW_SNR`.' })
  code!: string;
  @Field(() => String, { description: 'What was measured and what it means; for people.' })
  message!: string;
}

@ObjectType('Analysis', { simpleResolvers: true, description: 'One run of one model over one recording.' })
export class AnalysisType {
  @Field(() => ID, { description: 'Opaque id (`ana_…`).' })
  id!: string;
  @Field(() => AnalysisStatusEnum, { description: 'Where it is in its life.' })
  status!: AnalysisStatus;
  @Field(() => Float, { description: 'Done part, 0 to 1.' })
  progress!: number;
  @Field(() => String, { nullable: true, description: 'Version of the model that gave the results; null until they are there.' })
  modelVersion!: string | null;
  @Field(() => String, { nullable: true, description: 'SHA-256 of the graph and weights; null until the results are there.' })
  modelDigest!: string | null;
  @Field(() => Boolean, { description: "True for the model's own answer about the samples as they are: no gate, no speech detection, one window." })
  raw!: boolean;
  @Field(() => SpeakersModeEnum, { description: 'How speakers were told apart.' })
  speakersMode!: 'none' | 'channels' | 'auto';
  @Field(() => Int, { nullable: true, description: 'How many speakers the caller said there are; null: estimated.' })
  speakerCount!: number | null;
  @Field(() => DateTime, { description: 'When it was asked for.' })
  createdAt!: Date;
  @Field(() => DateTime, { nullable: true, description: 'When a worker first took it.' })
  startedAt!: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'When it ended, however it ended.' })
  finishedAt!: Date | null;
  @Field(() => [AnalysisWarning], { description: 'What makes the result less sure.' })
  warnings!: readonly AnalysisWarning[];
  @Field(() => GateResult, { nullable: true, description: 'What was heard; null until the results are there.' })
  gate!: GateResult | null;
}

@ObjectType({ simpleResolvers: true, description: 'A step of an analysis.' })
export class AnalysisProgress {
  @Field(() => ID, { description: 'The analysis.' })
  analysisId!: string;
  @Field(() => AnalysisStatusEnum, { description: 'Its state.' })
  status!: AnalysisStatus;
  @Field(() => Float, { description: 'Done part, 0 to 1.' })
  progress!: number;
}

export const AnalysisConnection = connectionType('Analysis', 'analyses', () => AnalysisType);
