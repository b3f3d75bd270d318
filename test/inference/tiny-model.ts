import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import onnxProto from 'onnx-proto';
import type { ModelManifest } from '../../src/domain/model.js';

const { onnx } = onnxProto;
const FLOAT = onnx.TensorProto.DataType.FLOAT;
const INT64 = onnx.TensorProto.DataType.INT64;
const BOOL = onnx.TensorProto.DataType.BOOL;

export const DIMENSION = 8;
export const LABELS = ['angry', 'happy', 'sad'] as const;
export const KERNEL = 400;
export const HOP = 320;

/** Weights that a test can compute with: [DIMENSION][KERNEL] and [DIMENSION][labels]. */
export const WEIGHTS = {
  convolution: Float32Array.from({ length: DIMENSION * KERNEL }, (_, i) => 0.05 * Math.sin(i * 0.37 + Math.floor(i / KERNEL))),
  head: Float32Array.from({ length: DIMENSION * LABELS.length }, (_, i) => 0.4 * Math.cos(i * 1.3)),
  bias: Float32Array.of(0.1, -0.2, 0.05),
};

interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly ints?: Readonly<Record<string, readonly number[]>>;
  readonly int?: Readonly<Record<string, number>>;
  readonly body?: ReturnType<typeof onnx.GraphProto.create>;
}

export function node({ op, inputs, outputs, ints = {}, int = {}, body }: NodeSpec): ReturnType<typeof onnx.NodeProto.create> {
  const { AttributeType } = onnx.AttributeProto;
  const attribute = [
    ...Object.entries(ints).map(([name, values]) => ({ name, type: AttributeType.INTS, ints: [...values] })),
    ...Object.entries(int).map(([name, value]) => ({ name, type: AttributeType.INT, i: value })),
    ...(body === undefined ? [] : [{ name: 'body', type: AttributeType.GRAPH, g: body }]),
  ];
  return onnx.NodeProto.create({ opType: op, input: [...inputs], output: [...outputs], attribute });
}

export function floats(name: string, dims: readonly number[], data: Float32Array): ReturnType<typeof onnx.TensorProto.create> {
  return onnx.TensorProto.create({ name, dims: [...dims], dataType: FLOAT, rawData: new Uint8Array(data.buffer.slice(0)) });
}

export function longs(name: string, dims: readonly number[], values: readonly number[]): ReturnType<typeof onnx.TensorProto.create> {
  return onnx.TensorProto.create({ name, dims: [...dims], dataType: INT64, rawData: new Uint8Array(BigInt64Array.from(values, BigInt).buffer) });
}

export function value(name: string, elemType: number, dims: readonly (string | number)[]): ReturnType<typeof onnx.ValueInfoProto.create> {
  const dim = dims.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return onnx.ValueInfoProto.create({ name, type: { tensorType: { elemType, shape: { dim } } } });
}

export interface TinyGraphOptions {
  /** Clips beyond one second take a matrix product a sample: a second of work or more for each further second. */
  readonly slow?: boolean;
  /** A batch with a clip of 20 s or more makes the run throw. */
  readonly brittle?: boolean;
  /** The graph says that its batch is one clip. */
  readonly fixedBatch?: boolean;
  /** The graph has the output `familiarity`: the first number of the embedding. */
  readonly familiar?: boolean;
}

/** A real graph with the contract of the house: strided frames, tanh, a linear head over the exactly masked mean. */
export function tinyGraph({ slow = false, brittle = false, fixedBatch = false, familiar = false }: TinyGraphOptions = {}): Uint8Array {
  const batch = fixedBatch ? 1 : 'batch';
  const labelCount = LABELS.length;
  const nodes = [
    node({ op: 'Unsqueeze', inputs: ['waveform', 'one'], outputs: ['channels'] }),
    node({ op: 'Conv', inputs: ['channels', 'convolution'], outputs: ['convolved'], ints: { kernel_shape: [KERNEL], strides: [HOP] } }),
    node({ op: 'Tanh', inputs: ['convolved'], outputs: ['bent'] }),
    node({ op: 'Transpose', inputs: ['bent'], outputs: ['frame_features'], ints: { perm: [0, 2, 1] } }),
    node({ op: 'MatMul', inputs: ['frame_features', 'head'], outputs: ['frame_products'] }),
    node({ op: 'Add', inputs: ['frame_products', 'bias'], outputs: ['frame_logits'] }),
    node({ op: 'Sub', inputs: ['lengths', 'kernel'], outputs: ['beyond_first'] }),
    node({ op: 'Div', inputs: ['beyond_first', 'hop'], outputs: ['hops'] }),
    node({ op: 'Add', inputs: ['hops', 'one'], outputs: ['frame_lengths'] }),
    node({ op: 'Shape', inputs: ['frame_features'], outputs: ['shape'] }),
    node({ op: 'Gather', inputs: ['shape', 'index_one'], outputs: ['frames'] }),
    node({ op: 'Range', inputs: ['zero', 'frames', 'index_one'], outputs: ['positions'] }),
    node({ op: 'Unsqueeze', inputs: ['frame_lengths', 'one'], outputs: ['length_column'] }),
    node({ op: 'Less', inputs: ['positions', 'length_column'], outputs: ['inside'] }),
    node({ op: 'Cast', inputs: ['inside'], outputs: ['mask_flat'], int: { to: FLOAT } }),
    node({ op: 'Unsqueeze', inputs: ['mask_flat', 'two'], outputs: ['mask'] }),
    node({ op: 'Mul', inputs: ['frame_features', 'mask'], outputs: ['masked'] }),
    node({ op: 'ReduceSum', inputs: ['masked', 'one'], outputs: ['summed'], int: { keepdims: 0 } }),
    node({ op: 'Cast', inputs: ['length_column'], outputs: ['length_floats'], int: { to: FLOAT } }),
    node({ op: 'Div', inputs: ['summed', 'length_floats'], outputs: [slow || brittle ? 'mean' : 'embedding'] }),
    ...(slow ? slowNodes() : []),
    ...(brittle ? brittleNodes() : []),
    node({ op: 'MatMul', inputs: ['embedding', 'head'], outputs: ['products'] }),
    node({ op: 'Add', inputs: ['products', 'bias'], outputs: ['logits'] }),
    ...(familiar ? [node({ op: 'Gather', inputs: ['embedding', 'zero'], outputs: ['familiarity'], int: { axis: 1 } })] : []),
  ];
  const graph = onnx.GraphProto.create({
    name: 'tiny',
    node: nodes,
    initializer: [
      floats('convolution', [DIMENSION, 1, KERNEL], WEIGHTS.convolution),
      floats('head', [DIMENSION, labelCount], WEIGHTS.head),
      floats('bias', [labelCount], WEIGHTS.bias),
      longs('one', [1], [1]),
      longs('two', [1], [2]),
      longs('kernel', [1], [KERNEL]),
      longs('hop', [1], [HOP]),
      longs('zero', [], [0]),
      longs('index_one', [], [1]),
      longs('second', [], [16_000]),
      floats('square', [128, 128], Float32Array.from({ length: 128 * 128 }, (_, i) => (i % 129 === 0 ? 1 : 0))),
      floats('nothing', [], Float32Array.of(0)),
      longs('ten_seconds', [], [160_000]),
      floats('two_zeros', [2], new Float32Array(2)),
    ],
    input: [value('waveform', FLOAT, [batch, 'samples']), value('lengths', INT64, [batch])],
    output: [
      value('frame_features', FLOAT, [batch, 'frames', DIMENSION]),
      value('frame_logits', FLOAT, [batch, 'frames', labelCount]),
      value('embedding', FLOAT, [batch, DIMENSION]),
      value('logits', FLOAT, [batch, labelCount]),
      value('frame_lengths', INT64, [batch]),
      ...(familiar ? [value('familiarity', FLOAT, [batch])] : []),
    ],
  });
  const model = onnx.ModelProto.create({ irVersion: 8, producerName: 'undertone-test', opsetImport: [{ domain: '', version: 17 }], graph });
  return onnx.ModelProto.encode(model).finish();
}

/** Loop(max(length) - 16000 times): x = x · I; embedding = mean + 0 · sum(x). */
function slowNodes(): ReturnType<typeof node>[] {
  const body = onnx.GraphProto.create({
    name: 'body',
    node: [
      node({ op: 'MatMul', inputs: ['x', 'square'], outputs: ['x_next'] }),
      node({ op: 'Identity', inputs: ['go'], outputs: ['go_on'] }),
    ],
    input: [value('iteration', INT64, []), value('go', BOOL, []), value('x', FLOAT, [128, 128])],
    output: [value('go_on', BOOL, []), value('x_next', FLOAT, [128, 128])],
  });
  return [
    node({ op: 'ReduceMax', inputs: ['lengths'], outputs: ['longest'], int: { keepdims: 0 } }),
    node({ op: 'Sub', inputs: ['longest', 'second'], outputs: ['rounds_or_less'] }),
    node({ op: 'Max', inputs: ['rounds_or_less', 'zero'], outputs: ['rounds'] }),
    node({ op: 'Loop', inputs: ['rounds', '', 'square'], outputs: ['worked'], body }),
    node({ op: 'ReduceSum', inputs: ['worked'], outputs: ['work_sum'], int: { keepdims: 0 } }),
    node({ op: 'Mul', inputs: ['work_sum', 'nothing'], outputs: ['no_work'] }),
    node({ op: 'Add', inputs: ['mean', 'no_work'], outputs: ['embedding'] }),
  ];
}

/** embedding = mean + zeros[floor(longest / 10 s)], of which there are two. */
function brittleNodes(): ReturnType<typeof node>[] {
  return [
    node({ op: 'ReduceMax', inputs: ['lengths'], outputs: ['longest'], int: { keepdims: 0 } }),
    node({ op: 'Div', inputs: ['longest', 'ten_seconds'], outputs: ['tens'] }),
    node({ op: 'Gather', inputs: ['two_zeros', 'tens'], outputs: ['zero_there'] }),
    node({ op: 'Add', inputs: ['mean', 'zero_there'], outputs: ['embedding'] }),
  ];
}

/** Writes `<dir>/<id>/` with the graph and a manifest that fits it; `change` spoils or varies the manifest. */
export function installTinyModel(dir: string, id: string, options: TinyGraphOptions = {}, change: Partial<ModelManifest> = {}, graph = tinyGraph(options)): ModelManifest {
  const folder = join(dir, id);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'model.onnx'), graph);
  const manifest: ModelManifest = {
    id,
    version: '1',
    name: `Tiny ${id}`,
    kind: 'waveform-onnx',
    file: 'model.onnx',
    sha256: createHash('sha256').update(graph).digest('hex'),
    sizeBytes: graph.length,
    sampleRateHz: 16_000,
    minSamples: KERNEL,
    frameHopSamples: HOP,
    frameReceptiveFieldSamples: KERNEL,
    normalization: 'zscore-f64',
    labels: LABELS,
    embeddingDimension: DIMENSION,
    maxWindowSeconds: 15,
    license: 'Apache-2.0',
    ...change,
  };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return manifest;
}

/** The graph's answer, worked out in float64 by another way. */
export function expectedAnswer(samples: Float32Array): { readonly embedding: number[]; readonly logits: number[]; readonly frameCount: number } {
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  const variance = samples.reduce((sum, sample) => sum + (sample - mean) ** 2, 0) / samples.length;
  const frameCount = Math.floor((samples.length - KERNEL) / HOP) + 1;
  const embedding = Array.from({ length: DIMENSION }, (_, channel) => {
    let sum = 0;
    for (let frame = 0; frame < frameCount; frame++) {
      let product = 0;
      for (let k = 0; k < KERNEL; k++) product += WEIGHTS.convolution[channel * KERNEL + k]! * ((samples[frame * HOP + k]! - mean) / Math.sqrt(variance + 1e-5));
      sum += Math.tanh(product);
    }
    return sum / frameCount;
  });
  const logits = LABELS.map((_, label) => embedding.reduce((sum, feature, d) => sum + feature * WEIGHTS.head[d * LABELS.length + label]!, WEIGHTS.bias[label]!));
  return { embedding, logits, frameCount };
}

/** A clip that no other seed gives: a chirp with an offset. */
export function clip(seconds: number, seed = 1): Float32Array {
  return Float32Array.from({ length: Math.round(seconds * 16_000) }, (_, i) => 0.2 * Math.sin(i * 0.01 * seed + i * i * 1e-7 * seed) + 0.01 * seed);
}
