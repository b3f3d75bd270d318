import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import type { RoleSource } from '../domain/speaker-roles.js';
import { RoleSourceEnum } from './enums.type.js';
import { DateTime } from './scalars.js';

@ObjectType({ simpleResolvers: true, description: 'One voice of an analysis.' })
export class Speaker {
  @Field(() => ID, { description: 'Opaque id (`spk_…`).' })
  id!: string;
  @Field(() => String, { description: 'Name inside the analysis, for example `channel-1` or `speaker-1`.' })
  key!: string;
  @Field(() => String, { nullable: true, description: 'Role in the conversation, where it is known.' })
  role!: string | null;
  @Field(() => RoleSourceEnum, { nullable: true, description: 'Where the role comes from; null without one.' })
  roleSource!: RoleSource | null;
  @Field(() => Int, { nullable: true, description: 'Channel of the recording, counted from 0, where speakers are channels.' })
  channel!: number | null;
  @Field(() => Float, { description: 'Seconds of speech of this voice; pauses are not counted.' })
  talkSeconds!: number;
}

@ObjectType({ simpleResolvers: true, description: 'How one speaker takes part in a conversation.' })
export class SpeakerFigures {
  @Field(() => Float, { description: 'Of all talk, 0 to 1.' })
  talkShare!: number;
  @Field(() => Float, { description: 'Seconds of speech that nobody else talked into.' })
  soloSeconds!: number;
  @Field(() => Float, { description: 'Seconds of speech during somebody else\'s.' })
  overlapSeconds!: number;
  @Field(() => Int, { description: 'Times that this voice had the floor; pauses up to a second in which nobody else begins do not end a turn.' })
  turnCount!: number;
  @Field(() => Float, { description: 'Mean length of a turn in seconds, pauses included.' })
  meanTurnSeconds!: number;
  @Field(() => Float, { description: 'Longest turn in seconds.' })
  longestTurnSeconds!: number;
  @Field(() => Int, { description: 'Times that this voice took the floor from another in mid-turn. One that only throws in a word takes nothing.' })
  interruptionCount!: number;
  @Field(() => Int, { description: 'Times that another took the floor from this voice.' })
  interruptedCount!: number;
  @Field(() => Float, { nullable: true, description: 'Median pause in seconds before this voice answers another; null without any.' })
  responseSeconds!: number | null;
}

@ObjectType({ simpleResolvers: true, description: 'Somebody said who a speaker is.' })
export class SpeakerRoleChange {
  @Field(() => ID, { description: 'Opaque id (`rch_…`).' })
  id!: string;
  @Field(() => String, { nullable: true, description: 'Role before.' })
  before!: string | null;
  @Field(() => String, { nullable: true, description: 'Role after.' })
  after!: string | null;
  @Field(() => String, { description: 'Why.' })
  reason!: string;
  @Field(() => ID, { description: 'Id of the key that did it.' })
  keyId!: string;
  @Field(() => String, { description: 'Name of that key at the time.' })
  keyName!: string;
  @Field(() => DateTime, { description: 'When.' })
  changedAt!: Date;
}
