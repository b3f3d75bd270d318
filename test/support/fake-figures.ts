import { usageHistory } from '../../src/domain/usage.js';
import { bucketStart } from '../../src/domain/statistics.js';
import { createStatisticsService } from '../../src/services/statistics.service.js';
import type { Services } from '../../src/services/service-contracts.js';
import type { FakeWorld } from './fake-services.js';

/** What is counted over the world's analyses, and a made-up storage. */
export function fakeFigures(world: Pick<FakeWorld, 'analyses'>): Pick<Services, 'usage' | 'statistics'> {
  return {
    usage: {
      usage: () => Promise.resolve({ maxStoredBytes: 1000, storedBytes: 600, kinds: [{ kind: 'audio', byteLength: 600, itemCount: 2 }], history: usageHistory([{ day: new Date('2026-01-02T00:00:00Z'), kind: 'audio', byteLength: 600, itemCount: 2 }]) }),
      measureAll: () => Promise.resolve({ workspaces: 1, byteLength: 600 }),
      reportQuotas: () => Promise.resolve({ nearCount: 0, fullCount: 0 }),
    },
    statistics: createStatisticsService({
      count: (workspaceId, from, to, bucket) => {
        const analyses = [...world.analyses.values()].filter((analysis) => analysis.workspaceId === workspaceId && analysis.createdAt >= from && analysis.createdAt < to);
        return Promise.resolve(analyses.map((analysis) => ({ start: bucketStart(analysis.createdAt, bucket), status: analysis.status, label: analysis.summary?.label ?? null, isAbstained: analysis.summary?.abstained ?? false, count: 1, audioSeconds: 2 })));
      },
    }),
  };
}
