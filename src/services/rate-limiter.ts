import { UndertoneError } from '../domain/errors.js';
import type { RateLimits } from '../domain/settings.js';
import type { NodeMessages } from './node-messages.js';
import { TokenBucket, type RateState } from '../domain/token-bucket.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Callers remembered at once; beyond it those with a full bucket are forgotten, which costs them nothing. */
const MAX_CALLERS = 20_000;

const KINDS = {
  requests: { perMs: MINUTE_MS, unit: 'requests a minute', setting: 'UNDERTONE_REQUESTS_PER_MINUTE' },
  queryCost: { perMs: MINUTE_MS, unit: 'resolved fields a minute', setting: 'UNDERTONE_QUERY_COST_PER_MINUTE' },
  uploadBytes: { perMs: HOUR_MS, unit: 'uploaded bytes an hour', setting: 'UNDERTONE_UPLOAD_BYTES_PER_HOUR' },
  failedKeys: { perMs: MINUTE_MS, unit: 'failed keys a minute', setting: 'UNDERTONE_FAILED_KEYS_PER_MINUTE' },
} as const;
export type RateKind = keyof typeof KINDS;

export interface Spent {
  readonly caller: string;
  readonly kind: RateKind;
  readonly amount: number;
}

/** How much each key (and, for failed keys, each address) may do. A limit of 0 is no limit. */
export interface RateLimiter {
  /** Throws RATE_LIMITED with `limit`, `remaining` and `retryAfterMs`; null where there is no limit. */
  take(caller: string, kind: RateKind, amount?: number): RateState | null;
  /** RATE_LIMITED where nothing is left; takes nothing. */
  assertLeft(caller: string, kind: RateKind): void;
  /** What is known only afterwards, or was used on another node. */
  spend(caller: string, kind: RateKind, amount: number): void;
  /** What was taken here since the last call, to be told to the other nodes. */
  drain(): readonly Spent[];
}

/** Messages hold so many callers at most, to fit the wire. */
const SHARED_AT_ONCE = 50;

/** Keeps the limits of several nodes together, about a second behind. Returns the function that stops it. */
export function shareRates(limiter: RateLimiter, messages: Pick<NodeMessages, 'send' | 'onMessage'>, everyMs = 1000): () => void {
  const stopListening = messages.onMessage((message) => {
    if (message.kind === 'rates') for (const [caller, kind, amount] of message.spent) limiter.spend(caller, kind, amount);
  });
  const timer = setInterval(() => {
    const spent = limiter.drain().map(({ caller, kind, amount }) => [caller, kind, amount] as const);
    for (let start = 0; start < spent.length; start += SHARED_AT_ONCE) messages.send({ kind: 'rates', spent: spent.slice(start, start + SHARED_AT_ONCE) });
  }, everyMs).unref();
  return () => {
    clearInterval(timer);
    stopListening();
  };
}

export function createRateLimiter(limits: RateLimits, now: () => number = Date.now): RateLimiter {
  const buckets = new Map<string, TokenBucket>();
  let spent = new Map<string, Spent>();

  function bucketOf(caller: string, kind: RateKind): TokenBucket | null {
    const limit = limits[kind];
    if (limit === 0) return null;
    const name = `${kind} ${caller}`;
    const known = buckets.get(name);
    if (known !== undefined) return known;
    if (buckets.size >= MAX_CALLERS) for (const [other, bucket] of buckets) if (bucket.isFull(now())) buckets.delete(other);
    const bucket = new TokenBucket(limit, KINDS[kind].perMs, now());
    buckets.set(name, bucket);
    return bucket;
  }

  function note(caller: string, kind: RateKind, amount: number): void {
    const name = `${kind} ${caller}`;
    spent.set(name, { caller, kind, amount: (spent.get(name)?.amount ?? 0) + amount });
  }

  return {
    take(caller, kind, amount = 1) {
      const state = bucketOf(caller, kind)?.take(amount, now()) ?? null;
      if (state === null) return null;
      if (state.isAllowed) {
        note(caller, kind, amount);
        return state;
      }
      throw usedUp(kind, state);
    },
    assertLeft(caller, kind) {
      const state = bucketOf(caller, kind)?.look(1, now());
      if (state?.isAllowed === false) throw usedUp(kind, state);
    },
    spend(caller, kind, amount) {
      bucketOf(caller, kind)?.spend(amount, now());
    },
    drain() {
      const all = [...spent.values()];
      spent = new Map();
      return all;
    },
  };
}

function usedUp(kind: RateKind, { limit, remaining, retryAfterMs, resetMs }: RateState): UndertoneError {
  const { unit, setting } = KINDS[kind];
  return new UndertoneError('RATE_LIMITED', `At most ${limit} ${unit} are allowed (${setting}), and they are used up. Retry in ${retryAfterMs} ms.`, { limit, remaining, retryAfterMs, resetMs });
}
