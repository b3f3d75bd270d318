import { GraphBuilder, type Value } from '../src/inference/emotion2vec/graph-builder.js';
import { sizeOf, slice, transpose } from '../src/inference/emotion2vec/graph-operators.js';
import { alibiDistance, frameLengths } from '../src/inference/emotion2vec/graph-parts.js';
import { slopesOf } from '../src/inference/emotion2vec/float-graph.js';
import type { ModelConfig } from '../src/inference/emotion2vec/model-config.js';
import { blockNames, CONTEXT_NORM, convolutionName, convolutionNorm, EXTRA_TOKENS, positionalName, PROJECT } from '../src/inference/emotion2vec/tensor-names.js';
import type { WeightsFile } from '../src/inference/emotion2vec/weights-file.js';
import type { WeightSource } from '../src/inference/emotion2vec/weight-source.js';

interface Sources {
  readonly source: WeightSource;
  readonly file: WeightsFile;
}

/**
 * The baseline: what `torch.onnx.export` makes of FunASR's class, operator by operator. 1-D convolutions, LayerNorm and
 * GELU in their parts, transposed linear weights with a separate bias, and in each block one ScatterND for the assignment
 * into a slice that adds ALiBi. Features only, no head. The indices of the ScatterNDs are built once, as common
 * subexpression elimination would leave them, which favours the baseline.
 */
export async function buildFunasrLikeGraph(config: ModelConfig, sources: Sources): Promise<GraphBuilder> {
  const graph = new GraphBuilder();
  const waveform = graph.input('waveform', 'f32', ['batch', 'samples']);
  const lengths = graph.input('lengths', 'i64', ['batch']);
  frameLengths(graph, lengths, config, 'frame_lengths');
  let x = await frontEnd(graph, waveform, config, sources);
  x = await positional(graph, x, config, sources);
  const tokens = await stored(graph, sources, EXTRA_TOKENS, [1, config.extraTokenCount, config.embeddingDimension]);
  const frameCount = sizeOf(graph, x, 1);
  x = await norm(graph, graph.node('Concat', [tokens, x], { attributes: { axis: 1 } }), CONTEXT_NORM, sources);
  const bias = await alibiBias(graph, frameCount, config, sources);
  const indices = scatterIndices(graph, frameCount, config);
  for (const block of blockNames(config)) {
    const attended = await norm(graph, graph.node('Add', [x, await attention(graph, x, block, { bias, indices }, config, sources)]), `${block}.norm1`, sources);
    const wide = gelu(graph, await linear(graph, attended, `${block}.mlp.fc1`, sources));
    x = await norm(graph, graph.node('Add', [attended, await linear(graph, wide, `${block}.mlp.fc2`, sources)]), `${block}.norm2`, sources);
  }
  graph.node('Slice', [x, graph.ints([config.extraTokenCount]), graph.ints([Number.MAX_SAFE_INTEGER]), graph.ints([1])], { as: 'frame_features' });
  graph.output('frame_features', 'f32', ['batch', 'frames', config.embeddingDimension]);
  graph.output('frame_lengths', 'i64', ['batch']);
  return graph;
}

async function frontEnd(graph: GraphBuilder, waveform: Value, config: ModelConfig, sources: Sources): Promise<Value> {
  let x = graph.node('Unsqueeze', [waveform, graph.ints([1])]);
  let inputChannels = 1;
  for (const [index, { channels, kernel, stride }] of config.convolutions.entries()) {
    const weight = await stored(graph, sources, convolutionName(index), [channels, inputChannels, kernel]);
    x = graph.node('Conv', [x, weight], { attributes: { kernel_shape: [kernel], strides: [stride] } });
    x = gelu(graph, transpose(graph, await norm(graph, transpose(graph, x, [0, 2, 1]), convolutionNorm(index), sources), [0, 2, 1]));
    inputChannels = channels;
  }
  return linear(graph, await norm(graph, transpose(graph, x, [0, 2, 1]), `${PROJECT}.1`, sources), `${PROJECT}.2`, sources);
}

async function positional(graph: GraphBuilder, x: Value, config: ModelConfig, sources: Sources): Promise<Value> {
  const width = config.embeddingDimension;
  let columns = transpose(graph, x, [0, 2, 1]);
  for (const [index, { kernel, groups }] of config.positional.entries()) {
    const name = positionalName(index + 1);
    const inputs = [columns, await stored(graph, sources, `${name}.weight`, [width, width / groups, kernel]), await stored(graph, sources, `${name}.bias`, [width])];
    const left = Math.floor(kernel / 2);
    const convolved = graph.node('Conv', inputs, { attributes: { kernel_shape: [kernel], pads: [left, kernel - 1 - left], group: groups } });
    columns = gelu(graph, transpose(graph, plainNorm(graph, transpose(graph, convolved, [0, 2, 1])), [0, 2, 1]));
  }
  return graph.node('Add', [x, transpose(graph, columns, [0, 2, 1])]);
}

async function attention(graph: GraphBuilder, x: Value, block: string, shared: { bias: Value; indices: Value }, config: ModelConfig, sources: Sources): Promise<Value> {
  const { headCount, embeddingDimension, extraTokenCount } = config;
  const headDimension = embeddingDimension / headCount;
  const apart = transpose(graph, graph.node('Reshape', [await linear(graph, x, `${block}.attn.qkv`, sources), graph.ints([0, -1, 3, headCount, headDimension])]), [2, 0, 3, 1, 4]);
  const [query, key, value] = [0, 1, 2].map((part) => graph.node('Gather', [apart, graph.ints([part], [])], { attributes: { axis: 0 } }));
  const scaled = graph.node('Mul', [query!, graph.floats([1 / Math.sqrt(headDimension)], [])]);
  const scores = graph.node('MatMul', [scaled, transpose(graph, key!, [0, 1, 3, 2])]);
  const inner = slice(graph, slice(graph, scores, 2, extraTokenCount), 3, extraTokenCount);
  const biased = graph.node('ScatterND', [scores, shared.indices, graph.node('Add', [inner, shared.bias])]);
  const mixed = graph.node('MatMul', [graph.node('Softmax', [biased], { attributes: { axis: -1 } }), value!]);
  return linear(graph, graph.node('Reshape', [transpose(graph, mixed, [0, 2, 1, 3]), graph.ints([0, -1, embeddingDimension])]), `${block}.attn.proj`, sources);
}

async function alibiBias(graph: GraphBuilder, frameCount: Value, config: ModelConfig, { source }: Sources): Promise<Value> {
  const slopes = await slopesOf(config, source);
  return graph.node('Mul', [alibiDistance(graph, frameCount, 0), graph.floats(slopes, [1, slopes.length, 1, 1])]);
}

/** int64 [1, heads, frames, frames, 4]: where the assignment writes, element by element. */
function scatterIndices(graph: GraphBuilder, frameCount: Value, config: ModelConfig): Value {
  const count = graph.node('Squeeze', [frameCount, graph.ints([0])]);
  const end = graph.node('Add', [count, graph.ints([config.extraTokenCount], [])]);
  const frames = graph.node('Range', [graph.ints([config.extraTokenCount], []), end, graph.ints([1], [])]);
  const shape = graph.node('Concat', [graph.ints([1, config.headCount]), frameCount, frameCount], { attributes: { axis: 0 } });
  const axis = (values: Value, dims: number[]): Value => graph.node('Unsqueeze', [graph.node('Expand', [graph.node('Reshape', [values, graph.ints(dims)]), shape]), graph.ints([4])]);
  const heads = graph.ints(Array.from({ length: config.headCount }, (_, head) => head));
  return graph.node('Concat', [axis(graph.ints([0]), [1, 1, 1, 1]), axis(heads, [1, -1, 1, 1]), axis(frames, [1, 1, -1, 1]), axis(frames, [1, 1, 1, -1])], { attributes: { axis: 4 } });
}

async function linear(graph: GraphBuilder, x: Value, name: string, sources: Sources): Promise<Value> {
  const bias = await sources.source.values(`${name}.bias`);
  const values = await sources.source.values(`${name}.weight`);
  const [columns, rows] = [bias.length, values.length / bias.length];
  const transposed = new Float32Array(values.length);
  for (let column = 0; column < columns; column += 1) for (let row = 0; row < rows; row += 1) transposed[row * columns + column] = values[column * rows + row]!;
  const weight = graph.external(await sources.file.append('f32', [rows, columns], transposed));
  return graph.node('Add', [graph.external(await sources.file.append('f32', [columns], bias)), graph.node('MatMul', [x, weight])]);
}

async function norm(graph: GraphBuilder, x: Value, name: string, sources: Sources): Promise<Value> {
  const weight = await sources.source.values(`${name}.weight`);
  const scaled = graph.node('Mul', [plainNorm(graph, x), await stored(graph, sources, `${name}.weight`, [weight.length])]);
  return graph.node('Add', [scaled, await stored(graph, sources, `${name}.bias`, [weight.length])]);
}

function plainNorm(graph: GraphBuilder, x: Value): Value {
  const attributes = { axes: [-1] };
  const centred = graph.node('Sub', [x, graph.node('ReduceMean', [x], { attributes })]);
  const variance = graph.node('ReduceMean', [graph.node('Pow', [centred, graph.floats([2], [])])], { attributes });
  return graph.node('Div', [centred, graph.node('Sqrt', [graph.node('Add', [variance, graph.floats([1e-5], [])])])]);
}

function gelu(graph: GraphBuilder, x: Value): Value {
  const error = graph.node('Erf', [graph.node('Div', [x, graph.floats([Math.SQRT2], [])])]);
  return graph.node('Mul', [graph.node('Mul', [x, graph.node('Add', [error, graph.floats([1], [])])]), graph.floats([0.5], [])]);
}

async function stored(graph: GraphBuilder, { source, file }: Sources, name: string, shape: readonly number[]): Promise<Value> {
  return graph.external(await file.append('f32', shape, await source.values(name)));
}

/** One matrix product of the size of the widest layer, its weight given as an input: the rate that no float32 graph can beat. */
export function buildMatmulGraph(): GraphBuilder {
  const graph = new GraphBuilder();
  graph.input('a', 'f32', ['rows', 'inner']);
  graph.input('b', 'f32', ['inner', 'columns']);
  graph.node('MatMul', ['a', 'b'], { as: 'c' });
  graph.output('c', 'f32', ['rows', 'columns']);
  return graph;
}
