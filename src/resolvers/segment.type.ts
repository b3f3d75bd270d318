import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import type { GateKind } from '../domain/analysis.js';
import type { SegmentRecord } from '../domain/records.js';
import { GateKindEnum } from './enums.type.js';
import { connectionType } from './page.type.js';

@ObjectType('Segment', { simpleResolvers: true, description: 'A stretch of speech that went through the model in one piece.' })
export class SegmentType {
  @Field(() => ID, { description: 'Opaque id (`seg_…`).' })
  id!: string;
  @Field(() => Int, { description: 'Its place in the analysis, counted from 0.' })
  index!: number;
  @Field(() => Float, { description: 'Start in seconds, from the start of the recording.' })
  startSeconds!: number;
  @Field(() => Float, { description: 'End in seconds.' })
  endSeconds!: number;
  @Field(() => Float, { description: 'Seconds of speech inside: its weight in the summary.' })
  speechSeconds!: number;
  @Field(() => GateKindEnum, { description: 'What was heard.' })
  gate!: GateKind;
  @Field(() => String, { nullable: true, description: 'What was said; null where nobody wrote it down (see `Analysis.transcript`).' })
  text!: string | null;
  @Field(() => Float, { nullable: true, description: 'How well the words agree with the voice, 0 to 1; null where the words say nothing of feeling or were not compared. The prediction does not change by it.' })
  agreement?: number | null;
}

@ObjectType({ simpleResolvers: true, description: 'A segment that sounds alike.' })
export class SimilarSegment {
  @Field(() => SegmentType, { description: 'The segment.' })
  segment!: SegmentRecord;
  @Field(() => Float, { description: 'Cosine similarity of the embeddings, -1 to 1.' })
  similarity!: number;
}

export const SegmentConnection = connectionType('Segment', 'segments', () => SegmentType);
