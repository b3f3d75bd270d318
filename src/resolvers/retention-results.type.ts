import { Erasure, LegalHoldType, RestoredArchive, VerifiedArchiveType } from './archive.type.js';
import { BadInputProblem, ConflictProblem, ForbiddenProblem, NotFoundProblem, type ProblemClass } from './problem.type.js';
import { resultOf } from './results.type.js';
import { DeletedRetentionPolicy, RetentionConfirmation, RetentionPolicyType, RetentionReportType } from './retention.type.js';
import { ScheduledTaskType } from './task.type.js';

export const SET_POLICY: readonly ProblemClass[] = [BadInputProblem, NotFoundProblem, ConflictProblem, ForbiddenProblem];
export const DELETE_POLICY: readonly ProblemClass[] = [NotFoundProblem, ForbiddenProblem];
export const RUN_RETENTION: readonly ProblemClass[] = [ForbiddenProblem];
export const PLACE_HOLD: readonly ProblemClass[] = [BadInputProblem, NotFoundProblem, ForbiddenProblem];
export const RELEASE_HOLD: readonly ProblemClass[] = [BadInputProblem, NotFoundProblem, ConflictProblem, ForbiddenProblem];
export const READ_ARCHIVE: readonly ProblemClass[] = [NotFoundProblem, ConflictProblem, ForbiddenProblem];
export const ERASE_SUBJECT: readonly ProblemClass[] = [BadInputProblem, ForbiddenProblem];
export const RUN_TASK: readonly ProblemClass[] = [NotFoundProblem, ConflictProblem, ForbiddenProblem];

export const SetRetentionPolicyResult = resultOf('SetRetentionPolicyResult', 'The policy, or what it would delete and how to confirm it, or why it was not stored.', RetentionPolicyType, SET_POLICY, [RetentionConfirmation], (value) => ('confirmation' in value ? RetentionConfirmation : RetentionPolicyType));
export const DeleteRetentionPolicyResult = resultOf('DeleteRetentionPolicyResult', 'The policy that is gone, or why it is still there.', DeletedRetentionPolicy, DELETE_POLICY);
export const RunRetentionResult = resultOf('RunRetentionResult', 'What was or would be done, or why nothing was.', RetentionReportType, RUN_RETENTION);
export const PlaceLegalHoldResult = resultOf('PlaceLegalHoldResult', 'The hold, or why there is none.', LegalHoldType, PLACE_HOLD);
export const ReleaseLegalHoldResult = resultOf('ReleaseLegalHoldResult', 'The released hold, or why it still holds.', LegalHoldType, RELEASE_HOLD);
export const RestoreArchiveResult = resultOf('RestoreArchiveResult', 'What came back, or why nothing did.', RestoredArchive, READ_ARCHIVE);
export const VerifyArchiveResult = resultOf('VerifyArchiveResult', 'What reading the archive showed, or why it was not read.', VerifiedArchiveType, READ_ARCHIVE);
export const EraseSubjectResult = resultOf('EraseSubjectResult', 'The erasure, or why there is none.', Erasure, ERASE_SUBJECT);
export const RunTaskResult = resultOf('RunTaskResult', 'The task with this run as its last one, or why it did not run.', ScheduledTaskType, RUN_TASK);
