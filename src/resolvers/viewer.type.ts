import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import type { Role } from '../domain/principal.js';
import { RoleEnum } from './enums.type.js';

@ObjectType({ simpleResolvers: true, description: 'Who asks: the key that was sent, never its secret.' })
export class Viewer {
  @Field(() => ID, { description: 'Id of the key.' })
  keyId!: string;
  @Field(() => String, { description: 'Name of the key.' })
  keyName!: string;
  @Field(() => RoleEnum, { description: 'What it may do.' })
  role!: Role;
  @Field(() => [String], { description: 'What exactly it may do, for example `recordings:read`.' })
  scopes!: readonly string[];
  @Field(() => ID, { description: 'The workspace it belongs to.' })
  workspaceId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'How much the key, or its workspace, may still have analysed.' })
export class Allowance {
  @Field(() => String, { description: 'Its name, for example `keyAudioMinutes`.' })
  name!: string;
  @Field(() => Float, { description: 'The limit.' })
  limit!: number;
  @Field(() => Float, { description: 'What is left of it.' })
  remaining!: number;
  @Field(() => String, { description: 'The unit of both, for example `minutes of audio an hour`.' })
  unit!: string;
  @Field(() => Float, { nullable: true, description: 'Milliseconds until all of it is there again; null where it depends on when analyses end.' })
  resetMs!: number | null;
}

@ObjectType({ simpleResolvers: true, description: 'One limit of this server.' })
export class Limit {
  @Field(() => String, { description: 'Its name.' })
  name!: string;
  @Field(() => Float, { description: 'Its value.' })
  value!: number;
  @Field(() => String, { description: 'Its unit, for example `bytes`.' })
  unit!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Something that writes down what is said.' })
export class TranscriberInfo {
  @Field(() => String, { description: 'Its id, for UNDERTONE_TRANSCRIBER.' })
  id!: string;
  @Field(() => String, { nullable: true, description: 'Why it cannot work now, and what to do; null where it can.' })
  problem!: string | null;
  @Field(() => Boolean, { description: 'Whether it is the one that is used.' })
  isChosen!: boolean;
}

@ObjectType({ simpleResolvers: true, description: 'What this server can do and allows.' })
export class Capabilities {
  @Field(() => String, { description: 'Version of Undertone.' })
  version!: string;
  @Field(() => Float, { description: 'Largest file, in bytes.' })
  maxUploadBytes!: number;
  @Field(() => Float, { description: 'Longest recording, in seconds.' })
  maxAudioSeconds!: number;
  @Field(() => Float, { description: 'Longest raw analysis, in seconds.' })
  maxRawSeconds!: number;
  @Field(() => Int, { description: 'Most channels of a recording.' })
  maxAudioChannels!: number;
  @Field(() => Int, { description: 'Lowest sample rate of a recording, in Hz.' })
  minSampleRateHz!: number;
  @Field(() => Int, { description: 'Highest sample rate of a recording, in Hz.' })
  maxSampleRateHz!: number;
  @Field(() => Float, { description: 'Finest bin of a timeline, in seconds.' })
  minTimelineBinSeconds!: number;
  @Field(() => Int, { description: 'Most bins of one timeline.' })
  maxTimelineBins!: number;
  @Field(() => Int, { description: 'Largest `first`.' })
  maxPageSize!: number;
  @Field(() => [String], { description: 'Audio and video formats that can be read.' })
  audioFormats!: readonly string[];
  @Field(() => [String], { description: 'Labels of the default model.' })
  labels!: readonly string[];
  @Field(() => String, { description: 'Id of the model that is used when none is named; empty when none is installed.' })
  defaultModel!: string;
  @Field(() => Boolean, { description: 'Whether speakers can be told apart by voice.' })
  diarization!: boolean;
  @Field(() => String, { nullable: true, description: 'Which diarizer tells voices apart; null where none is loaded.' })
  diarizer!: string | null;
  @Field(() => String, { nullable: true, description: 'Why voices cannot be told apart now, and what to do; null where they can.' })
  diarizationProblem!: string | null;
  @Field(() => Boolean, { description: 'Whether what is said in new recordings is written down.' })
  transcription!: boolean;
  @Field(() => String, { nullable: true, description: 'Which transcriber does it; null where none does.' })
  transcriber!: string | null;
  @Field(() => String, { nullable: true, description: 'Why nothing is transcribed now, and what to do; null where it is.' })
  transcriptionProblem!: string | null;
  @Field(() => [TranscriberInfo], { description: 'Every transcriber that is loaded.' })
  transcribers!: readonly TranscriberInfo[];
  @Field(() => [String], { description: 'Languages in which words are compared with the voice.' })
  crossCheckLanguages!: readonly string[];
  @Field(() => [Limit], { description: 'Further limits: of queries, uploads and WebSockets.' })
  limits!: readonly Limit[];
}
