import { UndertoneError } from '../../domain/errors.js';
import type { SlotLife } from './host-slot.js';

/** What a pool tells a caller whose request it cannot answer. `name` is such as `Model "starter"`. */

export function stopping(): UndertoneError {
  return new UndertoneError('SHUTTING_DOWN', 'The server is stopping. Retry in a moment.');
}

export function loadFailed(name: string, reason: string, retryAfterMs: number): UndertoneError {
  return new UndertoneError('MODEL_LOAD_FAILED', `${name} could not be loaded: ${reason}`, { retryAfterMs });
}

/** While a failed load waits for its next try, callers are told at once; after it, the next caller starts the try. */
export function loadRefusal(name: string, lives: readonly SlotLife[]): UndertoneError | null {
  const failed = lives.flatMap((life) => (life.kind === 'failed' && life.cause === 'load' && life.retryAtMs > Date.now() ? life : []));
  const [first] = failed;
  if (first === undefined || failed.length < lives.length) return null;
  return loadFailed(name, first.message, Math.min(...failed.map((life) => life.retryAtMs)) - Date.now());
}

export function overloaded(name: string, queueLength: number, retryAfterMs: number): UndertoneError {
  const message = `${queueLength} requests wait for ${name} and the queue is full. Retry after ${retryAfterMs} ms.`;
  return new UndertoneError('INFERENCE_OVERLOADED', message, { retryAfterMs, queueLength });
}

export function gaveUp(name: string, failureCount: number, cause: unknown): UndertoneError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new UndertoneError('INFERENCE_CRASHED', `${name} failed on this clip ${failureCount} times. ${reason}`, {}, { cause });
}
