import type { ErrorCode } from '../domain/errors.js';
import type { ModelManifest, Precision, Provider, WindowInference } from '../domain/model.js';
import type { SoundProbabilities, VadState } from './emotion-inference.js';

/** What the two sides of a host's channel say to each other. Typed arrays cross it as bytes (`serialization: 'advanced'`). */

export interface SessionSettings {
  readonly provider: Provider | 'auto';
  readonly threadCount: number;
  readonly graphOptimization: 'disabled' | 'basic' | 'extended' | 'all';
  readonly disablePrepacking: boolean;
}

/** How far a host stands back from the processor where others want it: 0 not at all, 19 it takes what is left over. */
type Niceness = number;

/** The part of a manifest that a host needs; the graph is checked against it before the first request. */
export type GraphContract = Pick<ModelManifest, 'id' | 'sampleRateHz' | 'minSamples' | 'normalization' | 'labels' | 'embeddingDimension' | 'maxWindowSeconds'> & { readonly precision?: Precision };

export type HostLoad =
  | { readonly kind: 'emotion'; readonly file: string; readonly contract: GraphContract; readonly session: SessionSettings; readonly niceness: Niceness; /** Samples of the largest batch that is tried on an accelerator. */ readonly maxBatchSamples: number }
  | { readonly kind: 'listening'; readonly speechFile: string; readonly soundFile: string; readonly session: SessionSettings; readonly niceness: Niceness }
  | { readonly kind: 'transcription'; readonly engine: 'sense-voice' | 'whisper' | 'paraformer'; /** Paths by role. */ readonly files: Readonly<Record<string, string>>; readonly threadCount: number }
  | { readonly kind: 'text'; readonly file: string; readonly labelCount: number; readonly session: SessionSettings }
  | { readonly kind: 'diarization'; readonly segmentationFile: string; readonly embeddingFile: string; readonly threadCount: number };

export interface DiarizationItem {
  /** Mono float32 at 16 kHz, little-endian, without a header: hours of it would be too much for the channel. */
  readonly samplesFile: string;
  /** Null: estimated with `clusterThreshold`. */
  readonly speakerCount: number | null;
  readonly clusterThreshold: number;
}

/** Columns in the order of time; `speaker` counts from 0. */
export interface DiarizationAnswer {
  readonly startSeconds: readonly number[];
  readonly endSeconds: readonly number[];
  readonly speaker: readonly number[];
}

export interface TranscriptionItem {
  /** Mono at 16 kHz, up to half a minute. */
  readonly samples: Float32Array;
  /** ISO 639; empty: not known. */
  readonly language: string;
}

/** Columns in the order of time, in seconds from the first sample. */
export interface TranscriptionAnswer {
  /** As the model names it; empty where it does not say. */
  readonly language: string;
  readonly text: readonly string[];
  readonly startSeconds: readonly number[];
  readonly endSeconds: readonly number[];
}

/** Ids of a tokenized text. */
export interface TextItem {
  readonly ids: readonly number[];
}

/** One a label. */
export interface TextAnswer {
  readonly logits: Float32Array;
}

export interface EmotionItem {
  readonly samples: Float32Array;
  readonly wantFrameFeatures: boolean;
}

export interface SpeechItem {
  readonly task: 'speech';
  readonly samples: Float32Array;
  readonly state: VadState | null;
}

export interface SpeechAnswer {
  readonly probabilities: Float32Array;
  readonly state: VadState;
}

export interface SoundItem {
  readonly task: 'sound';
  readonly samples: Float32Array;
}

export type ListeningItem = SpeechItem | SoundItem;
export type ListeningAnswer = SpeechAnswer | SoundProbabilities;
export type EmotionAnswer = WindowInference;

/** One request's part of a batch: a bad clip fails alone and doesn't take its batch with it. */
export type ItemAnswer<Answer> =
  | { readonly ok: true; readonly value: Answer }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

export type ToHost =
  | { readonly type: 'load'; readonly load: HostLoad }
  | { readonly type: 'run'; readonly id: number; readonly items: readonly unknown[] };

export interface HostReady {
  readonly type: 'ready';
  readonly provider: Provider;
  readonly providerFallback: string | null;
  /** Most clips that the graph takes at once (1 where its batch dimension is fixed); null: no limit of its own. */
  readonly batchLimit: number | null;
  /** Most samples that a padded batch was found to take on this device; null: not tried. */
  readonly batchSampleLimit: number | null;
  readonly memoryBytes: number;
}

export interface HostAnswers {
  readonly type: 'answers';
  readonly id: number;
  readonly answers: readonly ItemAnswer<unknown>[];
  /** Resident memory of the host after the run. */
  readonly memoryBytes: number;
  readonly pid: number;
  /** By the host's clock, milliseconds since the epoch. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

export type FromHost =
  | HostReady
  | HostAnswers
  | { readonly type: 'load-failed'; readonly message: string }
  | { readonly type: 'run-failed'; readonly id: number; readonly message: string };
