import type { Calibration } from './calibration.js';

/** Where a model runs. `cpu` is always there; the others only when the machine has them. */
export type Provider = 'cpu' | 'cuda' | 'webgpu';
export type Precision = 'f32' | 'int8';

/**
 * `models/<id>/manifest.json`, after validation. The graph has inputs `waveform` float32 [batch, samples] and `lengths`
 * int64 [batch]; outputs `frame_features` [batch, frames, D], `frame_logits` [batch, frames, L], `embedding` [batch, D],
 * `logits` [batch, L] and `frame_lengths` int64 [batch]; where the model knows it, `familiarity` [batch]. The head is linear over the mean of frames, so `logits` is the
 * mean of the first `frame_lengths` rows of `frame_logits`.
 */
export interface ModelManifest {
  readonly id: string;
  readonly version: string;
  readonly name: string;
  /** `waveform-onnx`: the graph above. */
  readonly kind: 'waveform-onnx';
  /** The ONNX file, inside the model's folder. External data lies beside it. */
  readonly file: string;
  /** Files of external weights beside the graph, in the order in which `sha256` and `sizeBytes` take them after it. */
  readonly weightFiles?: readonly string[];
  /** SHA-256 of everything that decides a result (the graph and its weights), hex. */
  readonly sha256: string;
  /** What results carry in its place where an import has labels other than the nine published: SHA-256 of `sha256` and the labels. Absent: `sha256`. */
  readonly digest?: string;
  readonly sizeBytes: number;
  readonly sampleRateHz: number;
  /** Shortest input in samples; less is AUDIO_TOO_SHORT. */
  readonly minSamples: number;
  readonly frameHopSamples: number;
  /** Samples that one frame sees nominally; frame t starts at t * hop. */
  readonly frameReceptiveFieldSamples: number;
  /** `zscore-f64`: the host subtracts the mean and divides by sqrt(var + 1e-5) over the clip in float64. `none`: the graph does it. */
  readonly normalization: 'none' | 'zscore-f64';
  /** Labels in the order of the head, plain English where known. */
  readonly labels: readonly string[];
  /** Rows of the head that must never win (`unuse_*` in tokens.txt): logit −inf, dropped from scores. */
  readonly maskedLabels?: readonly string[];
  readonly embeddingDimension: number;
  readonly maxWindowSeconds: number;
  readonly license: string;
  readonly attribution?: string;
  readonly precision?: Precision;
  /** Absent: confidence is not calibrated and says so. */
  readonly calibration?: Calibration;
  /** How the graph runs best, measured at import. `maxBatchItems`: most clips at once, whatever the settings allow. */
  readonly session?: { readonly graphOptimization?: 'disabled' | 'basic' | 'extended' | 'all'; readonly disablePrepacking?: boolean; readonly maxBatchItems?: number };
  /** Figures of an int8 graph against its float32 original, recorded at import. */
  readonly quantization?: { readonly argmaxAgreement: number; readonly maxScoreDifference: number; readonly embeddingCosine: number; readonly clipCount: number };
}

/** What tells results of two models apart: it differs where graph, weights or the labels of an import do. */
export function resultDigest({ sha256, digest }: Pick<ModelManifest, 'sha256' | 'digest'>): string {
  return digest ?? sha256;
}

/** The life of a model's host process. */
export type ModelState =
  | { readonly kind: 'unloaded'; readonly reason: 'never-loaded' | 'idle' | 'requested' }
  | { readonly kind: 'loading'; readonly sinceMs: number }
  | { readonly kind: 'ready'; readonly loadMs: number; readonly pid: number }
  | { readonly kind: 'busy'; readonly loadMs: number; readonly pid: number; readonly runningCount: number }
  | { readonly kind: 'draining'; readonly pid: number }
  | { readonly kind: 'failed'; readonly message: string; readonly retryAtMs: number };

export interface ModelStatus {
  readonly manifest: ModelManifest;
  readonly state: ModelState;
  readonly provider: Provider;
  /** Why the wanted provider is not the one in use, or null. */
  readonly providerFallback: string | null;
  readonly memoryBytes: number | null;
  readonly queueLength: number;
  readonly isDefault: boolean;
}

/** What the model says of one window. Matrices are row-major. */
export interface WindowInference {
  readonly frameCount: number;
  /** [frameCount, labels.length] */
  readonly frameLogits: Float32Array;
  /** [labels.length] */
  readonly logits: Float32Array;
  /** [embeddingDimension], the mean of the frame features, not normalised. */
  readonly embedding: Float32Array;
  /** Largest cosine of the embedding with those of clips that the model learned from, −1 to 1; only of models that know it. */
  readonly familiarity?: number;
  /** [frameCount, embeddingDimension]; only when asked for. */
  readonly frameFeatures?: Float32Array;
}
