import type { Transaction } from '../db/database.js';
import type { Fact } from '../domain/events.js';
import type { NoticeSubject } from '../domain/notice.js';
import type { Priority } from '../domain/priority.js';

/** Whose request a job comes from, so that its log lines and spans can be put beside it. Ids alone. */
export interface JobOrigin {
  readonly requestId?: string;
  /** W3C trace context. */
  readonly traceparent?: string;
}

/** Every kind of job and its payload. Payloads hold ids, never data: the handler reads the truth when it runs. */
export interface JobPayloads {
  'analyze-recording': { readonly analysisId: string; readonly origin?: JobOrigin };
  'run-evaluation': { readonly evaluationRunId: string };
  /** One delivery of a fact to one durable listener. */
  'deliver-fact': { readonly listener: string; readonly fact: Fact };
  /** One try of one delivery; out of date unless round and tries are still those of the delivery. */
  'deliver-webhook': { readonly deliveryId: string; readonly round: number; readonly tryCount: number; readonly turn: number };
  /** One notice to one notifier. */
  'send-notice': { readonly notifier: string; readonly about: NoticeSubject; readonly tryCount: number };
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
  /** Whose job it is, as it was given at `enqueue`; null: the platform's own. */
  readonly workspaceId: string | null;
}

/** Delivery is at least once, so every handler is idempotent. A throw is a retry with back-off, until the last. */
export type JobHandler<N extends JobName> = (payload: JobPayloads[N], context: JobContext) => Promise<void>;

export interface EnqueueOptions {
  readonly priority: Priority;
  /** One job a key waits or runs. */
  readonly key: string;
  /** Workspaces take turns. Left out: a job of the platform itself. */
  readonly workspaceId?: string;
  /** Only workers that hold this (a model's id) take the job. */
  readonly needs?: string;
  /** Not before so many seconds have passed. */
  readonly startAfterSeconds?: number;
}

export interface WorkOptions {
  readonly concurrency: number;
  /** Slots beside those (none by default) that only interactive jobs get. */
  readonly interactiveSlots?: number;
  /** What this worker holds, asked before each claim; null or left out: it takes every job. */
  readonly holds?: () => readonly string[] | null;
}

/** A job whose tries are used up. It waits to be looked at: retried or discarded, never by itself. */
export interface DeadLetter {
  readonly id: string;
  readonly workspaceId: string | null;
  /** Its name: of this version's jobs or an earlier one's. */
  readonly job: string;
  /** The key that it was enqueued under: the id of what it was about. */
  readonly key: string;
  /** Of the last failure; JOB_LOST when its process ended each time and nothing was written. */
  readonly code: string;
  readonly message: string;
  /** Deliveries in all. */
  readonly attemptCount: number;
  readonly enqueuedAt: Date;
  readonly failedAt: Date;
}

export interface JobQueue {
  /** Creates the job in the caller's transaction: either both the row and the job are there, or neither. */
  enqueue<N extends JobName>(tx: Transaction, name: N, payload: JobPayloads[N], options: EnqueueOptions): Promise<void>;
  /** Several of one name in one statement. */
  enqueueAll<N extends JobName>(tx: Transaction, name: N, jobs: readonly (EnqueueOptions & { readonly payload: JobPayloads[N] })[]): Promise<void>;
  /** To be called after the transaction of `enqueue` has committed: wakes workers at once (here and, where nodes hear each other, there) instead of at their next poll. */
  wake(name: JobName): void;
  /** The same for the worker of this process alone: another node has called `wake`. */
  wakeHere(name: JobName): void;
  /** Interactive before bulk, workspaces in turn, the oldest first. Bulk work that has waited long gets a turn now and then. */
  work<N extends JobName>(name: N, options: WorkOptions, handler: JobHandler<N>): Promise<void>;
  /** Waiting jobs by name, for metrics and back-pressure; of one workspace when it is given. */
  depth(name: JobName, workspaceId?: string): Promise<number>;
  /** How long the oldest job that could be taken has waited; 0 when none is there. */
  oldestAgeSeconds(name: JobName): Promise<number>;
  /** Whether a job of this key waits, waits for a retry, or runs. */
  has(name: JobName, key: string): Promise<boolean>;
  /** Of these keys the ones for which no job waits or runs. */
  without(name: JobName, keys: readonly string[]): Promise<readonly string[]>;
  /** Dead letters of a workspace, the newest first. */
  deadLetters(workspaceId: string, page: { readonly first: number; readonly before: { readonly failedAt: Date; readonly id: string } | null }): Promise<{ readonly items: readonly DeadLetter[]; readonly totalCount: number }>;
  /** How many dead letters there are of each job that has any, of all workspaces. */
  deadLetterCounts(): Promise<ReadonlyMap<string, number>>;
  /** Takes a dead letter out; null when there is none of this id in the workspace. With `again` the same job waits once more, its tries anew. */
  takeDeadLetter(tx: Transaction, workspaceId: string, id: string, options: { readonly again: boolean }): Promise<DeadLetter | null>;
  start(): Promise<void>;
  /** Stops claiming, gives running handlers until the deadline (their signal is aborted after), hands the rest back. Jobs can still be enqueued. */
  stopWork(options: { readonly deadlineMs: number }): Promise<void>;
  /** `stopWork`, then the end. */
  stop(options: { readonly deadlineMs: number }): Promise<void>;
}
