import type { HostAnswers, HostLoad, HostReady } from '../host-protocol.js';
import type { HostLaunch } from './host-process.js';
import { HostEnded, HostProcess } from './host-process.js';

/** The place of one host process, and where it stands. Only what a state needs exists in it. */
export type SlotLife =
  | { readonly kind: 'unloaded'; readonly reason: 'never-loaded' | 'idle' | 'requested' }
  | { readonly kind: 'loading'; readonly sinceMs: number; readonly process: HostProcess }
  | { readonly kind: 'ready'; readonly loadMs: number; readonly process: HostProcess; readonly ready: HostReady }
  | { readonly kind: 'busy'; readonly loadMs: number; readonly process: HostProcess; readonly ready: HostReady; readonly runningCount: number }
  | { readonly kind: 'draining'; readonly process: HostProcess; readonly reason: 'idle' | 'requested' }
  | { readonly kind: 'failed'; readonly cause: 'load' | 'crash'; readonly message: string; readonly retryAtMs: number };

export interface SlotSettings {
  readonly launch: HostLaunch;
  readonly load: () => HostLoad;
  /** Runs before the process starts (the digest check); a throw is a failed load. */
  readonly beforeLoad: () => Promise<void>;
  readonly loadTimeoutMs: number;
  /** Idle longer than this and the process ends; Infinity: never. */
  readonly idleMs: number;
  readonly backOffFirstMs: number;
  readonly backOffMaxMs: number;
}

export interface SlotListener {
  /** Called after every change of life, synchronously. */
  changed(): void;
  /** `crashed`: the process ended during the load; otherwise it said why it cannot. True: start again at once. */
  loadFailed(message: string, crashed: boolean, failureCount: number): boolean;
}

/** A deadline passed: the process goes, but it did nothing wrong by itself, so it comes back without delay. */
const KILLED_FOR_DEADLINE = 'The model host was restarted because a request had passed its deadline.';

export class HostSlot {
  #life: SlotLife = { kind: 'unloaded', reason: 'never-loaded' };
  #timer: NodeJS.Timeout | null = null;
  #starting: Promise<void> | null = null;
  #failureCount = 0;
  #stopped = false;
  memoryBytes: number | null = null;

  constructor(
    private readonly settings: SlotSettings,
    private readonly listener: SlotListener,
  ) {}

  get life(): SlotLife {
    return this.#life;
  }

  /** Starts the process unless it is there or on its way. Resolves when it is ready or has failed; `life` tells which. */
  start(): Promise<void> {
    if (this.#life.kind === 'draining') return this.#life.process.kill('The model host was unloaded.').then(() => this.start());
    if (this.#stopped || (this.#life.kind !== 'unloaded' && this.#life.kind !== 'failed')) return this.#starting ?? Promise.resolve();
    this.#starting ??= this.#start().finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  /** One batch on a ready host. Rejects with HostRefused or HostEnded. */
  async run(items: readonly unknown[]): Promise<HostAnswers> {
    if (this.#life.kind !== 'ready') throw new HostEnded('The model host is not ready.');
    const { process, loadMs, ready } = this.#life;
    this.#become({ kind: 'busy', loadMs, process, ready, runningCount: items.length });
    try {
      const answers = await process.run(items);
      this.memoryBytes = answers.memoryBytes;
      this.#failureCount = 0;
      return answers;
    } finally {
      if (this.#holds(process, 'busy')) this.#becomeReady(process, loadMs, ready);
    }
  }

  /** Ends the process in mid-run, to free the slot from a request past its deadline. */
  async restart(): Promise<void> {
    if (this.#life.kind === 'busy') await this.#life.process.kill(KILLED_FOR_DEADLINE);
  }

  /** Ends an idle process, or gives up waiting for the next try after a failure. Busy and loading hosts are left alone. */
  async end(reason: 'idle' | 'requested'): Promise<void> {
    if (this.#life.kind === 'failed') this.#become({ kind: 'unloaded', reason });
    if (this.#life.kind !== 'ready') return;
    const { process } = this.#life;
    this.#become({ kind: 'draining', process, reason });
    await process.kill('The model host was unloaded.');
  }

  /** Ends whatever there is, at once and for good. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#clearTimer();
    if ('process' in this.#life) await this.#life.process.kill('The server is stopping.');
    await this.#starting;
  }

  async #start(): Promise<void> {
    const sinceMs = Date.now();
    let process: HostProcess | null = null;
    let timeout: NodeJS.Timeout | undefined;
    try {
      const fresh = new HostProcess(this.settings.launch, (reason) => this.#onExit(fresh, reason));
      process = fresh;
      this.#become({ kind: 'loading', sinceMs, process: fresh });
      const { loadTimeoutMs } = this.settings;
      timeout = setTimeout(() => void fresh.kill(`The model did not load within ${loadTimeoutMs} ms.`), loadTimeoutMs);
      await this.settings.beforeLoad();
      const ready = await fresh.load(this.settings.load());
      this.memoryBytes = ready.memoryBytes;
      this.#becomeReady(fresh, Date.now() - sinceMs, ready);
    } catch (error) {
      this.#failureCount += 1;
      const message = error instanceof Error ? error.message : String(error);
      await process?.kill(message);
      if (this.#stopped) {
        this.#become({ kind: 'unloaded', reason: 'requested' });
        return;
      }
      this.#fail('load', message);
      // No process at all (no more memory or process ids) is as passing as one that died.
      const crashed = error instanceof HostEnded || process === null;
      if (this.listener.loadFailed(message, crashed, this.#failureCount)) await this.#start();
    } finally {
      clearTimeout(timeout);
    }
  }

  #onExit(process: HostProcess, reason: string): void {
    this.memoryBytes = null;
    if (!('process' in this.#life) || this.#life.process !== process || this.#life.kind === 'loading') return;
    if (this.#stopped) this.#become({ kind: 'unloaded', reason: 'requested' });
    else if (this.#life.kind === 'draining') this.#become({ kind: 'unloaded', reason: this.#life.reason });
    else if (reason === KILLED_FOR_DEADLINE) {
      this.#life = { kind: 'unloaded', reason: 'requested' };
      void this.start();
    } else {
      this.#failureCount += 1;
      const delayMs = this.#fail('crash', reason);
      // Requests that wait for it hold their own timers; an idle server is not kept alive by this one.
      this.#timer = setTimeout(() => void this.start(), delayMs).unref();
    }
  }

  #fail(cause: 'load' | 'crash', message: string): number {
    const delayMs = Math.min(this.settings.backOffMaxMs, this.settings.backOffFirstMs * 2 ** (this.#failureCount - 1));
    this.#become({ kind: 'failed', cause, message, retryAtMs: Date.now() + delayMs });
    return delayMs;
  }

  #becomeReady(process: HostProcess, loadMs: number, ready: HostReady): void {
    this.#become({ kind: 'ready', loadMs, process, ready });
    if (this.#life.kind === 'ready' && Number.isFinite(this.settings.idleMs)) {
      this.#timer = setTimeout(() => void this.end('idle'), this.settings.idleMs).unref();
    }
  }

  #become(life: SlotLife): void {
    this.#clearTimer();
    this.#life = life;
    this.listener.changed();
  }

  #holds(process: HostProcess, kind: SlotLife['kind']): boolean {
    return this.#life.kind === kind && 'process' in this.#life && this.#life.process === process;
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
