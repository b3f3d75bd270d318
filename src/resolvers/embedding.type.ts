import { Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { EmbeddingRecord } from '../domain/records.js';
import { EmbeddingKindEnum } from './enums.type.js';
import { DateTime } from './scalars.js';

@ObjectType('Embedding', { simpleResolvers: true, description: 'A vector of one model. Vectors of different models never meet: comparing them is refused.' })
export class EmbeddingType {
  @Field(() => ID, { description: 'Opaque id (`emb_…`).' })
  id!: string;
  @Field(() => EmbeddingKindEnum, { description: 'What it stands for.' })
  kind!: EmbeddingRecord['kind'];
  @Field(() => Int, { description: 'Length of the vector.' })
  dimension!: number;
}

@ObjectType({ simpleResolvers: true, description: 'How near two embeddings of one model are.' })
export class EmbeddingComparison {
  @Field(() => EmbeddingType, { description: 'The first.' })
  a!: EmbeddingRecord;
  @Field(() => EmbeddingType, { description: 'The second.' })
  b!: EmbeddingRecord;
  @Field(() => Float, { description: 'Cosine similarity, -1 to 1.' })
  cosineSimilarity!: number;
  @Field(() => Float, { description: 'Euclidean distance.' })
  euclideanDistance!: number;
}

@InputType({ description: 'What to look for: exactly one of the three.' })
export class SimilarityTarget {
  @Field(() => ID, { nullable: true, description: 'The embedding of this segment.' })
  segmentId?: string | null;
  @Field(() => ID, { nullable: true, description: 'This embedding.' })
  embeddingId?: string | null;
  @Field(() => ID, { nullable: true, description: 'The embedding of this whole analysis.' })
  analysisId?: string | null;
}

@InputType('SimilarityFilter', { description: 'Conditions on what is found; all that are given must hold.' })
export class SimilarityFilterInput {
  @Field(() => String, { nullable: true, description: 'Predicted as this label.' })
  label?: string | null;
  @Field(() => ID, { nullable: true, description: 'In this recording.' })
  recordingId?: string | null;
  @Field(() => ID, { nullable: true, description: 'Not in this recording.' })
  excludeRecordingId?: string | null;
  @Field(() => String, { nullable: true, description: 'In recordings with this tag.' })
  tag?: string | null;
  @Field(() => DateTime, { nullable: true, description: 'In recordings uploaded at or after.' })
  createdAfter?: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'In recordings uploaded before.' })
  createdBefore?: Date | null;
  @Field(() => Float, { nullable: true, description: 'At least this near, -1 to 1.' })
  minSimilarity?: number | null;
}
