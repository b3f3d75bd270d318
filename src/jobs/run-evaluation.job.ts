import { workIds } from '../domain/work-context.js';
import type { JobHandler } from '../queue/job-queue.js';
import type { EvaluationRunner } from '../services/evaluation-runner.js';

/** The payload holds the id; the runner reads the truth when it runs. */
export function runEvaluationJob(runner: EvaluationRunner): JobHandler<'run-evaluation'> {
  return ({ evaluationRunId }, context) => workIds.run({ evaluationRunId }, () => runner.run(evaluationRunId, context));
}
