import type { Priority } from '../domain/priority.js';
import type { ModelManifest, ModelState, ModelStatus, WindowInference } from '../domain/model.js';



/** One run of a host that a request was part of; times are the host's own, milliseconds since the epoch. */
export interface HostRun {
  readonly pid: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly windowCount: number;
}

export interface InferOptions {
  readonly modelId: string;
  readonly priority: Priority;
  /** Whole time allowed, queue included. Past it: INFERENCE_TIMEOUT, and a host that was running it is killed and restarted. */
  readonly deadlineMs: number;
  readonly wantFrameFeatures?: boolean;
  readonly signal?: AbortSignal;
  /** Told before the answer, in the context of the caller. */
  readonly onRun?: (run: HostRun) => void;
}

/**
 * The resident inference service. Models live in forked child processes; nothing here runs a model in the caller's
 * process. Samples are mono float32 at the model's rate, not normalised: the service applies the manifest's normalisation.
 *
 * Errors: MODEL_UNKNOWN, MODEL_LOAD_FAILED, AUDIO_TOO_SHORT, INFERENCE_OVERLOADED (details.retryAfterMs),
 * INFERENCE_TIMEOUT, INFERENCE_CRASHED.
 */
export interface EmotionInference {
  /** Starts the host when it is not there. Batches with others of similar length; results are those of the clip alone. */
  infer(samples: Float32Array, options: InferOptions): Promise<WindowInference>;
  manifests(): readonly ModelManifest[];
  /** Throws MODEL_UNKNOWN listing the installed ids, or MODEL_INVALID with what differs where its folder is there. */
  manifest(modelId: string): ModelManifest;
  readonly defaultModelId: string;
  status(modelId: string): ModelStatus;
  load(modelId: string): Promise<ModelStatus>;
  /** Drains, then ends the process, so that its memory really returns. */
  unload(modelId: string): Promise<ModelStatus>;
  onStateChanged(listener: (modelId: string, state: ModelState) => void): () => void;
  stop(): Promise<void>;
}

/** Samples that one speech probability covers: 32 ms. */
export const SPEECH_HOP_SAMPLES = 512;

/** Voice activity, run in a child process of its own for the same reasons. State goes in and out, so the host holds none. */
export interface SpeechProbability {
  /**
   * One probability per 512 samples (32 ms). Feed a recording in order; pass the state of the piece before.
   * The last piece may be any length (zero-padded to 512); all others a multiple of 512.
   * `bulk` unless said otherwise.
   */
  probabilities(samples: Float32Array, state: VadState | null, signal?: AbortSignal, priority?: Priority): Promise<{ probabilities: Float32Array; state: VadState }>;
}

/** What a stretch sounds like, as the bundled gate hears it. */
export const SOUND_KINDS = ['speech', 'singing', 'music', 'noise'] as const;
export type SoundKind = (typeof SOUND_KINDS)[number];
/** Sums to 1. */
export type SoundProbabilities = Readonly<Record<SoundKind, number>>;

/** Tells speech from singing, music and noise. Runs in the process of the speech detector. */
export interface SoundClassifier {
  /** One stretch of 0.1 s or more (shorter ones are padded with silence), best 1 to 15 s; level and offset do not matter. */
  classify(samples: Float32Array, signal?: AbortSignal, priority?: Priority): Promise<SoundProbabilities>;
}

/** Recurrent state [2,1,128] and the 64 samples before the next piece. */
export interface VadState {
  readonly recurrent: Float32Array;
  readonly context: Float32Array;
}
