import { randomBytes } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import { isUndertoneError, UndertoneError } from '../domain/errors.js';

/**
 * The failure as a caller may see it. An unexpected one becomes INTERNAL with a reference that is also in the log. There
 * it stands with its kind and stack frames; its message only at level debug, for messages of libraries quote file names
 * and values.
 */
export function exposable(error: unknown, log: FastifyBaseLogger): UndertoneError {
  if (isUndertoneError(error)) return error;
  const reference = randomBytes(6).toString('hex');
  log.error({ reference, kind: error instanceof Error ? error.name : typeof error, code: codeOf(error), frames: framesOf(error) }, 'unexpected failure');
  log.debug({ reference, message: error instanceof Error ? error.message : String(error) }, 'message of the unexpected failure');
  return new UndertoneError('INTERNAL', `Something went wrong inside Undertone. Reference: ${reference} (it is in the log).`, { reference });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function framesOf(error: unknown): string[] {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  return lines.filter((line) => /^\s+at /.test(line)).slice(0, 12).map((line) => line.trim());
}

/** The body of an error on plain HTTP routes: the code, the message and its numbers. */
export function errorBody(error: UndertoneError): object {
  return { error: { code: error.code, message: error.message, retryable: error.retryable, ...error.details } };
}

/** The same as a GraphQL error. */
export function graphqlErrorBody(error: UndertoneError): { message: string; extensions: Record<string, unknown> } {
  return { message: error.message, extensions: { ...error.details, code: error.code, retryable: error.retryable } };
}
