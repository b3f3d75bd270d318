import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { NumberColumn } from '../domain/number-column.js';
import type { TimeBucket } from '../domain/statistics.js';
import { DateTime, FloatColumn } from './scalars.js';

export const TimeBucketEnum = { HOUR: 'hour', DAY: 'day', WEEK: 'week', MONTH: 'month' } as const;
registerEnumType(TimeBucketEnum, {
  name: 'TimeBucket', description: 'What statistics are counted by, in UTC.',
  valuesConfig: { HOUR: { description: 'An hour.' }, DAY: { description: 'A day.' }, WEEK: { description: 'A week from Monday.' }, MONTH: { description: 'A month.' } },
});

@ObjectType({ simpleResolvers: true, description: 'How often one label was the verdict.' })
export class LabelStatistics {
  @Field(() => String, { description: 'The label of the summary.' })
  label!: string;
  @Field(() => [Int], { description: 'Analyses with it in each bucket.' })
  counts!: readonly number[];
}

@ObjectType({ simpleResolvers: true, description: 'Analyses over time, as columns over the buckets; empty buckets are there with zeros. An analysis counts when it was asked for.' })
export class Statistics {
  @Field(() => TimeBucketEnum, { description: 'What was counted by.' })
  bucket!: TimeBucket;
  @Field(() => [DateTime], { description: 'Start of each bucket, UTC.' })
  starts!: readonly Date[];
  @Field(() => [Int], { description: 'All analyses, whatever became of them.' })
  analyses!: readonly number[];
  @Field(() => [Int], { description: 'Those that succeeded.' })
  succeeded!: readonly number[];
  @Field(() => [Int], { description: 'Those that failed.' })
  failed!: readonly number[];
  @Field(() => [Int], { description: 'Succeeded, but too unsure to say.' })
  abstained!: readonly number[];
  @Field(() => [Int], { description: 'Succeeded, and nothing in it was speech.' })
  notJudged!: readonly number[];
  @Field(() => FloatColumn, { description: 'Seconds of audio of those that succeeded.' })
  audioSeconds!: NumberColumn;
  @Field(() => [LabelStatistics], { description: 'Succeeded analyses by the label of their summary, most frequent first.' })
  labels!: readonly LabelStatistics[];
}
