import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelManifest, Precision } from '../../domain/model.js';
import { openCheckpoint, type Checkpoint } from '../checkpoint/torch-checkpoint.js';
import { builtInClips, comparePrecisions, isFaithful, type QuantizationReport } from './compare-precisions.js';
import { inferConfig } from './config-inference.js';
import { digestFiles } from '../model-digest.js';
import { manifestOf } from './imported-manifest.js';
import type { ModelConfig } from './model-config.js';
import { installFolder } from './model-folder.js';
import { readLabels, type ModelLabels } from './model-labels.js';
import { trialRun } from './trial-run.js';
import { CHECKPOINT_FILE, GRAPH_FILE, writeFloatModel, type WeightPlacement } from './write-float-model.js';
import { writeInt8Model } from './write-int8-model.js';

export interface ImportProgress {
  readonly stage: 'reading' | 'writing weights' | 'trial run' | 'comparing precisions' | 'digest';
  /** 0 … 1 within the stage. */
  readonly fraction: number;
}

export interface ImportOptions {
  /** 1 to 64 of a-z, 0-9, ".", "_", "-"; becomes the folder's name. */
  readonly id: string;
  readonly checkpointPath: string;
  /** Default: a tokens.txt beside the checkpoint, else the nine published labels. */
  readonly tokensPath?: string;
  /** `<data>/models`; made when absent. */
  readonly modelsDir: string;
  /** `auto`: int8 where it stays faithful to float32 on the clips (see isFaithful), else float32. */
  readonly precision: Precision | 'auto';
  /** Shown name; the licence asks that the model's own name is kept in it. */
  readonly name?: string;
  /** Swap an installed model of this id for the new one. Default: CONFLICT. */
  readonly replace?: boolean;
  /** Where float32 weights go. */
  readonly weights?: WeightPlacement;
  /** Mono recordings at 16 kHz on which int8 is compared with float32. Default: made-up speech. */
  readonly calibrationClips?: readonly Float32Array[];
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

interface Draft extends ImportOptions {
  readonly draftFolder: string;
  readonly checkpoint: Checkpoint;
  readonly config: ModelConfig;
  readonly labels: ModelLabels;
}

interface WrittenModel {
  readonly precision: Precision;
  readonly weightFiles: readonly string[];
  readonly quantization?: QuantizationReport;
}

/**
 * Turns a published PyTorch checkpoint into an installed model `<modelsDir>/<id>/` (manifest.json, model.onnx, weights).
 * The folder appears whole or not at all. Runs the model for a moment in this process. Errors: BAD_INPUT (id), CONFLICT
 * (id is taken), CHECKPOINT_INVALID, TOKENS_INVALID, MODEL_INVALID (the trial run failed), STORAGE_FULL.
 */
export async function importCheckpoint(options: ImportOptions): Promise<ImportedModel> {
  return installFolder(options.modelsDir, options.id, options.replace ?? false, async (draftFolder) => {
    report(options, 'reading', 0);
    const checkpoint = await openCheckpoint(options.checkpointPath);
    try {
      const config = inferConfig(new Map([...checkpoint.tensors].map(([name, { shape }]) => [name, shape])));
      const labels = await readLabels(config.classCount, options.checkpointPath, options.tokensPath);
      report(options, 'reading', 1);
      const draft = { ...options, draftFolder, checkpoint, config, labels };
      const written = options.precision === 'f32' ? await writeFloat(draft, draftFolder) : await writeQuantized(draft);
      const files = [GRAPH_FILE, ...written.weightFiles].map((name) => join(draftFolder, name));
      const digest = await digestFiles(files, (fraction) => report(options, 'digest', fraction));
      const manifest = manifestOf({ id: options.id, name: options.name, config, labels, ...written, ...digest });
      await writeFile(join(draftFolder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`, { flush: true });
      return { manifest, folder: join(options.modelsDir, options.id), config, labelSource: labels.source, weightsInPlace: written.weightFiles.includes(CHECKPOINT_FILE) };
    } finally {
      await checkpoint.close();
    }
  });
}

async function writeFloat(draft: Draft, folder: string): Promise<WrittenModel> {
  const { checkpoint, config } = draft;
  const weightFiles = await writeFloatModel({ checkpoint, config, folder, placement: draft.weights ?? 'auto', onFraction: (fraction) => report(draft, 'writing weights', fraction) });
  report(draft, 'trial run', 0);
  await trialRun(join(folder, GRAPH_FILE), config);
  report(draft, 'trial run', 1);
  return { precision: 'f32', weightFiles };
}

/** int8 beside a float32 graph that is there for the comparison only, unless `auto` prefers it. */
async function writeQuantized(draft: Draft): Promise<WrittenModel> {
  const { draftFolder, checkpoint, config, labels } = draft;
  const floatFolder = join(draftFolder, 'float32');
  await mkdir(floatFolder);
  const float = await writeFloat(draft, floatFolder);
  const weightFiles = await writeInt8Model(checkpoint, config, draftFolder);
  await trialRun(join(draftFolder, GRAPH_FILE), config);
  const paths = { float: join(floatFolder, GRAPH_FILE), int8: join(draftFolder, GRAPH_FILE) };
  const quantization = await comparePrecisions(paths, draft.calibrationClips ?? builtInClips(), labels, (fraction) => report(draft, 'comparing precisions', fraction));
  if (draft.precision === 'int8' || isFaithful(quantization)) {
    await rm(floatFolder, { recursive: true });
    return { precision: 'int8', weightFiles, quantization };
  }
  for (const name of [GRAPH_FILE, ...float.weightFiles]) await rename(join(floatFolder, name), join(draftFolder, name));
  await rm(floatFolder, { recursive: true });
  return float;
}

function report(options: ImportOptions, stage: ImportProgress['stage'], fraction: number): void {
  options.onProgress?.({ stage, fraction });
}
