import { isUndertoneError, type ErrorCode, type ErrorDetails } from '../domain/errors.js';
import { ROLES, type Role } from '../domain/principal.js';
import {
  AudioProblem, BadInputProblem, ConflictProblem, ForbiddenProblem, GenericProblem, ModelProblem, NotFoundProblem, OverloadedProblem, UploadProblem, type Problem, type ProblemClass,
} from './problem.type.js';

/** The one mapping from error codes to problem types; a code without a row is a GenericProblem. */
const PROBLEM_OF_CODE: Partial<Record<ErrorCode, ProblemClass>> = {
  BAD_INPUT: BadInputProblem, PAGE_TOO_LARGE: BadInputProblem, BAD_CURSOR: BadInputProblem, EMBEDDINGS_INCOMPARABLE: BadInputProblem,
  FORBIDDEN: ForbiddenProblem,
  NOT_FOUND: NotFoundProblem, BLOB_MISSING: NotFoundProblem, ERASED: NotFoundProblem,
  CONFLICT: ConflictProblem, IDEMPOTENCY_KEY_REUSED: ConflictProblem, ANALYSIS_CANCELLED: ConflictProblem, LEGAL_HOLD: ConflictProblem, CONFIRMATION_NEEDED: ConflictProblem, ARCHIVE_INVALID: ConflictProblem,
  UPLOAD_TOO_LARGE: UploadProblem, UPLOAD_EMPTY: UploadProblem, UPLOAD_ABORTED: UploadProblem, UPLOAD_DIGEST_MISMATCH: UploadProblem, QUOTA_EXCEEDED: UploadProblem, STORAGE_FULL: UploadProblem, STORAGE_FAILED: UploadProblem,
  NOT_AUDIO: AudioProblem, NO_AUDIO_STREAM: AudioProblem, AUDIO_CORRUPT: AudioProblem, AUDIO_TOO_SHORT: AudioProblem, AUDIO_TOO_LONG: AudioProblem, AUDIO_LIMIT_EXCEEDED: AudioProblem, DECODE_INTERRUPTED: AudioProblem, FFMPEG_MISSING: AudioProblem,
  MODEL_UNKNOWN: ModelProblem, MODEL_INVALID: ModelProblem, MODEL_LOAD_FAILED: ModelProblem, LICENSE_NOT_ACCEPTED: ModelProblem, INFERENCE_CRASHED: ModelProblem, INFERENCE_TIMEOUT: ModelProblem,
  INFERENCE_OVERLOADED: OverloadedProblem, RATE_LIMITED: OverloadedProblem, SHUTTING_DOWN: OverloadedProblem,
};

/** The problem of a code and its numbers; details that a failure did not carry keep the type's defaults. */
export function problemOf(code: string, message: string, details: ErrorDetails = {}): Problem {
  const ProblemType = PROBLEM_OF_CODE[code as ErrorCode] ?? GenericProblem;
  const problem = new ProblemType(code, message);
  if (problem instanceof BadInputProblem) problem.field = text(details['field']);
  if (problem instanceof NotFoundProblem) problem.id = text(details['id']);
  if (problem instanceof ForbiddenProblem) {
    problem.neededRole = role(details['neededRole']) ?? problem.neededRole;
    problem.neededScope = text(details['neededScope']);
  }
  if (problem instanceof UploadProblem) {
    problem.maxBytes = number(details['maxBytes']);
    problem.receivedBytes = number(details['receivedBytes']);
  }
  if (problem instanceof ModelProblem && Array.isArray(details['installed'])) problem.installed = details['installed'];
  if (problem instanceof OverloadedProblem) {
    problem.retryAfterMs = number(details['retryAfterMs']) ?? problem.retryAfterMs;
    problem.limit = number(details['limit']);
    problem.remaining = number(details['remaining']);
    problem.resetMs = number(details['resetMs']);
  }
  return problem;
}

/**
 * The result, or the problem in its place where the field's union has that type. Anything else is thrown on and
 * converted at the edge: a union that does not list a failure must not hide it.
 */
export async function orProblem<T>(members: readonly ProblemClass[], work: () => Promise<T>): Promise<T | Problem> {
  try {
    return await work();
  } catch (error) {
    if (!isUndertoneError(error)) throw error;
    const problem = problemOf(error.code, error.message, error.details);
    if (members.some((Member) => problem instanceof Member)) return problem;
    throw error;
  }
}

function text(value: ErrorDetails[string] | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
function number(value: ErrorDetails[string] | undefined): number | null {
  return typeof value === 'number' ? value : null;
}
function role(value: ErrorDetails[string] | undefined): Role | null {
  return ROLES.find((known) => known === value) ?? null;
}
