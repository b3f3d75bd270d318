import { Field, Float, ObjectType } from 'type-graphql';
import type { NumberColumn } from '../domain/number-column.js';
import { DateTime, FloatColumn } from './scalars.js';

@ObjectType({ simpleResolvers: true, description: 'What one kind of data takes.' })
export class UsageOfKind {
  @Field(() => String, { description: '`audio` (originals), `tracks` (frame logits), `embeddings` or `results` (segments).' })
  kind!: string;
  @Field(() => Float, { description: 'Bytes.' })
  byteLength!: number;
  @Field(() => Float, { description: 'Recordings, tracks, vectors or segments.' })
  itemCount!: number;
}

@ObjectType({ simpleResolvers: true, description: 'Bytes of one kind of data by day.' })
export class UsageSeries {
  @Field(() => String, { description: 'As in `UsageOfKind.kind`.' })
  kind!: string;
  @Field(() => FloatColumn, { description: "Bytes at the end of each day, as long as the history's `days`." })
  values!: NumberColumn;
}

@ObjectType({ simpleResolvers: true, description: 'Usage by day as columns; days that were not measured are left out.' })
export class UsageHistory {
  @Field(() => [DateTime], { description: 'Days (midnight UTC), rising.' })
  days!: readonly Date[];
  @Field(() => [UsageSeries], { description: 'One series a kind.' })
  byteLengths!: readonly UsageSeries[];
}

@ObjectType({ simpleResolvers: true, description: 'What the workspace stores.' })
export class Usage {
  @Field(() => Float, { nullable: true, description: 'Bytes of uploaded audio that it may keep; null: as many as the disk takes.' })
  maxStoredBytes!: number | null;
  @Field(() => Float, { description: 'Bytes of uploaded audio that it keeps now.' })
  storedBytes!: number;
  @Field(() => [UsageOfKind], { description: 'By kind, when it was measured last (every night); empty before the first time.' })
  kinds!: readonly UsageOfKind[];
  @Field(() => UsageHistory, { description: 'By day.' })
  history!: UsageHistory;
}
