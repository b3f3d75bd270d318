import { attention, batchBias, type AttentionContext } from './float-attention.js';
import { GraphBuilder, type Value } from './graph-builder.js';
import { floatRange, gelu, layerNorm, reshape, sizeOf, slice, transpose } from './graph-operators.js';
import { alibiDistance, frameLengths } from './graph-parts.js';
import { alibiSlopes, type ModelConfig } from './model-config.js';
import { rowFrontEnd, tapMajor, type ConvolutionWeights } from './row-front-end.js';
import { ALIBI_SCALE, blockNames, CONTEXT_NORM, convolutionName, convolutionNorm, EXTRA_TOKENS, HEAD, positionalName, PROJECT } from './tensor-names.js';
import type { WeightSource } from './weight-source.js';

/**
 * The whole model in float32 after the contract of ModelManifest: waveform [batch, samples] (normalised, zero-padded)
 * and lengths [batch] in; features, frame logits, embedding and logits out. Clips of different lengths in one batch give
 * what each gives alone (to ~4e-6): padded frames are zeroed before every convolution that could see them and get no
 * attention.
 */
export async function buildFloatGraph(config: ModelConfig, weights: WeightSource): Promise<GraphBuilder> {
  const graph = new GraphBuilder();
  const waveform = graph.input('waveform', 'f32', ['batch', 'samples']);
  const lengths = graph.input('lengths', 'i64', ['batch']);
  const counts = frameLengths(graph, lengths, config, 'frame_lengths');
  const convolved = await frontEnd(graph, waveform, config, weights);
  const frameCount = sizeOf(graph, convolved, 1);
  const positions = graph.node('Cast', [floatRange(graph, frameCount)], { attributes: { to: 7 } });
  const isInside = graph.node('Less', [graph.node('Unsqueeze', [positions, graph.ints([0])]), graph.node('Unsqueeze', [counts, graph.ints([1])])]);
  const mask = graph.node('Unsqueeze', [graph.node('Cast', [isInside], { attributes: { to: 1 } }), graph.ints([2])]);

  const placed = await positionalEncoding(graph, graph.node('Mul', [convolved, mask]), mask, config, weights);
  const rows = await withExtraTokens(graph, placed, config, weights);
  const context = await attentionContext(graph, { frameCount, counts, mask, batch: sizeOf(graph, waveform, 0) }, config, weights);
  const encoded = await transformer(graph, rows, context, config, weights);
  await head(graph, { encoded, mask, counts, batchSize: sizeOf(graph, waveform, 0) }, config, weights);
  return graph;
}

/** [batch, frames, D]. Convolutions as matrix products in pieces, whose weights are the only ones that must be reordered. */
async function frontEnd(graph: GraphBuilder, waveform: Value, config: ModelConfig, weights: WeightSource): Promise<Value> {
  const layers: ConvolutionWeights[] = [];
  let inputChannels = 1;
  for (const [index, { channels, kernel }] of config.convolutions.entries()) {
    const at = tapMajor(await weights.values(convolutionName(index)), inputChannels, kernel);
    const norm = { weight: await weights.initializer(graph, `${convolutionNorm(index)}.weight`), bias: await weights.initializer(graph, `${convolutionNorm(index)}.bias`) };
    layers.push({ matrix: { floats: await weights.matrix(graph, kernel * inputChannels, channels, at) }, norm });
    inputChannels = channels;
  }
  const frameCount = frameLengths(graph, sizeOf(graph, waveform, 1), config);
  const x = await affineNorm(graph, rowFrontEnd(graph, waveform, frameCount, config, layers), `${PROJECT}.1`, weights);
  const projected = await linear(graph, reshape(graph, x, [-1, inputChannels]), `${PROJECT}.2`, weights);
  const shape = graph.node('Concat', [slice(graph, graph.node('Shape', [x]), 0, 0, 2), graph.ints([config.embeddingDimension])], { attributes: { axis: 0 } });
  return graph.node('Reshape', [projected, shape]);
}

/** x + p, where p is x through all positional convolutions, each over masked frames. [batch, frames, D]. */
async function positionalEncoding(graph: GraphBuilder, x: Value, mask: Value, config: ModelConfig, weights: WeightSource): Promise<Value> {
  const width = config.embeddingDimension;
  const ones = graph.floats(new Float32Array(width).fill(1));
  let position = x;
  for (const [index, { kernel, groups }] of config.positional.entries()) {
    const name = positionalName(index + 1);
    if (index > 0) position = graph.node('Mul', [position, mask]);
    const columns = transpose(graph, graph.node('Unsqueeze', [position, graph.ints([1])]), [0, 3, 1, 2]);
    const inputs = [columns, await weights.initializer(graph, `${name}.weight`, [width, width / groups, 1, kernel]), await weights.initializer(graph, `${name}.bias`)];
    const left = Math.floor(kernel / 2);
    const convolved = graph.node('Conv', inputs, { attributes: { kernel_shape: [1, kernel], pads: [0, left, 0, kernel - 1 - left], group: groups } });
    const back = graph.node('Squeeze', [transpose(graph, convolved, [0, 2, 3, 1]), graph.ints([1])]);
    position = gelu(graph, layerNorm(graph, back, ones));
  }
  return graph.node('Add', [x, position]);
}

/** Prepends the extra tokens, normalises, and lays all clips under each other: [batch · (extra + frames), D]. */
async function withExtraTokens(graph: GraphBuilder, x: Value, config: ModelConfig, weights: WeightSource): Promise<Value> {
  const shape = graph.node('Concat', [sizeOf(graph, x, 0), graph.ints([config.extraTokenCount, config.embeddingDimension])], { attributes: { axis: 0 } });
  const tokens = graph.node('Expand', [await weights.initializer(graph, EXTRA_TOKENS), shape]);
  const joined = graph.node('Concat', [tokens, x], { attributes: { axis: 1 } });
  return affineNorm(graph, reshape(graph, joined, [-1, config.embeddingDimension]), CONTEXT_NORM, weights);
}

async function attentionContext(graph: GraphBuilder, from: { frameCount: Value; counts: Value; mask: Value; batch: Value }, config: ModelConfig, weights: WeightSource): Promise<AttentionContext> {
  const headSlopes = await slopesOf(config, weights);
  // True exactly for a batch of one whose clip fills it: otherwise batch · frames exceeds the shortest clip.
  const shortest = graph.node('ReduceMin', [from.counts], { attributes: { keepdims: 0 } });
  const isSingle = graph.node('Equal', [shortest, graph.node('Squeeze', [graph.node('Mul', [from.frameCount, from.batch]), graph.ints([0])])]);
  const distance = alibiDistance(graph, from.frameCount, config.extraTokenCount);
  const headDimension = config.embeddingDimension / config.headCount;
  const splitShape = graph.node('Concat', [from.batch, graph.ints([-1, 3, config.headCount, headDimension])], { attributes: { axis: 0 } });
  return { isSingle, distance, headSlopes, splitShape, batchBias: batchBias(graph, isSingle, distance, from.mask, headSlopes, config.extraTokenCount) };
}

/** Slope times scale of each head; a negative scale counts as 0, as in training. */
export async function slopesOf(config: ModelConfig, weights: WeightSource): Promise<number[]> {
  const scales = await weights.values(ALIBI_SCALE);
  return alibiSlopes(config.headCount).map((slope, index) => slope * Math.max(0, scales[index]!));
}

async function transformer(graph: GraphBuilder, rows: Value, context: AttentionContext, config: ModelConfig, weights: WeightSource): Promise<Value> {
  let x = rows;
  for (const block of blockNames(config)) {
    const mixed = attention(graph, await linear(graph, x, `${block}.attn.qkv`, weights), context, config);
    const attended = await affineNorm(graph, graph.node('Add', [x, await linear(graph, mixed, `${block}.attn.proj`, weights)]), `${block}.norm1`, weights);
    // The bias goes into the activation: as Gemm's third input it would cost a pass of its own over the widest matrix.
    const wide = graph.node('Gemm', [attended, await weights.initializer(graph, `${block}.mlp.fc1.weight`)], { attributes: { transB: 1 } });
    const active = graph.fused('BiasGelu', [wide, await weights.initializer(graph, `${block}.mlp.fc1.bias`)]);
    x = await affineNorm(graph, graph.node('Add', [attended, await linear(graph, active, `${block}.mlp.fc2`, weights)]), `${block}.norm2`, weights);
  }
  return x;
}

async function head(graph: GraphBuilder, from: { encoded: Value; mask: Value; counts: Value; batchSize: Value }, config: ModelConfig, weights: WeightSource): Promise<void> {
  const { embeddingDimension: width, classCount } = config;
  const shape = graph.node('Concat', [from.batchSize, graph.ints([-1, width])], { attributes: { axis: 0 } });
  const frames = slice(graph, graph.node('Reshape', [from.encoded, shape]), 1, config.extraTokenCount);
  const features = graph.node('Mul', [frames, from.mask], { as: 'frame_features' });
  const sum = graph.node('ReduceSum', [features, graph.ints([1])], { attributes: { keepdims: 0 } });
  const count = graph.node('Unsqueeze', [graph.node('Cast', [from.counts], { attributes: { to: 1 } }), graph.ints([1])]);
  const embedding = graph.node('Div', [sum, count], { as: 'embedding' });
  const projection = [await weights.initializer(graph, `${HEAD}.weight`), await weights.initializer(graph, `${HEAD}.bias`)];
  graph.node('Gemm', [embedding, ...projection], { attributes: { transB: 1 }, as: 'logits' });
  const rowLogits = graph.node('Gemm', [reshape(graph, features, [-1, width]), ...projection], { attributes: { transB: 1 } });
  const logitShape = graph.node('Concat', [from.batchSize, graph.ints([-1, classCount])], { attributes: { axis: 0 } });
  graph.node('Reshape', [rowLogits, logitShape], { as: 'frame_logits' });
  declareOutputs(graph, config);
}

export function declareOutputs(graph: GraphBuilder, config: ModelConfig, batch: number | string = 'batch'): void {
  graph.output('frame_features', 'f32', [batch, 'frames', config.embeddingDimension]);
  graph.output('frame_logits', 'f32', [batch, 'frames', config.classCount]);
  graph.output('embedding', 'f32', [batch, config.embeddingDimension]);
  graph.output('logits', 'f32', [batch, config.classCount]);
  graph.output('frame_lengths', 'i64', [batch]);
}

/** x·Wᵀ + b on rows. torch's [out, in] layout is Gemm's transB, so the weight is used where it lies. */
async function linear(graph: GraphBuilder, rows: Value, name: string, weights: WeightSource): Promise<Value> {
  const inputs = [rows, await weights.initializer(graph, `${name}.weight`), await weights.initializer(graph, `${name}.bias`)];
  return graph.node('Gemm', inputs, { attributes: { transB: 1 } });
}

async function affineNorm(graph: GraphBuilder, x: Value, name: string, weights: WeightSource): Promise<Value> {
  return layerNorm(graph, x, await weights.initializer(graph, `${name}.weight`), await weights.initializer(graph, `${name}.bias`));
}
