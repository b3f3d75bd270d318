import { headByHead } from './float-attention.js';
import { declareOutputs, slopesOf } from './float-graph.js';
import { GraphBuilder, type Value } from './graph-builder.js';
import { enclosed, gelu, layerNorm, reshape, slice, transpose } from './graph-operators.js';
import { alibiDistance, frameLengths } from './graph-parts.js';
import { quantizeColumns } from './column-quantization.js';
import { rowFrontEnd, tapMajor, type ConvolutionWeights } from './row-front-end.js';
import { multiplyRows, quantizeRows, storeFloats, storeMatrix, storeMatrixAsFloats, type Int8Weights, type QuantizedRows, type StoredMatrix } from './int8-operators.js';
import type { ModelConfig } from './model-config.js';
import { blockNames, CONTEXT_NORM, convolutionName, convolutionNorm, EXTRA_TOKENS, HEAD, positionalName, PROJECT } from './tensor-names.js';

/**
 * The model in int8 for CPUs: every convolution but the first and every linear layer multiplies uint8 activations with
 * int8 weights; norms, activations, attention scores and the head stay float32. One clip a run: activations are quantised
 * over the whole clip, so that a second clip in the batch would change the result of the first.
 */
export async function buildInt8Graph(config: ModelConfig, weights: Int8Weights): Promise<GraphBuilder> {
  const graph = new GraphBuilder();
  const waveform = graph.input('waveform', 'f32', [1, 'samples']);
  const lengths = graph.input('lengths', 'i64', [1]);
  const frameCount = frameLengths(graph, lengths, config, 'frame_lengths');
  const samples = graph.node('Slice', [waveform, graph.ints([0]), lengths, graph.ints([1])]);

  const convolved = rowFrontEnd(graph, samples, frameCount, config, await convolutionWeights(graph, config, weights));
  const rows = reshape(graph, convolved, [-1, config.convolutions.at(-1)!.channels]);
  const projected = multiplyRows(graph, quantizeRows(graph, await affineNorm(graph, rows, `${PROJECT}.1`, weights)), await linearMatrix(graph, `${PROJECT}.2`, weights));
  const placed = await positionalEncoding(graph, projected, config, weights);
  const tokens = await weights.source.values(EXTRA_TOKENS);
  const extra = graph.external(await weights.file.append('f32', [config.extraTokenCount, config.embeddingDimension], tokens));
  let x = await affineNorm(graph, graph.node('Concat', [extra, placed], { attributes: { axis: 0 } }), CONTEXT_NORM, weights);

  const context = { distance: alibiDistance(graph, frameCount, config.extraTokenCount), headSlopes: await slopesOf(config, weights.source) };
  for (const block of blockNames(config)) {
    const { inward, outward } = await attentionMatrices(graph, block, config, weights);
    const qkv = multiplyRows(graph, quantizeRows(graph, x), inward);
    const mixed = enclosed(graph, (inner) => headByHead(inner, qkv, context, config, 1));
    const attended = await affineNorm(graph, graph.node('Add', [x, multiplyRows(graph, quantizeRows(graph, mixed), outward)]), `${block}.norm1`, weights);
    const wide = gelu(graph, multiplyRows(graph, quantizeRows(graph, attended), await linearMatrix(graph, `${block}.mlp.fc1`, weights)));
    const narrow = multiplyRows(graph, quantizeRows(graph, wide), await linearMatrix(graph, `${block}.mlp.fc2`, weights));
    x = await affineNorm(graph, graph.node('Add', [attended, narrow]), `${block}.norm2`, weights);
  }
  await head(graph, x, config, weights);
  return graph;
}

/** The first convolution stays float32: it is 0.2 % of the work and sees the raw waveform. */
async function convolutionWeights(graph: GraphBuilder, config: ModelConfig, weights: Int8Weights): Promise<ConvolutionWeights[]> {
  const layers: ConvolutionWeights[] = [];
  let inputChannels = 1;
  for (const [index, { channels, kernel }] of config.convolutions.entries()) {
    const at = tapMajor(await weights.source.values(convolutionName(index)), inputChannels, kernel);
    const rows = kernel * inputChannels;
    const matrix = index === 0 ? { floats: await storeMatrixAsFloats(graph, weights, rows, channels, at) } : await storeMatrix(graph, weights, quantizeColumns(rows, channels, at), null);
    layers.push({ matrix, norm: { weight: await storeFloats(graph, weights, `${convolutionNorm(index)}.weight`), bias: await storeFloats(graph, weights, `${convolutionNorm(index)}.bias`) } });
    inputChannels = channels;
  }
  return layers;
}

/**
 * The two matrices of a block's attention. 1/√d goes into the query's weights; the key's bias is dropped, since it adds
 * the same to all scores of a row; the value's bias reaches the output unchanged, since the weights of a row sum to 1,
 * and is folded into the output's bias.
 */
async function attentionMatrices(graph: GraphBuilder, block: string, config: ModelConfig, weights: Int8Weights): Promise<{ inward: StoredMatrix; outward: StoredMatrix }> {
  const width = config.embeddingDimension;
  const scale = 1 / Math.sqrt(width / config.headCount);
  const inward = await weights.source.values(`${block}.attn.qkv.weight`);
  const inwardBias = await weights.source.values(`${block}.attn.qkv.bias`);
  const outward = await weights.source.values(`${block}.attn.proj.weight`);
  const outwardBias = Float64Array.from(await weights.source.values(`${block}.attn.proj.bias`));
  for (let row = 0; row < width; row += 1) {
    for (let column = 0; column < width; column += 1) outwardBias[row]! += outward[row * width + column]! * inwardBias[2 * width + column]!;
  }
  const queryBias = new Float32Array(3 * width);
  for (let column = 0; column < width; column += 1) queryBias[column] = inwardBias[column]! * scale;
  const scaled = quantizeColumns(width, 3 * width, (row, column) => inward[column * width + row]! * (column < width ? scale : 1));
  return {
    inward: await storeMatrix(graph, weights, scaled, queryBias),
    outward: await storeMatrix(graph, weights, quantizeColumns(width, width, (row, column) => outward[column * width + row]!), Float32Array.from(outwardBias)),
  };
}

/** x + p on rows [frames, D]: each positional convolution is one matrix product a group, over rows of all taps. */
async function positionalEncoding(graph: GraphBuilder, x: Value, config: ModelConfig, weights: Int8Weights): Promise<Value> {
  const ones = graph.floats(new Float32Array(config.embeddingDimension).fill(1));
  let position = x;
  for (const [index, { kernel, groups }] of config.positional.entries()) {
    const matrices = await groupMatrices(graph, positionalName(index + 1), { kernel, groups }, config, weights);
    const quantized = quantizeRows(graph, position);
    const convolved = enclosed(graph, (inner) => groupedConvolution(inner, quantized, { kernel, groups, matrices }, config));
    position = gelu(graph, layerNorm(graph, convolved, ones));
  }
  return graph.node('Add', [x, position]);
}

/** Matrix of each group, [kernel · D/groups, D/groups], tap by tap. torch keeps [output, input of the group, tap]. */
async function groupMatrices(graph: GraphBuilder, name: string, { kernel, groups }: { kernel: number; groups: number }, config: ModelConfig, weights: Int8Weights): Promise<StoredMatrix[]> {
  const perGroup = config.embeddingDimension / groups;
  const values = await weights.source.values(`${name}.weight`);
  const bias = await weights.source.values(`${name}.bias`);
  const matrices: StoredMatrix[] = [];
  for (let group = 0; group < groups; group += 1) {
    const at = (row: number, column: number): number => values[((group * perGroup + column) * perGroup + (row % perGroup)) * kernel + Math.floor(row / perGroup)]!;
    matrices.push(await storeMatrix(graph, weights, quantizeColumns(kernel * perGroup, perGroup, at), bias.slice(group * perGroup, (group + 1) * perGroup)));
  }
  return matrices;
}

function groupedConvolution(graph: GraphBuilder, x: QuantizedRows, layer: { kernel: number; groups: number; matrices: readonly StoredMatrix[] }, config: ModelConfig): Value {
  const { kernel, groups, matrices } = layer;
  const width = config.embeddingDimension;
  // 0 is the zero point in uint8, which is known at run time only.
  const border = (rows: number): Value[] => (rows === 0 ? [] : [graph.node('Expand', [x.zeroPoint, graph.ints([rows, width])])]);
  const left = Math.floor(kernel / 2);
  const padded = kernel === 1 ? x.rows : graph.node('Concat', [...border(left), x.rows, ...border(kernel - 1 - left)], { attributes: { axis: 0 } });
  const byGroup = transpose(graph, reshape(graph, padded, [-1, groups, width / groups]), [1, 0, 2]);
  const taps = Array.from({ length: kernel }, (_, tap) => slice(graph, byGroup, 1, tap, tap === kernel - 1 ? undefined : tap - kernel + 1));
  const windows = taps.length === 1 ? taps[0]! : graph.node('Concat', taps, { attributes: { axis: 2 } });
  const parts = graph.nodeWithOutputs('Split', [windows, graph.ints(new Array<number>(groups).fill(1))], groups, { attributes: { axis: 0 } });
  const products = parts.map((part, group) => multiplyRows(graph, { ...x, rows: graph.node('Squeeze', [part, graph.ints([0])]) }, matrices[group]!));
  return products.length === 1 ? graph.node('Identity', products) : graph.node('Concat', products, { attributes: { axis: 1 } });
}

async function head(graph: GraphBuilder, encoded: Value, config: ModelConfig, weights: Int8Weights): Promise<void> {
  const { embeddingDimension: width, classCount } = config;
  const frames = slice(graph, encoded, 0, config.extraTokenCount);
  const embedding = graph.node('ReduceMean', [frames], { attributes: { axes: [0], keepdims: 1 }, as: 'embedding' });
  const matrix = graph.external(await weights.file.append('f32', [classCount, width], await weights.source.values(`${HEAD}.weight`)));
  const bias = await storeFloats(graph, weights, `${HEAD}.bias`);
  graph.node('Gemm', [embedding, matrix, bias], { attributes: { transB: 1 }, as: 'logits' });
  const frameLogits = graph.node('Gemm', [frames, matrix, bias], { attributes: { transB: 1 } });
  graph.node('Unsqueeze', [frameLogits, graph.ints([0])], { as: 'frame_logits' });
  graph.node('Unsqueeze', [frames, graph.ints([0])], { as: 'frame_features' });
  declareOutputs(graph, config, 1);
}

async function linearMatrix(graph: GraphBuilder, name: string, weights: Int8Weights): Promise<StoredMatrix> {
  const bias = await weights.source.values(`${name}.bias`);
  const values = await weights.source.values(`${name}.weight`);
  const [rows, columns] = [values.length / bias.length, bias.length];
  return storeMatrix(graph, weights, quantizeColumns(rows, columns, (row, column) => values[column * rows + row]!), bias);
}

async function affineNorm(graph: GraphBuilder, x: Value, name: string, weights: Int8Weights): Promise<Value> {
  return layerNorm(graph, x, await storeFloats(graph, weights, `${name}.weight`), await storeFloats(graph, weights, `${name}.bias`));
}
