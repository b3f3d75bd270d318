import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Priority } from '../domain/priority.js';
import type { SoundClassifier, SoundProbabilities, SpeechProbability, VadState } from './emotion-inference.js';
import { findGate } from './gate-model.js';
import { hostEntryFile } from './host-entry.js';
import type { ListeningAnswer, ListeningItem, SpeechAnswer } from './host-protocol.js';
import { hostEnvironment } from './inference-options.js';
import { HostPool } from './pool/host-pool.js';

export interface ListeningHostOptions {
  /** Folders of models, the bundled one first; the gate is `gate/` in one of them. */
  readonly modelDirs: readonly string[];
  /** Idle longer than this and the process ends; Infinity keeps it. */
  readonly idleUnloadMs?: number;
  /** Longest wait for one piece, queue and start of the process included. */
  readonly deadlineMs?: number;
  readonly hostEnvironment?: Readonly<Record<string, string>>;
}

export interface ResidentListening extends SpeechProbability, SoundClassifier {
  /** Ends the process; pieces under way get SHUTTING_DOWN. */
  stop(): Promise<void>;
}

/** Silero VAD v6 and the sound classifier in one 1-thread process of their own, started by the first piece. */
export function createResidentListening(options: ListeningHostOptions): ResidentListening {
  return new PooledListening(options);
}

class PooledListening implements ResidentListening {
  readonly #pool: HostPool<ListeningItem, ListeningAnswer>;
  readonly #deadlineMs: number;

  constructor(options: ListeningHostOptions) {
    this.#deadlineMs = options.deadlineMs ?? 60_000;
    const settings = {
      name: 'The speech detector',
      hostCount: 1,
      launch: { entry: hostEntryFile(), environment: hostEnvironment(options.hostEnvironment) },
      provider: 'cpu' as const,
      load: () => ({
        kind: 'listening' as const,
        speechFile: sileroFile(),
        soundFile: findGate(options.modelDirs).file,
        session: { provider: 'cpu' as const, threadCount: 1, graphOptimization: 'all' as const, disablePrepacking: false },
        // It does little, and everything waits for it.
        niceness: 0,
      }),
      loadInteractive: null,
      beforeLoad: () => findGate(options.modelDirs).verify(),
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
    return (await this.#submit({ task: 'speech', samples, state }, signal, priority)) as SpeechAnswer;
  }

  async classify(samples: Float32Array, signal?: AbortSignal, priority: Priority = 'bulk'): Promise<SoundProbabilities> {
    return (await this.#submit({ task: 'sound', samples }, signal, priority)) as SoundProbabilities;
  }

  #submit(item: ListeningItem, signal: AbortSignal | undefined, priority: Priority): Promise<ListeningAnswer> {
    return this.#pool.submit(item, item.samples.length, { priority, deadlineMs: this.#deadlineMs, signal });
  }

  stop(): Promise<void> {
    return this.#pool.stop();
  }
}

function sileroFile(): string {
  const packageFile = createRequire(import.meta.url).resolve('@ricky0123/vad-web');
  return join(dirname(packageFile), 'silero_vad_v6.onnx');
}
