import type { JobHandler } from '../queue/job-queue.js';
import type { AnalysisRunner } from '../services/analysis-runner.js';

/** The payload holds the id alone; the runner reads the truth when it runs. */
export function analyzeRecordingJob(runner: AnalysisRunner): JobHandler<'analyze-recording'> {
  return (payload, context) => runner.run(payload.analysisId, context);
}
