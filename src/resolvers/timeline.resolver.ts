import { FieldResolver, Resolver, Root } from 'type-graphql';
import { littleEndianBytes } from '../domain/npy.js';
import type { Plain } from './plain.js';
import { TimelineSeries } from './timeline.type.js';

@Resolver(() => TimelineSeries)
export class TimelineSeriesResolver {
  @FieldResolver(() => String, { description: 'The same numbers as little-endian float32, base64: for clients that read long timelines into typed arrays.' })
  base64(@Root() series: Plain<TimelineSeries>): string {
    return littleEndianBytes(Float32Array.from(series.values.values)).toString('base64');
  }
}
