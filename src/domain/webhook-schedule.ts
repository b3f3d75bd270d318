/**
 * Waits before the second try and each further one, in seconds: twelve tries over a day. The first ones find a receiver
 * that restarted, the last ones one that was mended the next morning.
 */
export const RETRY_DELAYS_SECONDS: readonly number[] = [10, 30, 120, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 28_800];
/** No receiver may put a delivery off for longer. */
const MAX_RETRY_AFTER_SECONDS = 24 * 3600;
/** Each wait is up to this share longer or shorter, so that what failed together does not come back together. */
const JITTER = 0.2;

/** When a webhook is paused although no receiver asked for it: failures in a row, and for at least how long. */
export const PAUSE_AFTER = { failures: 50, failingMs: 60 * 60 * 1000 } as const;

/** Seconds to wait after `tryCount` tries; null when they are used up. A receiver's `Retry-After` makes it longer, never shorter. */
export function waitAfter(tryCount: number, retryAfterSeconds: number | null, random: () => number = Math.random, delays: readonly number[] = RETRY_DELAYS_SECONDS): number | null {
  const delay = delays[tryCount - 1];
  if (delay === undefined) return null;
  const jittered = delay * (1 - JITTER + 2 * JITTER * random());
  return Math.max(jittered, Math.min(retryAfterSeconds ?? 0, MAX_RETRY_AFTER_SECONDS));
}

/** `Retry-After` in seconds, from a number or a date; null where it is neither or past. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | null {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  // Only the form that HTTP dates begin with: Date.parse alone takes almost anything for a date.
  const at = /^[A-Z][a-z]{2,8},/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) || at <= nowMs ? null : Math.ceil((at - nowMs) / 1000);
}
