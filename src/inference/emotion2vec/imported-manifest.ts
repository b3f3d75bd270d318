import { EMOTIONS } from '../../domain/emotion.js';
import { resultDigest, type ModelManifest, type Precision } from '../../domain/model.js';
import { labelledDigest } from '../model-digest.js';
import type { QuantizationReport } from './compare-precisions.js';
import { frameHopSamples, receptiveFieldSamples, type ModelConfig } from './model-config.js';
import type { ModelLabels } from './model-labels.js';
import { GRAPH_FILE } from './write-float-model.js';

export const EMOTION2VEC_LICENSE = 'FunASR MODEL_LICENSE 1.1';
const ATTRIBUTION = 'Emotion2Vec+ by the emotion2vec authors, distributed with FunASR under MODEL_LICENSE 1.1';
/** The cost of attention grows with the square of the length: longer recordings are cut at pauses. */
const MAX_WINDOW_SECONDS = 8;

export interface ManifestParts {
  readonly id: string;
  readonly name: string | undefined;
  readonly config: ModelConfig;
  readonly labels: ModelLabels;
  readonly precision: Precision;
  readonly weightFiles: readonly string[];
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly quantization?: QuantizationReport;
}

/** The manifest of an imported checkpoint. */
export function manifestOf({ id, name, config, labels, precision, weightFiles, sha256, sizeBytes, quantization }: ManifestParts): ModelManifest {
  // One checkpoint with two label maps makes two models whose results must not pass for each other's.
  const isPublished = labels.maskedLabels.length === 0 && labels.labels.join() === EMOTIONS.join();
  const identity = { sha256, ...(isPublished ? {} : { digest: labelledDigest({ sha256, ...labels }) }) };
  return {
    id,
    version: resultDigest(identity).slice(0, 12),
    name: name ?? `Emotion2Vec+ (${id})`,
    kind: 'waveform-onnx',
    file: GRAPH_FILE,
    weightFiles,
    ...identity,
    sizeBytes,
    sampleRateHz: 16_000,
    minSamples: receptiveFieldSamples(config),
    frameHopSamples: frameHopSamples(config),
    frameReceptiveFieldSamples: receptiveFieldSamples(config),
    normalization: 'zscore-f64',
    labels: labels.labels,
    ...(labels.maskedLabels.length > 0 ? { maskedLabels: labels.maskedLabels } : {}),
    embeddingDimension: config.embeddingDimension,
    maxWindowSeconds: MAX_WINDOW_SECONDS,
    license: EMOTION2VEC_LICENSE,
    attribution: ATTRIBUTION,
    precision,
    // Both graphs are written fused: other levels gain nothing and take more memory. int8 quantises over the whole clip.
    session: { graphOptimization: 'disabled', ...(precision === 'int8' ? { maxBatchItems: 1 } : {}) },
    ...(quantization === undefined ? {} : { quantization }),
  };
}
