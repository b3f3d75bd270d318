import { createUnionType, type ClassType } from 'type-graphql';
import { AnalysisType } from './analysis.type.js';
import { ApiKeyType, CreatedApiKey } from './api-key.type.js';
import { CalibrationType } from './calibration.type.js';
import { DeadLetterType } from './dead-letter.type.js';
import { DeletedEvaluationSet, EvaluationRunType, EvaluationSetType } from './evaluation.type.js';
import { ModelType } from './model.type.js';
import {
  AudioProblem, BadInputProblem, ConflictProblem, ForbiddenProblem, ModelProblem, NotFoundProblem, OverloadedProblem, Problem, UploadProblem, type ProblemClass,
} from './problem.type.js';
import { DeletedRecording, RecordingType } from './recording.type.js';
import { Speaker } from './speaker.type.js';

/** The problems that each mutation answers with; `orProblem` throws on any other. */
export const UPLOAD_RECORDING: readonly ProblemClass[] = [UploadProblem, BadInputProblem, ForbiddenProblem];
export const ANALYZE_RECORDING: readonly ProblemClass[] = [NotFoundProblem, BadInputProblem, ModelProblem, ConflictProblem, OverloadedProblem, ForbiddenProblem];
export const ANALYZE: readonly ProblemClass[] = [UploadProblem, AudioProblem, BadInputProblem, ModelProblem, ConflictProblem, OverloadedProblem, ForbiddenProblem];
export const CANCEL_ANALYSIS: readonly ProblemClass[] = [NotFoundProblem, ConflictProblem, ForbiddenProblem];
export const SET_SPEAKER_ROLE: readonly ProblemClass[] = [NotFoundProblem, BadInputProblem, ForbiddenProblem];
export const DELETE_RECORDING: readonly ProblemClass[] = [NotFoundProblem, ConflictProblem, ForbiddenProblem];
export const LOAD_MODEL: readonly ProblemClass[] = [ModelProblem, ForbiddenProblem];
export const CREATE_API_KEY: readonly ProblemClass[] = [BadInputProblem, ForbiddenProblem];
export const REVOKE_API_KEY: readonly ProblemClass[] = [NotFoundProblem, ForbiddenProblem];
export const ROTATE_API_KEY: readonly ProblemClass[] = [NotFoundProblem, BadInputProblem, ConflictProblem, ForbiddenProblem];
export const CREATE_EVALUATION_SET: readonly ProblemClass[] = [BadInputProblem, ModelProblem, ForbiddenProblem];
export const CHANGE_EVALUATION_SET: readonly ProblemClass[] = [NotFoundProblem, ForbiddenProblem];
export const RUN_EVALUATION: readonly ProblemClass[] = [NotFoundProblem, BadInputProblem, ModelProblem, ConflictProblem, OverloadedProblem, ForbiddenProblem];
export const CHANGE_EVALUATION_RUN: readonly ProblemClass[] = [NotFoundProblem, ConflictProblem, ForbiddenProblem];
export const CALIBRATE_MODEL: readonly ProblemClass[] = [NotFoundProblem, BadInputProblem, ConflictProblem, ForbiddenProblem];
export const RETIRE_CALIBRATION: readonly ProblemClass[] = [NotFoundProblem, ForbiddenProblem];
export const DEAD_LETTER: readonly ProblemClass[] = [NotFoundProblem, ConflictProblem, ForbiddenProblem];

/** The success is a plain record: whatever is no problem is it, or one of `others` where `successOf` says so. */
export function resultOf(name: string, description: string, Success: ClassType, problems: readonly ProblemClass[], others: readonly ClassType[] = [], successOf: (value: object) => ClassType = () => Success): symbol {
  return createUnionType({
    name,
    description,
    types: () => [Success, ...others, ...problems],
    resolveType: (value: object) => (value instanceof Problem ? (value.constructor as ClassType) : successOf(value)),
  }) as unknown as symbol;
}

export const UploadRecordingResult = resultOf('UploadRecordingResult', 'The recording, or why it was not taken in.', RecordingType, UPLOAD_RECORDING);
export const AnalyzeRecordingResult = resultOf('AnalyzeRecordingResult', 'The analysis in the queue, or why there is none.', AnalysisType, ANALYZE_RECORDING);
export const AnalyzeResult = resultOf('AnalyzeResult', 'The finished analysis, or why there is none.', AnalysisType, ANALYZE);
export const CancelAnalysisResult = resultOf('CancelAnalysisResult', 'The cancelled analysis, or why it goes on.', AnalysisType, CANCEL_ANALYSIS);
export const SetSpeakerRoleResult = resultOf('SetSpeakerRoleResult', 'The speaker as it is now, or why it was not changed.', Speaker, SET_SPEAKER_ROLE);
export const DeleteRecordingResult = resultOf('DeleteRecordingResult', 'The recording that is gone, or why it is still there.', DeletedRecording, DELETE_RECORDING);
export const LoadModelResult = resultOf('LoadModelResult', 'The model as it is now, or why it could not be changed.', ModelType, LOAD_MODEL);
export const CreateApiKeyResult = resultOf('CreateApiKeyResult', 'The key with its secret, or why it was not made.', CreatedApiKey, CREATE_API_KEY);
export const RevokeApiKeyResult = resultOf('RevokeApiKeyResult', 'The revoked key, or why it was not.', ApiKeyType, REVOKE_API_KEY);
export const RotateApiKeyResult = resultOf('RotateApiKeyResult', 'The key with its new secret, or why it has none.', CreatedApiKey, ROTATE_API_KEY);
export const RetryDeadLetterResult = resultOf('RetryDeadLetterResult', 'The dead letter whose job waits again, or why it does not.', DeadLetterType, DEAD_LETTER);
export const DiscardDeadLetterResult = resultOf('DiscardDeadLetterResult', 'The dead letter that was taken off the list, or why it was not.', DeadLetterType, DEAD_LETTER);
export const CreateEvaluationSetResult = resultOf('CreateEvaluationSetResult', 'The evaluation set, or why it cannot be used.', EvaluationSetType, CREATE_EVALUATION_SET);
export const DeleteEvaluationSetResult = resultOf('DeleteEvaluationSetResult', 'The evaluation set that is gone, or why it is still there.', DeletedEvaluationSet, CHANGE_EVALUATION_SET);
export const ScheduleEvaluationSetResult = resultOf('ScheduleEvaluationSetResult', 'The evaluation set as it is now, or why it is not changed.', EvaluationSetType, CHANGE_EVALUATION_SET);
export const RunEvaluationResult = resultOf('RunEvaluationResult', 'The run in the queue, or why there is none.', EvaluationRunType, RUN_EVALUATION);
export const CancelEvaluationRunResult = resultOf('CancelEvaluationRunResult', 'The cancelled run, or why it goes on.', EvaluationRunType, CHANGE_EVALUATION_RUN);
export const AcceptEvaluationRunResult = resultOf('AcceptEvaluationRunResult', 'The accepted run, or why it is not.', EvaluationRunType, CHANGE_EVALUATION_RUN);
export const CalibrateModelResult = resultOf('CalibrateModelResult', 'The calibration that is now in force, or why there is none.', CalibrationType, CALIBRATE_MODEL);
export const RetireCalibrationResult = resultOf('RetireCalibrationResult', 'The calibration that is no longer in force, or why it still is.', CalibrationType, RETIRE_CALIBRATION);
