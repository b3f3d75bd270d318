import { Field, Float, ObjectType } from 'type-graphql';
import { NumberColumn } from '../domain/number-column.js';
import type { TimelineColumns } from '../services/service-contracts.js';
import type { Plain } from './plain.js';
import { FloatColumn } from './scalars.js';

@ObjectType({ simpleResolvers: true, description: 'Scores of one label over time.' })
export class TimelineSeries {
  @Field(() => String, { description: 'The label.' })
  label!: string;
  @Field(() => FloatColumn, { description: "Its score in each bin, as long as the timeline's `startSeconds`." })
  values!: NumberColumn;
}

@ObjectType({ simpleResolvers: true, description: 'Scores over time as columns. Bins without a judged window are left out, not filled in.' })
export class Timeline {
  @Field(() => Float, { description: 'Seconds that one bin covers.' })
  binSeconds!: number;
  @Field(() => [String], { description: "The model's labels, in its order." })
  labels!: readonly string[];
  @Field(() => FloatColumn, { description: 'Start of each bin in seconds, rising.' })
  startSeconds!: NumberColumn;
  @Field(() => [TimelineSeries], { description: 'One series a label, in the order of `labels`.' })
  series!: readonly TimelineSeries[];
}

/** The service keeps its last answers, so the same array comes again; its text is then there as well. */
const columns = new WeakMap<readonly number[], NumberColumn>();

function columnOf(values: readonly number[]): NumberColumn {
  const known = columns.get(values);
  if (known !== undefined) return known;
  const column = new NumberColumn(values);
  columns.set(values, column);
  return column;
}

export function timelineOf(timeline: TimelineColumns): Plain<Timeline> {
  return {
    ...timeline,
    startSeconds: columnOf(timeline.startSeconds),
    series: timeline.labels.map((label, index) => ({ label, values: columnOf(timeline.values[index] ?? []) })),
  };
}
