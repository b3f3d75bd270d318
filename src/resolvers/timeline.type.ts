import { Field, Float, ObjectType } from 'type-graphql';
import type { TimelineColumns } from '../services/service-contracts.js';
import type { Plain } from './plain.js';

@ObjectType({ simpleResolvers: true, description: 'Scores of one label over time.' })
export class TimelineSeries {
  @Field(() => String, { description: 'The label.' })
  label!: string;
  @Field(() => [Float], { description: "Its score in each bin, as long as the timeline's `startSeconds`." })
  values!: readonly number[];
}

@ObjectType({ simpleResolvers: true, description: 'Scores over time as columns. Bins without a judged window are left out, not filled in.' })
export class Timeline {
  @Field(() => Float, { description: 'Seconds that one bin covers.' })
  binSeconds!: number;
  @Field(() => [String], { description: "The model's labels, in its order." })
  labels!: readonly string[];
  @Field(() => [Float], { description: 'Start of each bin in seconds, rising.' })
  startSeconds!: readonly number[];
  @Field(() => [TimelineSeries], { description: 'One series a label, in the order of `labels`.' })
  series!: readonly TimelineSeries[];
}

export function timelineOf(columns: TimelineColumns): Plain<Timeline> {
  return { ...columns, series: columns.labels.map((label, index) => ({ label, values: columns.values[index] ?? [] })) };
}
