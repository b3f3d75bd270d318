import { link, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '../checkpoint/torch-checkpoint.js';
import { canUseInPlace, CheckpointWeights } from './checkpoint-weights.js';
import { buildFloatGraph } from './float-graph.js';
import { encodeModel } from './graph-builder.js';
import type { ModelConfig } from './model-config.js';
import { WeightsFile } from './weights-file.js';

export const GRAPH_FILE = 'model.onnx';
export const WEIGHTS_FILE = 'weights.bin';
export const CHECKPOINT_FILE = 'checkpoint.pt';

/** `auto`: in place where the checkpoint allows it and lies on the same disk, else a copy of the weights alone. */
export type WeightPlacement = 'auto' | 'in-place' | 'copy';

export interface FloatModelOptions {
  readonly checkpoint: Checkpoint;
  readonly config: ModelConfig;
  readonly folder: string;
  readonly placement: WeightPlacement;
  /** 0 … 1 over all tensors. */
  readonly onFraction?: (fraction: number) => void;
}

/** Writes model.onnx and weights.bin, which is small where a link to the checkpoint serves for most tensors. Answers the files of weights. */
export async function writeFloatModel(options: FloatModelOptions): Promise<readonly string[]> {
  const { checkpoint, config, folder } = options;
  let done = 0;
  const onTensor = (): void => options.onFraction?.((done += 1) / checkpoint.tensors.size);
  const inPlace = options.placement !== 'copy' && canUseInPlace(checkpoint) && (await linkInto(folder, checkpoint.path));
  const file = await WeightsFile.create(join(folder, WEIGHTS_FILE));
  try {
    const weights = new CheckpointWeights(checkpoint, { file, ...(inPlace ? { inPlaceAs: CHECKPOINT_FILE } : {}) }, onTensor);
    await writeFile(join(folder, GRAPH_FILE), encodeModel(await buildFloatGraph(config, weights), 'emotion2vec-f32'), { flush: true });
  } finally {
    await file.close();
  }
  return inPlace ? [WEIGHTS_FILE, CHECKPOINT_FILE] : [WEIGHTS_FILE];
}

/** A hard link costs nothing and keeps the bytes when the original is deleted. Other disks and some file systems refuse. */
async function linkInto(folder: string, path: string): Promise<boolean> {
  return link(path, join(folder, CHECKPOINT_FILE)).then(() => true, () => false);
}
