import type { Logger } from 'pino';
import { createCalibrationRepository } from './db/calibration.repository.js';
import type { Database } from './db/database.js';
import { createEvaluationRepository, type EvaluationRepository } from './db/evaluation.repository.js';
import type { RecordingRepository } from './db/repositories.js';
import type { EventBus } from './domain/events.js';
import type { JobQueue } from './queue/job-queue.js';
import type { AnalysisRunnerParts } from './services/analysis-runner.js';
import type { AuditSink } from './services/audit.js';
import { channelOf, createCalibrationService } from './services/calibration.service.js';
import { createEvaluationRunner, type EvaluationRunner, type EvaluationRunnerParts } from './services/evaluation-runner.js';
import type { ResolvedReviews } from './services/evaluation-set.js';
import { createEvaluationService } from './services/evaluation.service.js';
import type { Intake } from './services/intake.js';
import type { JudgingPermission } from './services/judging-permission.js';
import type { ModelDirectory } from './services/model-directory.js';
import type { Services } from './services/service-contracts.js';

export interface Evaluation {
  readonly services: Pick<Services, 'evaluations' | 'calibrations'>;
  readonly evaluations: EvaluationRepository;
  readonly runner: EvaluationRunner;
  /** Which calibration a recording's analysis follows. */
  readonly calibrationFor: NonNullable<AnalysisRunnerParts['calibrationFor']>;
}

export interface EvaluationNeeds {
  readonly database: Database;
  readonly audit: AuditSink;
  readonly recordings: RecordingRepository;
  readonly blobs: EvaluationRunnerParts['blobs'];
  readonly pipeline: EvaluationRunnerParts['pipeline'];
  readonly inference: EvaluationRunnerParts['models'];
  readonly directory: ModelDirectory;
  readonly queue: JobQueue;
  readonly events: EventBus;
  readonly intake: Intake;
  readonly permission: JudgingPermission;
  readonly concurrency: number;
  readonly log: Logger;
  /** What people decided, for sets of it; null: nobody is asked here. */
  readonly reviews: ResolvedReviews | null;
}

/** Evaluation sets, their runs, and calibrations of workspaces. */
export function composeEvaluation({ database, audit, recordings, blobs, pipeline, inference, directory, queue, events, intake, concurrency, log, reviews, permission }: EvaluationNeeds): Evaluation {
  const evaluations = createEvaluationRepository(database);
  const calibrations = createCalibrationService({ evaluations, audit, calibrations: createCalibrationRepository(database) });
  return {
    evaluations,
    services: { calibrations, evaluations: createEvaluationService({ database, audit, evaluations, recordings, queue, models: directory, events, intake, reviews }) },
    calibrationFor: ({ workspaceId, modelId }, { language, tags }) => calibrations.chooseFor(workspaceId, inference.manifest(modelId), { language, channel: channelOf(tags) }),
    runner: createEvaluationRunner({
      evaluations, recordings, blobs, pipeline, models: inference, calibrations, permission, events, concurrency,
      onAlarm: ({ id, setId, modelId }, { unweightedAccuracy, acceptedLow }) => log.warn({ evaluationRunId: id, setId, modelId, unweightedAccuracy, acceptedLow }, 'an evaluation fell under the interval of the accepted run'),
      onFault: (error, evaluationRunId) => log.error({ err: error, evaluationRunId }, 'an evaluation failed by a fault'),
    }),
  };
}
