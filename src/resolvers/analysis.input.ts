import { Field, Float, ID, InputType, Int } from 'type-graphql';
import type { AnalysisStatus, GateKind } from '../domain/analysis.js';
import type { RoleRuleKind } from '../domain/speaker-roles.js';
import { AnalysisStatusEnum, GateKindEnum, RoleRuleEnum, SpeakersModeEnum } from './enums.type.js';

type SpeakersMode = 'none' | 'channels' | 'auto';

@InputType({ description: 'Who gets which role.' })
export class SpeakerRolesInput {
  @Field(() => RoleRuleEnum, { description: 'What decides.' })
  rule!: RoleRuleKind;
  @Field(() => [String], { description: 'One to eight names, for example `["agent", "customer"]`; speakers beyond them have no role.' })
  names!: string[];
}

@InputType({ description: 'An analysis of a recording that is there.' })
export class AnalyzeRecordingInput {
  @Field(() => ID, { description: 'The recording.' })
  recordingId!: string;
  @Field(() => String, { nullable: true, description: 'Id of the model; the default model when absent.' })
  model?: string | null;
  @Field(() => Boolean, { nullable: true, defaultValue: false, description: "The model's own answer about the samples as they are: no gate, no speech detection, one window." })
  raw?: boolean | null;
  @Field(() => SpeakersModeEnum, { nullable: true, defaultValue: 'none', description: 'How to tell speakers apart.' })
  speakers?: SpeakersMode | null;
  @Field(() => Int, { nullable: true, description: 'With AUTO: how many speakers there are, 1 to 20; estimated when absent.' })
  speakerCount?: number | null;
  @Field(() => SpeakerRolesInput, { nullable: true, description: 'Roles of the speakers, for example left = agent; those of the setting UNDERTONE_SPEAKER_ROLES when absent.' })
  roles?: SpeakerRolesInput | null;
  @Field(() => String, { nullable: true, description: 'Makes retries safe: the same key with the same arguments gives the same analysis.' })
  idempotencyKey?: string | null;
}

@InputType({ description: 'What is known about a file, and how to analyse it.' })
export class AnalyzeInput {
  @Field(() => String, { nullable: true, description: 'Id of the model; the default model when absent.' })
  model?: string | null;
  @Field(() => Boolean, { nullable: true, defaultValue: false, description: "The model's own answer about the samples as they are: no gate, no speech detection, one window." })
  raw?: boolean | null;
  @Field(() => SpeakersModeEnum, { nullable: true, defaultValue: 'none', description: 'How to tell speakers apart.' })
  speakers?: SpeakersMode | null;
  @Field(() => Int, { nullable: true, description: 'With AUTO: how many speakers there are, 1 to 20; estimated when absent.' })
  speakerCount?: number | null;
  @Field(() => SpeakerRolesInput, { nullable: true, description: 'Roles of the speakers, for example left = agent; those of the setting UNDERTONE_SPEAKER_ROLES when absent.' })
  roles?: SpeakerRolesInput | null;
  @Field(() => String, { nullable: true, description: 'Makes retries safe: the same key with the same arguments gives the same analysis.' })
  idempotencyKey?: string | null;
  @Field(() => String, { nullable: true, description: 'Title for people.' })
  title?: string | null;
  @Field(() => String, { nullable: true, description: 'Your own id of the recording.' })
  externalId?: string | null;
  @Field(() => [String], { nullable: true, description: 'Tags to filter by.' })
  tags?: string[] | null;
}

@InputType('AnalysisFilter', { description: 'Conditions on analyses; all that are given must hold.' })
export class AnalysisFilterInput {
  @Field(() => ID, { nullable: true, description: 'Of this recording.' })
  recordingId?: string | null;
  @Field(() => AnalysisStatusEnum, { nullable: true, description: 'In this state.' })
  status?: AnalysisStatus | null;
  @Field(() => String, { nullable: true, description: 'By the model of this id.' })
  model?: string | null;
  @Field(() => String, { nullable: true, description: 'With this label in its summary.' })
  label?: string | null;
}

@InputType('SegmentFilter', { description: 'Conditions on segments; all that are given must hold.' })
export class SegmentFilterInput {
  @Field(() => String, { nullable: true, description: 'Predicted as this label.' })
  label?: string | null;
  @Field(() => ID, { nullable: true, description: 'Spoken by the speaker of this id.' })
  speaker?: string | null;
  @Field(() => Float, { nullable: true, description: 'With at least this confidence, 0 to 1.' })
  minConfidence?: number | null;
  @Field(() => GateKindEnum, { nullable: true, description: 'With this kind of content.' })
  gate?: GateKind | null;
}
