import type { StatisticsRepository } from '../db/statistics.repository.js';
import { UndertoneError } from '../domain/errors.js';
import { bucketStarts, MAX_BUCKETS, tabulate } from '../domain/statistics.js';
import { requireScope } from './permissions.js';
import type { StatisticsService } from './service-contracts.js';

export function createStatisticsService(repository: StatisticsRepository): StatisticsService {
  return {
    async statistics(principal, from, to, bucket) {
      requireScope(principal, 'analyses:read');
      if (!(from < to)) throw new UndertoneError('BAD_INPUT', `The range ends (${to.toISOString()}) before it begins (${from.toISOString()}). Give a later "to".`, { field: 'to' });
      const starts = bucketStarts(from, to, bucket);
      if (starts.length > MAX_BUCKETS) throw new UndertoneError('BAD_INPUT', `The range holds more than ${MAX_BUCKETS} buckets of a ${bucket}. Use a larger bucket or a shorter range.`, { field: 'bucket' });
      return tabulate(await repository.count(principal.workspaceId, from, to, bucket), starts, bucket);
    },
  };
}
