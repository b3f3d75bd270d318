import type { GraphBuilder, Value } from './graph-builder.js';
import { gelu, layerNorm, reshape, slice, transpose } from './graph-operators.js';
import { multiplyRows, quantizeRows, type StoredMatrix } from './int8-operators.js';
import { frameHopSamples, type ConvolutionConfig, type ModelConfig } from './model-config.js';

/** Frames of one piece: its 10,395 samples and all that comes of them stay in the processor's cache. */
const PIECE_FRAMES = 32;

/** Weights of one convolution, as a matrix [kernel · input channels, channels], tap by tap. */
export interface ConvolutionWeights {
  readonly matrix: StoredMatrix | { readonly floats: Value };
  readonly norm: { readonly weight: Value; readonly bias: Value };
}

interface RowLayer extends ConvolutionWeights {
  readonly convolution: ConvolutionConfig;
  readonly inputChannels: number;
  readonly outputRows: number;
}

/** Position of `matrix[row][column]` in torch's [output, input, tap]. */
export function tapMajor(values: Float32Array, inputChannels: number, kernel: number): (row: number, column: number) => number {
  return (row, column) => values[(column * inputChannels + (row % inputChannels)) * kernel + Math.floor(row / inputChannels)]!;
}

/**
 * All convolutions as matrix products on rows (one row a time step), piece by piece in a Scan: waveform [batch, samples] →
 * [batch, frames, channels]. Each piece starts one hop after the last frame of the one before, so pieces overlap in samples
 * and not in frames. Memory is that of one piece, whatever the length; `frameCount` is int64 [1].
 */
export function rowFrontEnd(graph: GraphBuilder, waveform: Value, frameCount: Value, config: ModelConfig, weights: readonly ConvolutionWeights[]): Value {
  const rowsOf = rowCounts(config.convolutions);
  const layers = config.convolutions.map((convolution, index): RowLayer => ({ ...weights[index]!, convolution, inputChannels: index === 0 ? 1 : config.convolutions[index - 1]!.channels, outputRows: rowsOf[index + 1]! }));
  const { channels } = config.convolutions.at(-1)!;
  const pieceSamples = rowsOf[0]!;
  const hop = frameHopSamples(config) * PIECE_FRAMES;
  const pieceCount = graph.node('Div', [graph.node('Add', [frameCount, graph.ints([PIECE_FRAMES - 1])]), graph.ints([PIECE_FRAMES])]);
  const wanted = graph.node('Add', [graph.node('Mul', [graph.node('Sub', [pieceCount, graph.ints([1])]), graph.ints([hop])]), graph.ints([pieceSamples])]);
  // The convolutions may leave up to a hop of samples unused at the end: cut them off before padding up to whole pieces.
  const present = graph.node('Slice', [waveform, graph.ints([0]), wanted, graph.ints([1])]);
  const missing = graph.node('Sub', [wanted, slice(graph, graph.node('Shape', [present]), 0, 1)]);
  const padded = graph.node('Pad', [present, graph.node('Concat', [graph.ints([0, 0, 0]), missing], { attributes: { axis: 0 } })]);
  const indices = graph.node('Range', [graph.ints([0], []), graph.node('Squeeze', [pieceCount, graph.ints([0])]), graph.ints([1], [])]);
  const starts = graph.node('Mul', [indices, graph.ints([hop], [])]);
  const pieces = graph.node('Scan', [starts], { attributes: { body: pieceBody(graph, padded, pieceSamples, layers), num_scan_inputs: 1 } });
  // [pieces, batch, frames of a piece, channels] → [batch, all frames, channels]
  const shape = graph.node('Concat', [slice(graph, graph.node('Shape', [waveform]), 0, 0, 1), graph.ints([-1, channels])], { attributes: { axis: 0 } });
  const rows = graph.node('Reshape', [transpose(graph, pieces, [1, 0, 2, 3]), shape]);
  return graph.node('Slice', [rows, graph.ints([0]), frameCount, graph.ints([1])]);
}

function pieceBody(graph: GraphBuilder, padded: Value, pieceSamples: number, layers: readonly RowLayer[]): GraphBuilder {
  const body = graph.subgraph();
  const start = reshape(body, body.input('piece_start', 'i64', []), [1]);
  const samples = body.node('Slice', [padded, start, body.node('Add', [start, body.ints([pieceSamples])]), body.ints([1])]);
  let x = body.node('Unsqueeze', [samples, body.ints([2])]);
  for (const layer of layers) {
    if ('floats' in layer.matrix) {
      x = body.node('MatMul', [windowsOf(body, x, layer), layer.matrix.floats]);
    } else {
      const quantized = quantizeRows(body, x);
      x = multiplyRows(body, { ...quantized, rows: windowsOf(body, quantized.rows, layer) }, layer.matrix);
    }
    x = gelu(body, layerNorm(body, x, layer.norm.weight, layer.norm.bias));
  }
  body.output(body.node('Identity', [x]), 'f32');
  return body;
}

/**
 * [batch, rows, C] → [batch, outputRows, kernel · C], tap by tap. Rows are taken in groups of `stride`, which costs nothing,
 * and what a kernel reaches into the next groups is joined on.
 */
function windowsOf(graph: GraphBuilder, x: Value, { convolution: { kernel, stride }, inputChannels, outputRows }: RowLayer): Value {
  const groups = reshape(graph, x, [0, -1, stride * inputChannels]);
  const parts: Value[] = [];
  for (let tap = 0; tap < kernel; tap += stride) {
    const shifted = kernel <= stride ? groups : slice(graph, groups, 1, parts.length, parts.length + outputRows);
    parts.push(kernel - tap >= stride ? shifted : slice(graph, shifted, 2, 0, (kernel - tap) * inputChannels));
  }
  return parts.length === 1 ? parts[0]! : graph.node('Concat', parts, { attributes: { axis: 2 } });
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
