import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import { NumberColumn } from '../domain/number-column.js';
import type { TimeBucket } from '../domain/statistics.js';
import type { Plain } from './plain.js';
import type { RequestContext } from './request-context.js';
import { DateTime } from './scalars.js';
import { Statistics, TimeBucketEnum } from './statistics.type.js';

@Resolver(() => Statistics)
export class StatisticsResolver {
  @Query(() => Statistics, { description: 'How many analyses there were, what became of them and what they said, over time.' })
  async statistics(
    @Ctx() context: RequestContext,
    @Arg('from', () => DateTime, { description: 'Beginning, included.' }) from: Date,
    @Arg('to', () => DateTime, { description: 'End, not included.' }) to: Date,
    @Arg('bucket', () => TimeBucketEnum, { description: 'What to count by.' }) bucket: TimeBucket,
  ): Promise<Plain<Statistics>> {
    const found = await context.services.statistics.statistics(context.principal, from, to, bucket);
    return { ...found, audioSeconds: new NumberColumn(found.audioSeconds) };
  }
}
