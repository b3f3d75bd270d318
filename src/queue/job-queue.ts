import type { Transaction } from '../db/database.js';
import type { Fact } from '../domain/events.js';
import type { Priority } from '../domain/priority.js';

/** Every kind of job and its payload. Payloads hold ids, never data: the handler reads the truth when it runs. */
export interface JobPayloads {
  'analyze-recording': { readonly analysisId: string };
  /** One delivery of a fact to one durable listener. */
  'deliver-fact': { readonly listener: string; readonly fact: Fact };
}
export type JobName = keyof JobPayloads;

export interface JobContext {
  readonly signal: AbortSignal;
  /** 1 for the first try. */
  readonly attempt: number;
  /** True when no retry follows a failure of this try. */
  readonly isLastAttempt: boolean;
  /** As it was given at `enqueue`. */
  readonly priority: Priority;
}

/** Delivery is at least once, so every handler is idempotent. A throw is a retry with back-off, until the last. */
export type JobHandler<N extends JobName> = (payload: JobPayloads[N], context: JobContext) => Promise<void>;

export interface JobQueue {
  /** Creates the job in the caller's transaction: either both the row and the job are there, or neither. */
  enqueue<N extends JobName>(tx: Transaction, name: N, payload: JobPayloads[N], options: { readonly priority: Priority; readonly key: string }): Promise<void>;
  /** To be called after the transaction of `enqueue` has committed: wakes the worker at once instead of at its next poll. */
  wake(name: JobName): void;
  work<N extends JobName>(name: N, options: { readonly concurrency: number }, handler: JobHandler<N>): Promise<void>;
  /** Waiting jobs by name, for metrics and back-pressure. */
  depth(name: JobName): Promise<number>;
  /** Whether a job of this key waits, waits for a retry, or runs. */
  has(name: JobName, key: string): Promise<boolean>;
  start(): Promise<void>;
  /** Stops claiming, gives running handlers until the deadline (their signal is aborted after), hands the rest back. */
  stop(options: { readonly deadlineMs: number }): Promise<void>;
}
