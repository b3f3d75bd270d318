import { Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { DataKind, RetentionAction, ReviewState } from '../domain/retention.js';
import type { RetentionPolicyInput } from '../services/retention.service.js';
import { DataKindEnum, RetentionActionEnum, ReviewStateEnum } from './retention-enums.type.js';
import { DateTime } from './scalars.js';

@ObjectType('RetentionPolicy', { simpleResolvers: true, description: 'How long one kind of data is kept, and what is done then. Of several that match, the one with the higher priority decides, then the one with more conditions, then the one that keeps longer. A legal hold wins over all.' })
export class RetentionPolicyType {
  @Field(() => ID, { description: 'Opaque id (`rtn_…`).' })
  id!: string;
  @Field(() => String, { description: 'Name for people; unique in the workspace.' })
  name!: string;
  @Field(() => DataKindEnum, { description: 'What it is about.' })
  kind!: DataKind;
  @Field(() => RetentionActionEnum, { description: 'What is done when the days are over.' })
  action!: RetentionAction;
  @Field(() => Int, { description: 'Days from the upload, or for what an analysis made from the newest analysis; after a restore from the restore.' })
  keepDays!: number;
  @Field(() => Int, { nullable: true, description: 'Fewer days that count while the disk is nearly full, after it was told and everything due is gone. Null: a full disk changes nothing.' })
  keepDaysWhenShort!: number | null;
  @Field(() => Int, { description: 'Higher wins.' })
  priority!: number;
  @Field(() => Boolean, { description: 'False: it decides nothing.' })
  isEnabled!: boolean;
  @Field(() => [String], { description: 'Only recordings with any of these tags; empty: all.' })
  tags!: readonly string[];
  @Field(() => [String], { description: 'Only recordings whose newest finished analysis has any of these labels; empty: all.' })
  labels!: readonly string[];
  @Field(() => [ReviewStateEnum], { description: 'Only recordings in any of these states of review; empty: all.' })
  reviewStates!: readonly ReviewState[];
  @Field(() => DateTime, { nullable: true, description: 'Recordings uploaded before are left alone; null: all are meant.' })
  appliesFrom!: Date | null;
  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: Date;
  @Field(() => DateTime, { description: 'When it was last changed.' })
  updatedAt!: Date;
}

@InputType('RetentionPolicyInput', { description: 'A policy to be made, or with an id to be changed.' })
export class RetentionPolicyInputType implements RetentionPolicyInput {
  @Field(() => ID, { nullable: true, description: 'Of the policy to be changed.' })
  id?: string | null;
  @Field(() => String, { description: 'Name for people; unique in the workspace.' })
  name!: string;
  @Field(() => DataKindEnum, { description: 'What it is about.' })
  kind!: DataKind;
  @Field(() => RetentionActionEnum, { description: 'What is done when the days are over.' })
  action!: RetentionAction;
  @Field(() => Int, { description: 'Days to keep, 0 to 36,500.' })
  keepDays!: number;
  @Field(() => Int, { nullable: true, description: 'At most as many days, which count while the disk is nearly full; only for policies that delete. A full disk changes nothing when absent.' })
  keepDaysWhenShort?: number | null;
  @Field(() => Int, { nullable: true, description: 'Higher wins; 0 when absent.' })
  priority?: number | null;
  @Field(() => Boolean, { nullable: true, description: 'True when absent.' })
  isEnabled?: boolean | null;
  @Field(() => [String], { nullable: true, description: 'Only recordings with any of these tags.' })
  tags?: string[] | null;
  @Field(() => [String], { nullable: true, description: 'Only recordings whose newest finished analysis has any of these labels.' })
  labels?: string[] | null;
  @Field(() => [ReviewStateEnum], { nullable: true, description: 'Only recordings in any of these states of review.' })
  reviewStates?: ReviewState[] | null;
  @Field(() => Boolean, { nullable: true, description: 'True: also recordings that are there already. False when absent: only what is uploaded from now on.' })
  includeExisting?: boolean | null;
  @Field(() => String, { nullable: true, description: 'The confirmation that the same change was answered with before; only a policy that deletes needs one.' })
  confirmation?: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'What is due under one policy.' })
export class RetentionPolicyFigures {
  @Field(() => RetentionPolicyType, { description: 'The policy that decided.' })
  policy!: RetentionPolicyType;
  @Field(() => Int, { description: 'Recordings it decides about.' })
  recordingCount!: number;
  @Field(() => Float, { description: 'Bytes of the kind of data that it is about.' })
  byteLength!: number;
  @Field(() => DateTime, { description: 'Upload of the oldest of them.' })
  oldestAt!: Date;
}

@ObjectType('RetentionReport', { simpleResolvers: true, description: 'What retention would do, or did.' })
export class RetentionReportType {
  @Field(() => Boolean, { description: 'True: nothing was changed.' })
  isDryRun!: boolean;
  @Field(() => DateTime, { description: 'The moment that ages were counted at.' })
  at!: Date;
  @Field(() => [RetentionPolicyFigures], { description: 'What was due, by policy.' })
  policies!: readonly RetentionPolicyFigures[];
  @Field(() => Int, { description: 'Recordings of which something was due.' })
  dueRecordingCount!: number;
  @Field(() => Float, { description: 'Bytes that were due.' })
  dueBytes!: number;
  @Field(() => Int, { description: 'Recordings that would be due and are kept by a legal hold.' })
  heldCount!: number;
  @Field(() => Int, { description: 'Recordings left for later because an analysis of them runs or an archive is being made.' })
  busyCount!: number;
  @Field(() => Int, { description: 'Recordings that are in a verified archive now.' })
  archivedRecordingCount!: number;
  @Field(() => Int, { description: 'Recordings of which data was deleted.' })
  deletedRecordingCount!: number;
  @Field(() => Float, { description: 'Bytes of what was deleted.' })
  freedBytes!: number;
  @Field(() => [ID], { description: 'Archives that were made or finished.' })
  archiveIds!: readonly string[];
  @Field(() => [String], { description: 'What went wrong, without names or contents; nothing was deleted there.' })
  problems!: readonly string[];
  @Field(() => Boolean, { description: 'False: time ran out; the next run goes on.' })
  isComplete!: boolean;
}

@ObjectType({ simpleResolvers: true, description: 'A policy that would delete something was not stored yet. Look at what it would do, and send it again with the confirmation.' })
export class RetentionConfirmation {
  @Field(() => String, { description: 'To be sent with the same input; no longer good once something else would be deleted.' })
  confirmation!: string;
  @Field(() => RetentionReportType, { description: 'What would happen at the next run under all policies with this one.' })
  preview!: RetentionReportType;
  @Field(() => RetentionReportType, { nullable: true, description: 'What it would do at most while the disk is nearly full; null where that changes nothing.' })
  previewWhenShort!: RetentionReportType | null;
}

@ObjectType({ simpleResolvers: true, description: 'A retention policy that is gone.' })
export class DeletedRetentionPolicy {
  @Field(() => ID, { description: 'Its former id.' })
  id!: string;
}

