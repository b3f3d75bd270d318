import type { Logger } from 'pino';
import type { AnalysisEnded } from './domain/measurements.js';
import type { PlatformMetrics } from './http/platform-metrics.js';

/** Every end of an analysis, counted and told in one line; what it was about is in the ids that each line has. */
export function endings(metrics: Pick<PlatformMetrics, 'analysisEnded'>, log: Logger): (ended: AnalysisEnded) => void {
  return (ended) => {
    metrics.analysisEnded(ended);
    const { modelId, outcome, code, audioSeconds, wallSeconds } = ended;
    log.info({ modelId, outcome, code, audioSeconds, durationMs: Math.round(wallSeconds * 1000) }, 'an analysis ended');
  };
}
