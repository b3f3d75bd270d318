import { Arg, Ctx, FieldResolver, Float, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { littleEndianBytes } from '../domain/npy.js';
import type { EmbeddingRecord, SimilarMatch } from '../domain/records.js';
import type { EmbeddingService } from '../services/service-contracts.js';
import { EmbeddingComparison, EmbeddingType, SimilarityFilterInput, SimilarityTarget } from './embedding.type.js';
import { ModelType } from './model.type.js';
import { modelOf } from './model.view.js';
import { pageSize, present } from './page-request.js';
import type { Plain } from './plain.js';
import type { RequestContext } from './request-context.js';
import { SimilarSegment } from './segment.type.js';

@Resolver(() => EmbeddingType)
export class EmbeddingResolver {
  @Query(() => EmbeddingComparison, { description: 'Compares two embeddings of one model; others are refused with EMBEDDINGS_INCOMPARABLE.' })
  compareEmbeddings(
    @Ctx() context: RequestContext,
    @Arg('a', () => ID, { description: 'Id of the first embedding.' }) a: string,
    @Arg('b', () => ID, { description: 'Id of the second embedding.' }) b: string,
  ): ReturnType<EmbeddingService['compare']> {
    return context.services.embeddings.compare(context.principal, a, b);
  }

  @Query(() => [SimilarSegment], { description: 'Segments that sound alike, nearest first; only those of the same model.' })
  similarSegments(
    @Ctx() context: RequestContext,
    @Arg('to', () => SimilarityTarget, { description: 'What to look for.' }) target: SimilarityTarget,
    @Arg('first', () => Int, { nullable: true, defaultValue: 10, description: 'How many; at most `capabilities.maxPageSize`.' }) first: number | null,
    @Arg('filter', () => SimilarityFilterInput, { nullable: true, description: 'Conditions.' }) filter: SimilarityFilterInput | null,
  ): Promise<readonly SimilarMatch[]> {
    return context.services.embeddings.similarSegments(context.principal, target, pageSize(context.settings.maxPageSize, first, 10), present(filter));
  }

  @FieldResolver(() => ModelType, { description: 'The model that made it.' })
  model(@Ctx() context: RequestContext, @Root() embedding: EmbeddingRecord): Plain<ModelType> {
    return modelOf(context, { id: embedding.modelId, digest: embedding.modelDigest, embeddingDimension: embedding.dimension });
  }

  @FieldResolver(() => Int, { description: 'Rows of the matrix: always 1 here, so that a download is 2-D as [1, dimension].' })
  rows(): number {
    return 1;
  }

  @FieldResolver(() => [Float], { description: 'The numbers, not normalised.' })
  values(@Root() embedding: EmbeddingRecord): readonly number[] {
    return Array.from(embedding.values);
  }

  @FieldResolver(() => String, { description: 'The same numbers as little-endian float32, base64: a third of the bytes and exact.' })
  base64(@Root() embedding: EmbeddingRecord): string {
    return littleEndianBytes(embedding.values).toString('base64');
  }

  @FieldResolver(() => String, { description: 'Path of a NumPy file on this server, [rows, dimension] float32; a link that works without a header for an hour.' })
  npyUrl(@Ctx() context: RequestContext, @Root() embedding: EmbeddingRecord): string {
    return context.signPath(`/embeddings/${encodeURIComponent(embedding.id)}.npy`);
  }
}
