import type { GraphBuilder, Value } from './graph-builder.js';
import { gelu, layerNorm, reshape, slice } from './graph-operators.js';
import { quantizeColumns } from './column-quantization.js';
import { multiplyRows, quantizeRows, storeFloats, storeMatrix, type Int8Weights, type StoredMatrix } from './int8-operators.js';
import type { ConvolutionConfig, ModelConfig } from './model-config.js';
import { frameHopSamples } from './model-config.js';
import { convolutionName, convolutionNorm } from './tensor-names.js';

/** Frames of one piece: its 10,395 samples and all that comes of them stay in the processor's cache. */
const PIECE_FRAMES = 32;

interface RowLayer {
  readonly convolution: ConvolutionConfig;
  readonly inputChannels: number;
  /** Rows it takes and gives for one piece. */
  readonly inputRows: number;
  readonly outputRows: number;
  readonly norm: { readonly weight: Value; readonly bias: Value };
  readonly matrix: StoredMatrix | { readonly floats: Value };
}

/**
 * All convolutions as matrix products on rows (one row a time step), piece by piece in a Scan: waveform [samples] →
 * [frames, channels]. Each piece starts one hop after the last frame of the one before, so pieces overlap in samples and
 * not in frames. The first convolution stays float32: it is 0.2 % of the work and sees the raw waveform.
 */
export async function int8FrontEnd(graph: GraphBuilder, waveform: Value, frameCount: Value, config: ModelConfig, weights: Int8Weights): Promise<Value> {
  const layers = await storeLayers(graph, config, weights);
  const pieceSamples = layers[0]!.inputRows;
  const hop = frameHopSamples(config) * PIECE_FRAMES;
  const pieceCount = graph.node('Div', [graph.node('Add', [frameCount, graph.ints([PIECE_FRAMES - 1])]), graph.ints([PIECE_FRAMES])]);
  const wanted = graph.node('Add', [graph.node('Mul', [graph.node('Sub', [pieceCount, graph.ints([1])]), graph.ints([hop])]), graph.ints([pieceSamples])]);
  // The convolutions may leave up to a hop of samples unused at the end: cut them off before padding up to whole pieces.
  const present = graph.node('Slice', [waveform, graph.ints([0]), wanted, graph.ints([0])]);
  const missing = graph.node('Sub', [wanted, graph.node('Shape', [present])]);
  const padded = graph.node('Pad', [present, graph.node('Concat', [graph.ints([0]), missing], { attributes: { axis: 0 } })]);
  const indices = graph.node('Range', [graph.ints([0], []), graph.node('Squeeze', [pieceCount, graph.ints([0])]), graph.ints([1], [])]);
  const starts = graph.node('Mul', [indices, graph.ints([hop], [])]);
  const body = pieceBody(graph, padded, pieceSamples, layers);
  const pieces = graph.node('Scan', [starts], { attributes: { body, num_scan_inputs: 1 } });
  const rows = reshape(graph, pieces, [-1, layers.at(-1)!.convolution.channels]);
  return graph.node('Slice', [rows, graph.ints([0]), frameCount, graph.ints([0])]);
}

function pieceBody(graph: GraphBuilder, padded: Value, pieceSamples: number, layers: readonly RowLayer[]): GraphBuilder {
  const body = graph.subgraph();
  const start = reshape(body, body.input('piece_start', 'i64', []), [1]);
  const samples = body.node('Slice', [padded, start, body.node('Add', [start, body.ints([pieceSamples])]), body.ints([0])]);
  let x = reshape(body, samples, [-1, 1]);
  for (const layer of layers) {
    if ('floats' in layer.matrix) {
      x = body.node('MatMul', [windowsOf(body, x, layer), layer.matrix.floats]);
    } else {
      const quantized = quantizeRows(body, x);
      x = multiplyRows(body, { ...quantized, rows: windowsOf(body, quantized.rows, layer) }, layer.matrix);
    }
    x = gelu(body, layerNorm(body, x, layer.norm.weight, layer.norm.bias));
  }
  body.output(body.node('Identity', [x]), 'f32', [PIECE_FRAMES, layers.at(-1)!.convolution.channels]);
  return body;
}

/**
 * [inputRows, C] → [outputRows, kernel · C], tap by tap. Rows are taken in groups of `stride`, which costs nothing, and
 * what a kernel reaches into the next groups is joined on.
 */
function windowsOf(graph: GraphBuilder, x: Value, { convolution: { kernel, stride }, inputChannels, outputRows }: RowLayer): Value {
  const groups = reshape(graph, x, [-1, stride * inputChannels]);
  const parts: Value[] = [];
  for (let tap = 0; tap < kernel; tap += stride) {
    const shifted = parts.length === 0 && kernel <= stride ? groups : slice(graph, groups, 0, parts.length, parts.length + outputRows);
    parts.push(kernel - tap >= stride ? shifted : slice(graph, shifted, 1, 0, (kernel - tap) * inputChannels));
  }
  return parts.length === 1 ? parts[0]! : graph.node('Concat', parts, { attributes: { axis: 1 } });
}

async function storeLayers(graph: GraphBuilder, config: ModelConfig, weights: Int8Weights): Promise<RowLayer[]> {
  const rowsOf = rowCounts(config.convolutions);
  const layers: RowLayer[] = [];
  let inputChannels = 1;
  for (const [index, convolution] of config.convolutions.entries()) {
    const { channels, kernel } = convolution;
    const values = await weights.source.values(convolutionName(index));
    const inputs = inputChannels;
    // torch keeps [output, input, tap]; a window row is tap after tap, each with all its channels.
    const at = (row: number, column: number): number => values[(column * inputs + (row % inputs)) * kernel + Math.floor(row / inputs)]!;
    const matrix = index === 0 ? { floats: await storeTransposed(graph, weights, kernel * inputs, channels, at) } : await storeMatrix(graph, weights, quantizeColumns(kernel * inputs, channels, at), null);
    const norm = { weight: await storeFloats(graph, weights, `${convolutionNorm(index)}.weight`), bias: await storeFloats(graph, weights, `${convolutionNorm(index)}.bias`) };
    layers.push({ convolution, inputChannels, inputRows: rowsOf[index]!, outputRows: rowsOf[index + 1]!, norm, matrix });
    inputChannels = channels;
  }
  return layers;
}

async function storeTransposed(graph: GraphBuilder, { file }: Int8Weights, rows: number, columns: number, at: (row: number, column: number) => number): Promise<Value> {
  const values = Float32Array.from({ length: rows * columns }, (_, index) => at(Math.floor(index / columns), index % columns));
  return graph.external(await file.append('f32', [rows, columns], values));
}

/**
 * Rows before each convolution and after the last for one piece: as many whole groups of `stride` as the next needs.
 * For the published kernels a piece takes 320 · 32 + 155 samples.
 */
function rowCounts(convolutions: readonly ConvolutionConfig[]): number[] {
  const counts = [PIECE_FRAMES];
  for (const { kernel, stride } of [...convolutions].reverse()) counts.unshift(stride * (counts[0]! - 1 + Math.ceil(kernel / stride)));
  return counts;
}
