import { setTimeout as rest } from 'node:timers/promises';

/** Of the time that the work took. */
const REST_SHARE = 3;
/** Longest rest: a transaction that took long was not long because of us alone. */
const MAX_REST_MS = 250;

/**
 * One of many transactions that nobody waits for, and then a rest of three times its time. The embedded database serves one
 * transaction at a time: without a rest nearly every request finds it taken, with it one of four. What has no
 * transactions between its rests (writing and reading archives) does not need it.
 */
export async function unhurried<T>(work: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  const result = await work();
  await rest(Math.min(MAX_REST_MS, REST_SHARE * (performance.now() - startedMs)));
  return result;
}
