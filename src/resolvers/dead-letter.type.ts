import { Field, ID, Int, ObjectType } from 'type-graphql';
import { connectionType } from './page.type.js';
import { DateTime } from './scalars.js';

@ObjectType('DeadLetter', { simpleResolvers: true, description: 'A job whose tries are used up. It waits to be retried or discarded.' })
export class DeadLetterType {
  @Field(() => ID, { description: 'Opaque id.' })
  id!: string;
  @Field(() => String, { description: 'Kind of the job, such as `analyze-recording`.' })
  job!: string;
  @Field(() => ID, { description: 'Id of what the job was about.' })
  key!: string;
  @Field(() => ID, { nullable: true, description: 'The analysis that it was about, for jobs of analyses.' })
  analysisId!: string | null;
  @Field(() => String, { description: 'Code of the last failure (docs/errors.md), or `JOB_LOST` when its process ended in the middle each time.' })
  code!: string;
  @Field(() => String, { description: 'The last failure, for people.' })
  message!: string;
  @Field(() => Int, { description: 'How often it was delivered.' })
  attemptCount!: number;
  @Field(() => DateTime, { description: 'When the job was accepted.' })
  enqueuedAt!: Date;
  @Field(() => DateTime, { description: 'When the last try had failed.' })
  failedAt!: Date;
}

export const DeadLetterConnection = connectionType('DeadLetter', 'dead letters', () => DeadLetterType);
