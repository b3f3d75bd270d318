import { AsyncResource } from 'node:async_hooks';
import { UndertoneError } from '../../domain/errors.js';
import type { Priority } from '../../domain/priority.js';
import type { QueuedRequest } from './request-queue.js';
import type { SubmitOptions } from './pool-settings.js';

/** setTimeout takes 32 bits; a longer deadline is as good as none. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** One caller's request from its arrival to its one settlement: an answer, a failure, its deadline or its abort signal. */
export class PoolRequest<Item, Answer> implements QueuedRequest {
  readonly promise: Promise<Answer>;
  readonly priority: Priority;
  readonly enqueuedAtMs = Date.now();
  /** Past it nobody waits for the answer. */
  readonly deadlineAtMs: number;
  alone = false;
  /** Hosts that ended, or runs that threw, with this request inside. */
  failureCount = 0;
  #resolve!: (answer: Answer) => void;
  #reject!: (error: unknown) => void;
  #settled = false;
  readonly #timer: NodeJS.Timeout;
  readonly #signal: AbortSignal | undefined;
  readonly onRun: SubmitOptions['onRun'];
  readonly #onAbort: () => void;

  constructor(
    readonly sequence: number,
    readonly item: Item,
    readonly sampleCount: number,
    options: SubmitOptions,
    /** Called once, when the caller has its answer or gave up: the pool lets go of the request. */
    private readonly onSettled: (request: PoolRequest<Item, Answer>, how: 'answered' | 'deadline' | 'aborted') => void,
  ) {
    this.priority = options.priority;
    // Bound to where the request came from: the answer arrives on the channel of a host, in nobody's context.
    this.onRun = options.onRun === undefined ? undefined : AsyncResource.bind(options.onRun);
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const waitMs = Math.min(Math.max(0, options.deadlineMs), LONGEST_TIMER_MS);
    this.deadlineAtMs = this.enqueuedAtMs + waitMs;
    this.#timer = setTimeout(() => this.#passDeadline(options.deadlineMs), waitMs);
    this.#signal = options.signal;
    this.#onAbort = () => this.#settle('aborted', () => this.#reject(this.#signal?.reason));
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get settled(): boolean {
    return this.#settled;
  }

  succeed(answer: Answer): void {
    this.#settle('answered', () => this.#resolve(answer));
  }

  fail(error: UndertoneError): void {
    this.#settle('answered', () => this.#reject(error));
  }

  #passDeadline(deadlineMs: number): void {
    const message = `The model did not answer within ${deadlineMs} ms, waiting included. Allow more time, or send less at once.`;
    this.#settle('deadline', () => this.#reject(new UndertoneError('INFERENCE_TIMEOUT', message, { deadlineMs })));
  }

  #settle(how: 'answered' | 'deadline' | 'aborted', finish: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    finish();
    this.onSettled(this, how);
  }
}
