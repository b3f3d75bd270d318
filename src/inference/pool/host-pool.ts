import type { UndertoneError } from '../../domain/errors.js';
import type { ModelState } from '../../domain/model.js';
import type { Priority } from '../../domain/priority.js';
import type { HostReady, SessionSettings } from '../host-protocol.js';
import { deliver, recover } from './batch-outcome.js';
import { HostEnded } from './host-process.js';
import type { SlotLife } from './host-slot.js';
import { HostSlot } from './host-slot.js';
import { loadFailed, loadRefusal, overloaded, stopping } from './pool-failures.js';
import { PoolRequest } from './pool-request.js';
import type { PoolProvider } from './pool-state.js';
import { poolMemoryBytes, poolProvider, poolState } from './pool-state.js';
import type { PoolSettings, SubmitOptions } from './pool-settings.js';
import type { BatchLimits } from './request-queue.js';
import { RequestQueue } from './request-queue.js';
import { RunRate } from './run-rate.js';

/** Load crashes in a row (out of memory, mostly) after which waiting callers are told instead of kept. */
const LOAD_CRASHES_TOLERATED = 1;

/**
 * One model: its hosts, its queue, and the promise that an accepted request is answered once, whatever happens to a host.
 *
 * On a CPU, where a run cannot be interrupted, interactive work has a host of its own: an interactive clip must not wait
 * for a bulk window of ten times its length. On an accelerator one host does everything, in batches.
 */
export class HostPool<Item, Answer> {
  readonly #bulk: readonly HostSlot[];
  /** The host that only interactive work gets; started by the first such request. */
  readonly #lane: HostSlot | null;
  readonly #slots: readonly HostSlot[];
  readonly #queue: RequestQueue<PoolRequest<Item, Answer>>;
  readonly #running = new Map<HostSlot, PoolRequest<Item, Answer>[]>();
  readonly #rate = new RunRate();
  #provider: SessionSettings['provider'];
  #providerFallback: string | null = null;
  #sequence = 0;
  #drain: { readonly upTo: number; readonly promise: Promise<void>; readonly finish: () => void } | null = null;
  /** Samples. Halved when a batch throws: the memory of a device may shrink after the trial at its load. */
  #batchCeiling = Infinity;
  #stopped = false;

  constructor(
    private readonly settings: PoolSettings,
    private readonly onChanged: () => void,
  ) {
    this.#provider = settings.provider;
    this.#queue = new RequestQueue(settings.queue);
    const listener = {
      changed: () => this.#pump(),
      loadFailed: (message: string, crashed: boolean, failureCount: number) => this.#onLoadFailed(message, crashed, failureCount),
    };
    const { load, loadInteractive } = settings;
    this.#bulk = Array.from({ length: settings.hostCount }, () => new HostSlot({ ...settings, load: () => load(this.#provider) }, listener));
    this.#lane = loadInteractive === null ? null : new HostSlot({ ...settings, load: () => loadInteractive(this.#provider) }, listener);
    this.#slots = this.#lane === null ? this.#bulk : [this.#lane, ...this.#bulk];
  }

  get state(): ModelState {
    return poolState(this.#slots.map((slot) => slot.life), this.#drain !== null);
  }

  get queueLength(): number {
    return this.#queue.length;
  }

  get memoryBytes(): number | null {
    return poolMemoryBytes(this.#slots);
  }

  get provider(): PoolProvider {
    const { provider, providerFallback } = poolProvider(this.#slots.map((slot) => slot.life));
    return { provider, providerFallback: this.#providerFallback ?? providerFallback };
  }

  submit(item: Item, sampleCount: number, options: SubmitOptions): Promise<Answer> {
    if (this.#stopped) return Promise.reject(stopping());
    if (options.signal?.aborted === true) return Promise.reject(options.signal.reason as Error);
    const refusal = loadRefusal(this.settings.name, this.#slots.map((slot) => slot.life)) ?? this.#overload(options, sampleCount);
    if (refusal !== null) return Promise.reject(refusal);
    const request = new PoolRequest<Item, Answer>(this.#sequence++, item, sampleCount, options, (settled, how) => this.#onSettled(settled, how));
    this.#queue.push(request);
    this.#pump();
    return request.promise;
  }

  /** Resolves when the interactive host is ready, or every host where there is none. Throws MODEL_LOAD_FAILED; tries at once, back-off or not. */
  async load(): Promise<void> {
    if (this.#stopped) throw stopping();
    await this.#drain?.promise;
    const wanted = this.#lane === null ? this.#bulk : [this.#lane];
    await Promise.all(wanted.map((slot) => slot.start()));
    for (const { life } of wanted) if (life.kind === 'failed') throw loadFailed(this.settings.name, life.message, this.settings.backOffFirstMs);
  }

  /** Answers what has been accepted so far, then ends the processes. What comes meanwhile waits for a fresh host. */
  async unload(): Promise<void> {
    if (this.#drain !== null) {
      await this.#drain.promise;
      return;
    }
    let finish!: () => void;
    const promise = new Promise<void>((resolve) => {
      finish = resolve;
    });
    this.#drain = { upTo: this.#sequence - 1, promise, finish };
    this.#pump();
    await promise;
  }

  /** Ends everything now; waiting and running requests get SHUTTING_DOWN. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const ended = this.#slots.map((slot) => slot.stop());
    for (const request of [...this.#queue.drain(), ...[...this.#running.values()].flat()]) request.fail(stopping());
    this.#drain?.finish();
    await Promise.all(ended);
  }

  /** The one place where work meets hosts: called after every change of either. */
  #pump(): void {
    if (this.#stopped) return;
    for (const slot of this.#slots) this.#feed(slot);
    if (this.#drain !== null) this.#finishDrain();
    if (this.#drain === null && this.#queue.length > 0) this.#startOne();
    // A host between two batches is ready for an instant; nobody needs to hear of that.
    if (!this.#slots.some((slot) => slot.life.kind === 'ready' && this.#running.has(slot))) this.onChanged();
  }

  #feed(slot: HostSlot): void {
    if (slot.life.kind !== 'ready' || this.#running.has(slot)) return;
    const batch = this.#queue.take(this.#batchLimits(slot.life.ready), Date.now(), this.#drain?.upTo, this.#lineOf(slot));
    if (batch !== null) void this.#run(slot, batch);
  }

  /** What a host may take: null is anything. */
  #lineOf(slot: HostSlot): Priority | null {
    if (this.#lane === null || this.#isAccelerated()) return null;
    if (slot === this.#lane) return 'interactive';
    // While the interactive host is on its way, or cannot be had, the others stand in for it.
    return isAlive(this.#lane.life) ? 'bulk' : null;
  }

  #isAccelerated(): boolean {
    return this.#slots.some(({ life }) => isAlive(life) && life.ready.provider !== 'cpu');
  }

  #batchLimits({ provider, batchLimit, batchSampleLimit }: HostReady): BatchLimits {
    const limits = this.settings.batch(provider);
    return { ...limits, maxItems: Math.min(limits.maxItems, batchLimit ?? Infinity), maxSamples: Math.min(limits.maxSamples, batchSampleLimit ?? Infinity, this.#batchCeiling) };
  }

  #startOne(): void {
    // A second host on one device would only share it.
    if (this.#isAccelerated()) return;
    const lane = this.#lane;
    const laneServes = lane !== null && (canStart(lane.life) || lane.life.kind === 'loading' || isAlive(lane.life));
    if (laneServes && this.#queue.has('interactive') && canStart(lane.life)) void lane.start();
    if (!this.#queue.has('bulk') && laneServes) return;
    const lives = this.#bulk.map((slot) => slot.life.kind);
    if (lives.includes('loading') || lives.includes('ready')) return;
    void this.#bulk.find(({ life }) => canStart(life))?.start();
  }

  #finishDrain(): void {
    const drain = this.#drain;
    if (drain === null || this.#queue.hasUpTo(drain.upTo) || this.#running.size > 0) {
      // A host is needed for what was accepted before: a crash in mid-drain must not lose it.
      if (drain !== null && this.#queue.hasUpTo(drain.upTo)) this.#startOne();
      return;
    }
    for (const slot of this.#slots) if (slot.life.kind === 'ready' || slot.life.kind === 'failed') void slot.end('requested');
    if (this.#drain !== drain || !this.#slots.every((slot) => slot.life.kind === 'unloaded')) return;
    this.#drain = null;
    drain.finish();
  }

  async #run(slot: HostSlot, batch: PoolRequest<Item, Answer>[]): Promise<void> {
    this.#running.set(slot, batch);
    const startedAtMs = Date.now();
    // An aborted request's own timer is gone, but its run goes on, and might for ever.
    const latestMs = Math.max(...batch.map((request) => request.deadlineAtMs)) - startedAtMs;
    const watchdog = setTimeout(() => void slot.restart(), Math.max(0, latestMs)).unref();
    try {
      const answers = await slot.run(batch.map((request) => request.item));
      this.#rate.add(Date.now() - startedAtMs, sumOf(batch));
      this.settings.onBatch?.(batch.length, (Date.now() - startedAtMs) / 1000);
      for (const { onRun } of batch) onRun?.({ pid: answers.pid, startedAtMs: answers.startedAtMs, endedAtMs: answers.endedAtMs, windowCount: batch.length });
      deliver(batch, answers);
    } catch (error) {
      if (!(error instanceof HostEnded) && batch.length > 1) this.#batchCeiling = (batch.length * Math.max(...batch.map((request) => request.sampleCount))) / 2;
      recover(batch, error, this.settings.name, (request) => this.#queue.putBack(request));
    } finally {
      clearTimeout(watchdog);
      this.#running.delete(slot);
      this.#pump();
    }
  }

  #onSettled(request: PoolRequest<Item, Answer>, how: 'answered' | 'deadline' | 'aborted'): void {
    if (how === 'answered') return;
    if (this.#queue.remove(request)) {
      this.#pump();
      return;
    }
    if (how === 'aborted') return;
    for (const [slot, batch] of this.#running) if (batch.includes(request)) void slot.restart();
  }

  #onLoadFailed(message: string, crashed: boolean, failureCount: number): boolean {
    if (crashed && this.#provider !== 'cpu') {
      this.#providerFallback = `${this.#provider}: ${message}`;
      this.#provider = 'cpu';
      return true;
    }
    const others = this.#slots.some(({ life }) => life.kind === 'ready' || life.kind === 'busy' || life.kind === 'loading');
    if (others) return false;
    if (crashed && failureCount <= LOAD_CRASHES_TOLERATED && this.#queue.length > 0) return true;
    for (const request of this.#queue.drain()) request.fail(loadFailed(this.settings.name, message, this.settings.backOffFirstMs));
    this.#pump();
    return false;
  }

  #overload({ priority }: SubmitOptions, sampleCount: number): UndertoneError | null {
    if (this.#queue.hasRoom(priority, sampleCount)) return null;
    const retryAfterMs = this.#rate.estimateMs(this.#queue.sampleCount, this.#slots.length);
    return overloaded(this.settings.name, this.#queue.length, retryAfterMs);
  }
}

function isAlive(life: SlotLife): life is Extract<SlotLife, { kind: 'ready' | 'busy' }> {
  return life.kind === 'ready' || life.kind === 'busy';
}

/** Also after a failed load, once its wait is over; after a crash the slot starts itself. */
function canStart(life: SlotLife): boolean {
  return life.kind === 'unloaded' || (life.kind === 'failed' && life.cause === 'load' && life.retryAtMs <= Date.now());
}

function sumOf(batch: readonly { readonly sampleCount: number }[]): number {
  return batch.reduce((sum, { sampleCount }) => sum + sampleCount, 0);
}
