/** What a caller may still do. */
export interface RateState {
  readonly isAllowed: boolean;
  readonly limit: number;
  /** Whole units left; never below 0. */
  readonly remaining: number;
  /** Milliseconds until the asked amount is there (0 when allowed). */
  readonly retryAfterMs: number;
  /** Milliseconds until the bucket is full again. */
  readonly resetMs: number;
}

/** Lets `limit` units through at once and refills them evenly over `perMs`. Times are milliseconds of any one clock. */
export class TokenBucket {
  #level: number;
  #atMs: number;

  constructor(
    private readonly limit: number,
    private readonly perMs: number,
    nowMs: number,
  ) {
    this.#level = limit;
    this.#atMs = nowMs;
  }

  /** An amount above the limit is allowed from a full bucket, which then owes the rest: a single large file is no abuse. */
  take(amount: number, nowMs: number): RateState {
    const state = this.look(amount, nowMs);
    if (state.isAllowed) this.#level -= amount;
    return state.isAllowed ? this.#state(true, 0) : state;
  }

  /** What `take` would say, taking nothing. */
  look(amount: number, nowMs: number): RateState {
    this.#refill(nowMs);
    const needed = Math.min(amount, this.limit);
    const isAllowed = this.#level >= needed;
    return this.#state(isAllowed, isAllowed ? 0 : needed - this.#level);
  }

  /** What was used elsewhere or is known only afterwards; may leave the bucket in debt, though never more than one period of it. */
  spend(amount: number, nowMs: number): void {
    this.#refill(nowMs);
    this.#level = Math.max(-this.limit, this.#level - amount);
  }

  isFull(nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#level >= this.limit;
  }

  #refill(nowMs: number): void {
    const passedMs = Math.max(0, nowMs - this.#atMs);
    this.#level = Math.min(this.limit, this.#level + (passedMs / this.perMs) * this.limit);
    this.#atMs = nowMs;
  }

  #state(isAllowed: boolean, missing: number): RateState {
    const msPerUnit = this.perMs / this.limit;
    return { isAllowed, limit: this.limit, remaining: Math.max(0, Math.floor(this.#level)), retryAfterMs: Math.ceil(missing * msPerUnit), resetMs: Math.ceil((this.limit - this.#level) * msPerUnit) };
  }
}
