import type { Priority } from '../domain/priority.js';
import type { JobName } from './job-queue.js';

/** Where jobs go whose tries are used up. Nobody works on it: it is a list to be looked at. */
export const DEAD_LETTERS = 'dead-letters';

export const JOB_NAMES = ['analyze-recording', 'deliver-fact', 'run-evaluation', 'deliver-webhook', 'send-notice'] as const satisfies readonly JobName[];

/** Tries of a handler that throws. */
export const MAX_TRIES = 3;
/**
 * Deliveries in all, counting those that ended with their process and say nothing about the job. Bounds a job that
 * takes its process down each time.
 */
export const MAX_DELIVERIES = 10;

/** Higher comes first. */
export const PRIORITY_RANK: Readonly<Record<Priority, number>> = { interactive: 10, bulk: 0 };

/** A worker that has not been heard of for this long is taken for dead. pg-boss allows no less. */
export const HEARTBEAT_SECONDS = 10;
export const TOUCH_INTERVAL_MS = 3_000;

export const RETRY_DELAY_SECONDS = 2;
const MAX_RETRY_DELAY_SECONDS = 60;

/** Doubling waits with some chance in them, so that what failed together does not come back together. */
export function backOff(retryDelay: number): { readonly retryDelay: number; readonly retryBackoff: boolean; readonly retryDelayMax: number | null } {
  return retryDelay > 0 ? { retryDelay, retryBackoff: true, retryDelayMax: MAX_RETRY_DELAY_SECONDS } : { retryDelay: 0, retryBackoff: false, retryDelayMax: null };
}

/** Bulk work that has been due for this long gets every AGED_TURN-th claim, whatever interactive work there is. */
export const AGED_AFTER_SECONDS = 30;
export const AGED_TURN = 8;

export const DEAD_LETTER_OPTIONS = { retentionSeconds: 365 * 24 * 60 * 60 } as const;

export const QUEUE_OPTIONS = {
  deadLetter: DEAD_LETTERS,
  retryLimit: MAX_DELIVERIES - 1,
  heartbeatSeconds: HEARTBEAT_SECONDS,
  // The heartbeat finds dead workers; this only ends a job whose living worker never comes back from it.
  expireInSeconds: 12 * 60 * 60,
  retentionSeconds: 14 * 24 * 60 * 60,
  deleteAfterSeconds: 24 * 60 * 60,
} as const;
