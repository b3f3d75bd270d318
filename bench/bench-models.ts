import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint } from '../src/inference/checkpoint/torch-checkpoint.js';
import { CheckpointWeights } from '../src/inference/emotion2vec/checkpoint-weights.js';
import { inferConfig } from '../src/inference/emotion2vec/config-inference.js';
import { buildFloatGraph } from '../src/inference/emotion2vec/float-graph.js';
import { encodeModel, type GraphBuilder } from '../src/inference/emotion2vec/graph-builder.js';
import { buildInt8Graph } from '../src/inference/emotion2vec/int8-graph.js';
import type { ModelConfig } from '../src/inference/emotion2vec/model-config.js';
import { WeightsFile } from '../src/inference/emotion2vec/weights-file.js';
import { buildFunasrLikeGraph } from './funasr-like-graph.js';

export interface Variant {
  readonly name: 'baseline' | 'float32' | 'int8';
  readonly graphPath: string;
  /** The baseline runs as its users run it, with onnxruntime's default. */
  readonly optimization: 'disabled' | 'all';
}

/** Writes the three graphs of a checkpoint under `folder`, unless they are there from a run before. */
export async function writeVariants(checkpointPath: string, folder: string): Promise<Variant[]> {
  const checkpoint = await openCheckpoint(checkpointPath);
  const config = inferConfig(new Map([...checkpoint.tensors].map(([name, { shape }]) => [name, shape])));
  const builders: [Variant['name'], Variant['optimization'], (config: ModelConfig, source: CheckpointWeights, file: WeightsFile) => Promise<GraphBuilder>][] = [
    ['baseline', 'all', (shape, source, file) => buildFunasrLikeGraph(shape, { source, file })],
    ['float32', 'disabled', (shape, source) => buildFloatGraph(shape, source)],
    ['int8', 'disabled', (shape, source, file) => buildInt8Graph(shape, { source, file })],
  ];
  const variants: Variant[] = [];
  for (const [name, optimization, build] of builders) {
    const target = join(folder, name);
    const graphPath = join(target, 'model.onnx');
    if (!(await access(graphPath).then(() => true, () => false))) {
      await rm(target, { recursive: true, force: true });
      await mkdir(target, { recursive: true });
      const file = await WeightsFile.create(join(target, 'weights.bin'));
      const graph = await build(config, new CheckpointWeights(checkpoint, { file }), file);
      await file.close();
      await writeFile(graphPath, encodeModel(graph, name));
    }
    variants.push({ name, graphPath, optimization });
  }
  await checkpoint.close();
  return variants;
}
