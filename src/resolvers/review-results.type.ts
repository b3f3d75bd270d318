import { BadInputProblem, ConflictProblem, ForbiddenProblem, NotFoundProblem, type ProblemClass } from './problem.type.js';
import { resultOf } from './results.type.js';
import { ReviewItemType, ReviewPolicyType } from './review.type.js';

/** The problems that everything about reviews answers with. */
export const REVIEW: readonly ProblemClass[] = [BadInputProblem, NotFoundProblem, ConflictProblem, ForbiddenProblem];

export const EnqueueReviewResult = resultOf('EnqueueReviewResult', 'The item in the queue, or why there is none.', ReviewItemType, REVIEW);
export const ClaimReviewResult = resultOf('ClaimReviewResult', 'The item, which is yours for a while, or why it is not.', ReviewItemType, REVIEW);
export const ReleaseReviewResult = resultOf('ReleaseReviewResult', 'The item, which others may claim again, or why not.', ReviewItemType, REVIEW);
export const AssignReviewResult = resultOf('AssignReviewResult', 'The item with those who may claim it, or why it is not assigned.', ReviewItemType, REVIEW);
export const ResolveReviewResult = resultOf('ResolveReviewResult', 'The item with your answer, or why it was not taken.', ReviewItemType, REVIEW);
export const SkipReviewResult = resultOf('SkipReviewResult', 'The item, which is left to others, or why it is not.', ReviewItemType, REVIEW);
export const DismissReviewResult = resultOf('DismissReviewResult', 'The item, which nobody is asked about any more, or why it stays.', ReviewItemType, REVIEW);
export const UndoReviewResult = resultOf('UndoReviewResult', 'The item as it is now, or why nothing was taken back.', ReviewItemType, REVIEW);
export const SetReviewPolicyResult = resultOf('SetReviewPolicyResult', 'The policy as it is now, or why it was not changed.', ReviewPolicyType, REVIEW);
