import { availableParallelism } from 'node:os';
import type { Provider } from '../domain/model.js';
import type { BatchLimits, QueueLimits } from './pool/request-queue.js';

/** How one model is run. */
export interface ModelRunOptions {
  /** `auto`: CUDA or WebGPU where the machine shows one and it computes what the CPU does, else the CPU. */
  readonly provider: Provider | 'auto';
  /** Processes that hold the model for bulk work. One 1-thread host a core gives most throughput (docs/decisions/0034). */
  readonly hostCount: number;
  /** onnxruntime threads of one of them. */
  readonly threadsPerHost: number;
  /** Threads of one more host, on a CPU, that only interactive work gets; 0: there is none. */
  readonly interactiveThreads: number;
  /** Idle longer than this and the process ends; Infinity keeps it. */
  readonly idleUnloadMs: number;
  readonly loadTimeoutMs: number;
  readonly cpuBatch: BatchLimits;
  readonly acceleratorBatch: BatchLimits;
  readonly queue: QueueLimits;
  /** Back-off after crashes: first · 2^n, at most max. */
  readonly backOffFirstMs: number;
  readonly backOffMaxMs: number;
  /** Models up to this size are checked against their digest at every load; larger ones by `verifyModel` alone. */
  readonly verifyUpToBytes: number;
}

export interface InferenceOptions {
  /** Folders of models, the bundled one first. */
  readonly modelDirs: readonly string[];
  /** Default: `starter` where it is installed, else the first. */
  readonly defaultModelId?: string | undefined;
  readonly run?: Partial<ModelRunOptions>;
  /** What differs for single models, by id. */
  readonly runByModel?: Readonly<Record<string, Partial<ModelRunOptions>>>;
  /** Added to the otherwise empty environment of the hosts (LD_LIBRARY_PATH, CUDA_VISIBLE_DEVICES, SystemRoot …). */
  readonly hostEnvironment?: Readonly<Record<string, string>>;
  /** Told of every run of a host, for metrics. */
  readonly onBatch?: (modelId: string, windowCount: number, seconds: number) => void;
  /** Told of fallbacks and failed hosts, for the log. */
  readonly onNotice?: (notice: string, details: Readonly<Record<string, string>>) => void;
}

const SECOND_SAMPLES = 16_000;

/** 20 minutes of sound are 77 MB in the memory of the process that asks. */
export const DEFAULT_QUEUE_LIMITS: QueueLimits = { maxItems: 512, maxSamples: 1200 * SECOND_SAMPLES, bulkAgeingMs: 5000, bulkTurn: 4, bulkShare: 0.75 };

export function runOptions(options: InferenceOptions, modelId: string): ModelRunOptions {
  const defaults: Omit<ModelRunOptions, 'threadsPerHost'> = {
    provider: 'auto',
    hostCount: 1,
    interactiveThreads: 0,
    idleUnloadMs: 15 * 60_000,
    loadTimeoutMs: 120_000,
    // On the CPU a batch costs what its clips cost, and matrix kernels round by the shape: one at a time, the same bytes
    // give bit-identical scores whoever asks beside them. Accelerators gain most of their throughput, at about 1e-6.
    cpuBatch: { maxItems: 1, maxSamples: 30 * SECOND_SAMPLES, maxPadding: 0.15 },
    acceleratorBatch: { maxItems: 32, maxSamples: 240 * SECOND_SAMPLES, maxPadding: 0.15 },
    queue: DEFAULT_QUEUE_LIMITS,
    backOffFirstMs: 200,
    backOffMaxMs: 30_000,
    verifyUpToBytes: 64 * 2 ** 20,
  };
  const given = { ...options.run, ...options.runByModel?.[modelId] };
  const hostCount = given.hostCount ?? defaults.hostCount;
  return { ...defaults, threadsPerHost: Math.max(1, Math.floor(availableParallelism() / hostCount)), ...given };
}

/**
 * The environment of every host. Without the first line onnxruntime reports its use to its vendor and writes a device id
 * into the home folder; without the others glibc keeps gigabytes that a long clip needed once.
 */
export function hostEnvironment(extra: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return { ...extra, ORT_DISABLE_TELEMETRY: '1', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };
}
