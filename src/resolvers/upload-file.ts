import { PassThrough, pipeline, type Readable } from 'node:stream';
import type { FileUpload } from 'graphql-upload-ts';
import { isUndertoneError, UndertoneError } from '../domain/errors.js';
import type { AnalysisRecord } from '../domain/records.js';
import type { AnalyzeOptions, UploadInput } from '../services/service-contracts.js';
import { problemOf } from './problem-of.js';
import type { Problem, ProblemClass } from './problem.type.js';
import type { RecordingRoot } from './recording.type.js';
import type { RequestContext } from './request-context.js';

/** Hands the file of a multipart request to the service. */
export async function uploadFile(context: RequestContext, file: FileUpload, input: UploadInput): Promise<RecordingRoot> {
  const stream = knownFailures(file.createReadStream(), context.settings.maxUploadBytes);
  const { recording, isNew } = await context.services.recordings.upload(context.principal, { stream, fileName: file.filename }, input, context.signal);
  return { ...recording, duplicate: !isNew };
}

/**
 * Upload, analyse and wait, for short clips. A failure of the audio or the model is returned as that problem; any other
 * failed analysis is returned as it is, with its `problem`.
 */
export async function analyzeFile(context: RequestContext, members: readonly ProblemClass[], file: FileUpload, input: UploadInput & AnalyzeOptions): Promise<AnalysisRecord | Problem> {
  const recording = await uploadFile(context, file, input);
  const { id } = await context.services.analyses.request(context.principal, recording.id, { ...input, priority: 'interactive' });
  const analysis = await context.services.analyses.wait(context.principal, id, context.settings.analyzeWaitMs, context.signal);
  if (analysis.status !== 'FAILED' || analysis.problem === null) return analysis;
  const problem = problemOf(analysis.problem.code, analysis.problem.message);
  return members.some((Member) => problem instanceof Member) ? problem : analysis;
}

/** The multipart parser fails with errors of its own; the services know only UndertoneError. */
function knownFailures(source: Readable, maxBytes: number): Readable {
  const passed = new PassThrough();
  pipeline(source, passed, () => undefined);
  source.prependOnceListener('error', (error) => passed.destroy(uploadFailure(error, maxBytes)));
  return passed;
}

function uploadFailure(error: Error & { status?: number }, maxBytes: number): Error {
  if (isUndertoneError(error)) return error;
  if (error.status === 413) return new UndertoneError('UPLOAD_TOO_LARGE', `The file is larger than the ${maxBytes} bytes that are allowed.`, { maxBytes });
  return new UndertoneError('UPLOAD_ABORTED', 'The upload ended before the whole file had come. Send it again.', {}, { cause: error });
}
