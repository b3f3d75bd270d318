import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Priority } from '../domain/priority.js';
import type { SpeechProbability, VadState } from './emotion-inference.js';
import { hostEntryFile } from './host-entry.js';
import type { SpeechAnswer, SpeechItem } from './host-protocol.js';
import { hostEnvironment } from './inference-options.js';
import { HostPool } from './pool/host-pool.js';

export interface SpeechProbabilityOptions {
  /** Idle longer than this and the process ends; Infinity keeps it. */
  readonly idleUnloadMs?: number;
  /** Longest wait for one piece, queue and start of the process included. */
  readonly deadlineMs?: number;
  readonly hostEnvironment?: Readonly<Record<string, string>>;
}

export interface ResidentSpeechProbability extends SpeechProbability {
  /** Ends the process; pieces under way get SHUTTING_DOWN. */
  stop(): Promise<void>;
}

/** Silero VAD v6 in a 1-thread process of its own, started by the first piece. */
export function createSpeechProbability(options: SpeechProbabilityOptions = {}): ResidentSpeechProbability {
  return new PooledSpeechProbability(options);
}

class PooledSpeechProbability implements ResidentSpeechProbability {
  readonly #pool: HostPool<SpeechItem, SpeechAnswer>;
  readonly #deadlineMs: number;

  constructor(options: SpeechProbabilityOptions) {
    this.#deadlineMs = options.deadlineMs ?? 60_000;
    const settings = {
      name: 'The speech detector',
      hostCount: 1,
      launch: { entry: hostEntryFile(), environment: hostEnvironment(options.hostEnvironment) },
      provider: 'cpu' as const,
      load: () => ({
        kind: 'speech' as const,
        file: sileroFile(),
        session: { provider: 'cpu' as const, threadCount: 1, graphOptimization: 'all' as const, disablePrepacking: false },
        // It does little, and everything waits for it.
        niceness: 0,
      }),
      loadInteractive: null,
      beforeLoad: () => Promise.resolve(),
      loadTimeoutMs: 30_000,
      idleMs: options.idleUnloadMs ?? 15 * 60_000,
      backOffFirstMs: 200,
      backOffMaxMs: 30_000,
      // Each recording asks for its pieces one after another, so the queue is as long as there are recordings at work.
      queue: { maxItems: 256, maxSamples: 16_000 * 3600, bulkAgeingMs: Infinity, bulkTurn: 1, bulkShare: 1 },
      batch: () => ({ maxItems: 1, maxSamples: Infinity, maxPadding: 0 }),
    };
    this.#pool = new HostPool(settings, () => undefined);
  }

  async probabilities(samples: Float32Array, state: VadState | null, signal?: AbortSignal, priority: Priority = 'bulk'): Promise<SpeechAnswer> {
    return await this.#pool.submit({ samples, state }, samples.length, { priority, deadlineMs: this.#deadlineMs, signal });
  }

  stop(): Promise<void> {
    return this.#pool.stop();
  }
}

function sileroFile(): string {
  const packageFile = createRequire(import.meta.url).resolve('@ricky0123/vad-web');
  return join(dirname(packageFile), 'silero_vad_v6.onnx');
}
