import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import type { TaskRunCause, TaskRunState } from '../domain/scheduled-task.js';
import { TaskRunCauseEnum, TaskRunStateEnum } from './retention-enums.type.js';
import { DateTime } from './scalars.js';

@ObjectType({ simpleResolvers: true, description: 'A figure that a run reported: what it did, or in a dry run what it would do.' })
export class TaskFigure {
  @Field(() => String, { description: 'Its name.' })
  name!: string;
  @Field(() => Float, { description: 'Its value: a count, or bytes where the name says so.' })
  value!: number;
}

@ObjectType('TaskRun', { simpleResolvers: true, description: 'One run of a scheduled task, on whatever node.' })
export class TaskRunType {
  @Field(() => TaskRunStateEnum, { description: 'How it went.' })
  state!: TaskRunState;
  @Field(() => TaskRunCauseEnum, { description: 'Why it ran.' })
  cause!: TaskRunCause;
  @Field(() => Boolean, { description: 'True: it said what it would do, and changed nothing.' })
  isDryRun!: boolean;
  @Field(() => String, { description: 'Host and process that ran it.' })
  node!: string;
  @Field(() => DateTime, { description: 'The time that it was due.' })
  firingAt!: Date;
  @Field(() => DateTime, { description: 'When it began.' })
  startedAt!: Date;
  @Field(() => Int, { nullable: true, description: 'How long it took; null while it runs.' })
  durationMs!: number | null;
  @Field(() => String, { nullable: true, description: 'Why it failed.' })
  failure!: string | null;
}

@ObjectType('ScheduledTask', { simpleResolvers: true, description: 'Something that is done again and again, by exactly one node at a time.' })
export class ScheduledTaskType {
  @Field(() => ID, { description: 'Its name.' })
  id!: string;
  @Field(() => String, { nullable: true, description: 'What it does.' })
  description!: string | null;
  @Field(() => String, { description: 'Cron expression with five fields.' })
  schedule!: string;
  @Field(() => String, { description: 'IANA time zone of the schedule.' })
  timeZone!: string;
  @Field(() => Int, { description: 'Past it a run is stopped and counts as failed.' })
  timeoutMs!: number;
  @Field(() => Boolean, { description: 'Whether it can say what it would do.' })
  hasDryRun!: boolean;
  @Field(() => DateTime, { nullable: true, description: 'When it fires next.' })
  nextRunAt!: Date | null;
  @Field(() => TaskRunType, { nullable: true, description: 'Its newest run on any node.' })
  lastRun!: TaskRunType | null;
}
