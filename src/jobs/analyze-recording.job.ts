import { NO_TRACING, traced, type Tracing } from '../domain/tracing.js';
import { workIds } from '../domain/work-context.js';
import type { JobHandler } from '../queue/job-queue.js';
import type { AnalysisRunner } from '../services/analysis-runner.js';

/** The payload holds the id, and whose request it comes from; the runner reads the truth when it runs. */
export function analyzeRecordingJob(runner: AnalysisRunner, tracing: Tracing = NO_TRACING): JobHandler<'analyze-recording'> {
  return ({ analysisId, origin = {} }, context) => {
    const attributes = { 'undertone.analysis.id': analysisId, 'undertone.job.attempt': context.attempt, 'undertone.job.priority': context.priority };
    return traced(tracing, 'analyze-recording', { kind: 'consumer', parent: origin.traceparent ?? null, attributes }, ({ traceId }) => {
      const ids = { analysisId, ...(origin.requestId === undefined ? {} : { requestId: origin.requestId }), ...(traceId === null ? {} : { traceId }) };
      return workIds.run(ids, () => runner.run(analysisId, context));
    });
  };
}
