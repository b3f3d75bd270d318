import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '../checkpoint/torch-checkpoint.js';
import { CheckpointWeights } from './checkpoint-weights.js';
import { encodeModel } from './graph-builder.js';
import { buildInt8Graph } from './int8-graph.js';
import type { ModelConfig } from './model-config.js';
import { WeightsFile } from './weights-file.js';
import { GRAPH_FILE, WEIGHTS_FILE } from './write-float-model.js';

/** Writes model.onnx and weights.bin with int8 matrices: a quarter of the checkpoint's weights. Answers the files of weights. */
export async function writeInt8Model(checkpoint: Checkpoint, config: ModelConfig, folder: string): Promise<readonly string[]> {
  const file = await WeightsFile.create(join(folder, WEIGHTS_FILE));
  try {
    const graph = await buildInt8Graph(config, { file, source: new CheckpointWeights(checkpoint, { file }) });
    await writeFile(join(folder, GRAPH_FILE), encodeModel(graph, 'emotion2vec-int8'), { flush: true });
  } finally {
    await file.close();
  }
  return [WEIGHTS_FILE];
}
