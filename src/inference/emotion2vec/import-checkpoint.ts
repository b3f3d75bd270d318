import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelManifest, Precision } from '../../domain/model.js';
import { openCheckpoint } from '../checkpoint/torch-checkpoint.js';
import { inferConfig } from './config-inference.js';
import { digestOf } from './file-digest.js';
import { installFolder } from './model-folder.js';
import { frameHopSamples, receptiveFieldSamples, type ModelConfig } from './model-config.js';
import { readLabels, type ModelLabels } from './model-labels.js';
import { trialRun } from './trial-run.js';
import { CHECKPOINT_FILE, GRAPH_FILE, writeFloatModel, type WeightPlacement } from './write-float-model.js';

const LICENSE = 'FunASR MODEL_LICENSE 1.1';
const ATTRIBUTION = 'Emotion2Vec+ by the emotion2vec authors, distributed with FunASR under MODEL_LICENSE 1.1';
const MAX_WINDOW_SECONDS = 15;

export interface ImportProgress {
  readonly stage: 'reading' | 'writing weights' | 'trial run' | 'comparing precisions' | 'digest';
  /** 0 … 1 within the stage. */
  readonly fraction: number;
}

export interface ImportOptions {
  /** Lower case letters, digits, `-`, `_` and `.`; becomes the folder's name. */
  readonly id: string;
  readonly checkpointPath: string;
  /** Default: a tokens.txt beside the checkpoint, else the nine published labels. */
  readonly tokensPath?: string;
  /** `<data>/models`; made when absent. */
  readonly modelsDir: string;
  readonly precision: Precision;
  /** Shown name; the licence asks that the model's own name is kept in it. */
  readonly name?: string;
  /** Swap an installed model of this id for the new one. Default: CONFLICT. */
  readonly replace?: boolean;
  /** Where float32 weights go: `auto` maps the checkpoint itself where it can. */
  readonly weights?: WeightPlacement;
  readonly onProgress?: (progress: ImportProgress) => void;
}

export interface ImportedModel {
  readonly manifest: ModelManifest;
  readonly folder: string;
  readonly config: ModelConfig;
  /** Which label map was used: a path or `the nine published labels`. */
  readonly labelSource: string;
  /** True when the graph maps the checkpoint instead of a copy of its weights. */
  readonly weightsInPlace: boolean;
}

/**
 * Turns a published PyTorch checkpoint into an installed model `<modelsDir>/<id>/` (manifest.json, model.onnx, weights).
 * The folder appears whole or not at all. Errors: BAD_INPUT (id), CONFLICT (id is taken), CHECKPOINT_INVALID,
 * TOKENS_INVALID, MODEL_INVALID (the trial run failed), STORAGE_FULL.
 */
export async function importCheckpoint(options: ImportOptions): Promise<ImportedModel> {
  const progress = (stage: ImportProgress['stage'], fraction: number): void => options.onProgress?.({ stage, fraction });
  return installFolder(options.modelsDir, options.id, options.replace ?? false, async (folder) => {
    progress('reading', 0);
    const checkpoint = await openCheckpoint(options.checkpointPath);
    try {
      const config = inferConfig(new Map([...checkpoint.tensors].map(([name, { shape }]) => [name, shape])));
      const labels = await readLabels(config.classCount, options.checkpointPath, options.tokensPath);
      progress('reading', 1);
      const weightFiles = await writeFloatModel({ checkpoint, config, folder, placement: options.weights ?? 'auto', onFraction: (fraction) => progress('writing weights', fraction) });
      progress('trial run', 0);
      await trialRun(join(folder, GRAPH_FILE), config);
      const digest = await digestOf([join(folder, GRAPH_FILE), ...weightFiles.map((name) => join(folder, name))], (fraction) => progress('digest', fraction));
      const manifest = manifestOf(options, config, labels, { ...digest, weightFiles });
      await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
      return { manifest, folder: join(options.modelsDir, options.id), config, labelSource: labels.source, weightsInPlace: weightFiles.includes(CHECKPOINT_FILE) };
    } finally {
      await checkpoint.close();
    }
  });
}

function manifestOf(options: ImportOptions, config: ModelConfig, labels: ModelLabels, files: { sha256: string; sizeBytes: number; weightFiles: readonly string[] }): ModelManifest {
  return {
    id: options.id,
    version: files.sha256.slice(0, 12),
    name: options.name ?? `Emotion2Vec+ (${options.id})`,
    kind: 'waveform-onnx',
    file: GRAPH_FILE,
    weightFiles: files.weightFiles,
    sha256: files.sha256,
    sizeBytes: files.sizeBytes,
    sampleRateHz: 16_000,
    minSamples: receptiveFieldSamples(config),
    frameHopSamples: frameHopSamples(config),
    frameReceptiveFieldSamples: receptiveFieldSamples(config),
    normalization: 'zscore-f64',
    labels: labels.labels,
    ...(labels.maskedLabels.length > 0 ? { maskedLabels: labels.maskedLabels } : {}),
    embeddingDimension: config.embeddingDimension,
    maxWindowSeconds: MAX_WINDOW_SECONDS,
    license: LICENSE,
    attribution: ATTRIBUTION,
    precision: options.precision,
    // The graph is written fused already; the other levels gain nothing and take more memory.
    session: { graphOptimization: 'disabled' },
  };
}
