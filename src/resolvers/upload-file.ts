import { PassThrough, type Readable } from 'node:stream';
import { isUndertoneError, UndertoneError } from '../domain/errors.js';
import type { AnalysisRecord } from '../domain/records.js';
import type { AnalyzeOptions, UploadInput } from '../services/service-contracts.js';
import { problemOf } from './problem-of.js';
import type { Problem, ProblemClass } from './problem.type.js';
import type { RecordingRoot } from './recording.type.js';
import type { RequestContext } from './request-context.js';
import type { IncomingFile } from './scalars.js';

/** Hands the file of a multipart request to the service. */
export async function uploadFile(context: RequestContext, file: IncomingFile, input: UploadInput, analyzedNext = false): Promise<RecordingRoot> {
  if (file instanceof Error) throw uploadFailure(file, context.settings.maxUploadBytes);
  const stream = openFile(file, context.settings.maxUploadBytes);
  try {
    const { recording, isNew } = await context.services.recordings.upload(context.principal, { stream, fileName: file.filename, analyzedNext }, input, context.signal);
    return { ...recording, duplicate: !isNew };
  } finally {
    // Refused before it was read to its end: the parser keeps its temporary file until every reader is gone.
    stream.destroy();
  }
}

/**
 * Upload, analyse and wait, for short clips. A failure of the audio or the model is returned as that problem; any other
 * failed analysis is returned as it is, with its `problem`.
 */
export async function analyzeFile(context: RequestContext, members: readonly ProblemClass[], file: IncomingFile, input: UploadInput & AnalyzeOptions): Promise<AnalysisRecord | Problem> {
  const recording = await uploadFile(context, file, input, true);
  const { id } = await context.services.analyses.request(context.principal, recording.id, input);
  const analysis = await context.services.analyses.wait(context.principal, id, context.settings.analyzeWaitMs, context.signal);
  if (analysis.status !== 'FAILED' || analysis.problem === null) return analysis;
  const problem = problemOf(analysis.problem.code, analysis.problem.message);
  return members.some((Member) => problem instanceof Member) ? problem : analysis;
}

/** A file of a multipart request as text. UPLOAD_TOO_LARGE, UPLOAD_ABORTED; BAD_INPUT where it is not UTF-8. */
export async function readTextFile(file: IncomingFile, maxBytes: number): Promise<string> {
  if (file instanceof Error) throw uploadFailure(file, maxBytes);
  const stream = openFile(file, maxBytes);
  const pieces: Buffer[] = [];
  let byteLength = 0;
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      byteLength += piece.length;
      if (byteLength > maxBytes) throw new UndertoneError('UPLOAD_TOO_LARGE', `The file is larger than the ${maxBytes} bytes that are allowed for a text.`, { maxBytes, receivedBytes: byteLength });
      pieces.push(piece);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces));
  } catch (error) {
    if (error instanceof TypeError) throw new UndertoneError('BAD_INPUT', 'The file is not text in UTF-8. Save it as UTF-8 and send it again.', { field: 'file' }, { cause: error });
    throw error;
  } finally {
    stream.destroy();
  }
}

/** The multipart parser fails with errors of its own; the services know only UndertoneError. */
function openFile(file: Exclude<IncomingFile, Error>, maxBytes: number): Readable {
  const passed = new PassThrough();
  try {
    const source = file.createReadStream();
    source.once('error', (error) => passed.destroy(uploadFailure(error, maxBytes)));
    // A source that is destroyed without an error would otherwise leave the reader waiting for ever.
    source.once('close', () => {
      if (!source.readableEnded) passed.destroy(uploadFailure(new Error('closed before its end'), maxBytes));
    });
    passed.once('close', () => source.destroy());
    source.pipe(passed);
  } catch (error) {
    passed.destroy(uploadFailure(error, maxBytes));
  }
  return passed;
}

function uploadFailure(error: unknown, maxBytes: number): UndertoneError {
  if (isUndertoneError(error)) return error;
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  if (status === 413) return new UndertoneError('UPLOAD_TOO_LARGE', `The file is larger than the ${maxBytes} bytes that are allowed.`, { maxBytes });
  return new UndertoneError('UPLOAD_ABORTED', 'The upload ended before the whole file had come. Send it again.', {}, { cause: error });
}
