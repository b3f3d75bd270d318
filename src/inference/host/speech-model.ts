import { readFileSync } from 'node:fs';
import onnxProto from 'onnx-proto';
import { encodeModel, GraphBuilder, type Value } from '../emotion2vec/graph-builder.js';
import { slice } from '../emotion2vec/graph-operators.js';

const { onnx } = onnxProto;

/** One window of the speech detector: 64 samples before, 512 new ones, and 64 mirrored at the end as its own padding does. */
export const SPEECH_WINDOW = { context: 64, fresh: 512, mirrored: 64, total: 640 } as const;
/** Short-time spectra of a window. */
export const FRAMES = 4;
export const FRAME_SAMPLES = 256;
export const FRAME_HOP = 128;
export const SPEECH_STATE_SIZE = 128;

/** Torch keeps an LSTM's gates as input, forget, cell, output; ONNX wants input, output, forget, cell. */
const GATE_ORDER = [0, 3, 1, 2] as const;
const BINS = 129;

interface Weight {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * Silero VAD v6 over a whole sequence of windows in one run, from the weights of the published file.
 *
 * The published graph takes one window a run: about 200 small nodes and two branches for each 32 ms, of which the
 * arithmetic is a tenth. Here the convolutions are products of large matrices over all windows (as convolutions of four steps each they
 * would be thousands of small ones) and the LSTM goes over the sequence in one node: the same sums to rounding. Inputs:
 * frames [n, 4, 256] (hop 128 within a window of 640), h and c [1, 1, 128]; outputs:
 * probabilities [n, 1, 1], and h and c after the last window. Throws when the file has not the expected weights.
 */
export function speechSequenceModel(publishedFile: string): Uint8Array {
  const weightOf = sixteenKilohertzWeights(publishedFile);
  const graph = new GraphBuilder();
  const frames = graph.input('frames', 'f32', ['n', FRAMES, FRAME_SAMPLES]);
  const states = ['h', 'c'].map((name) => graph.input(name, 'f32', [1, 1, SPEECH_STATE_SIZE]));
  const constant = ({ values, shape }: Weight): Value => graph.floats(values, shape);

  const basis = weightOf('stft.forward_basis_buffer', [2 * BINS, 1, FRAME_SAMPLES]);
  const spectrum = graph.node('MatMul', [frames, graph.floats(transposed(basis.values, 2 * BINS, FRAME_SAMPLES), [FRAME_SAMPLES, 2 * BINS])]);
  const squared = graph.node('Mul', [spectrum, spectrum]);
  let x = graph.node('Sqrt', [graph.node('Add', [slice(graph, squared, 2, 0, BINS), slice(graph, squared, 2, BINS)])]);
  let length = FRAMES;
  for (const [layer, [shape, stride]] of ([[[128, BINS, 3], 1], [[64, 128, 3], 2], [[64, 64, 3], 2], [[128, 64, 3], 1]] as const).entries()) {
    const name = `encoder.${layer}.reparam_conv`;
    const [weight, bias] = [weightOf(`${name}.weight`, shape), weightOf(`${name}.bias`, [shape[0]])];
    x = graph.node('Relu', [graph.node('Add', [convolved(graph, x, weight, length, stride), constant(bias)])]);
    length = Math.ceil(length / stride);
  }
  // [n, 1, 128] is a sequence of n for a batch of one.
  const sequence = x;
  const gates = (part: string): Float32Array => reorderGates(weightOf(`decoder.rnn.${part}`, part.startsWith('weight') ? [512, SPEECH_STATE_SIZE] : [512]).values);
  const recurrent = [
    graph.floats(gates('weight_ih'), [1, 512, SPEECH_STATE_SIZE]), graph.floats(gates('weight_hh'), [1, 512, SPEECH_STATE_SIZE]),
    graph.floats([...gates('bias_ih'), ...gates('bias_hh')], [1, 1024]),
  ];
  const [hidden, lastH, lastC] = graph.nodeWithOutputs('LSTM', [sequence, ...recurrent, '', ...states], 3, { attributes: { hidden_size: SPEECH_STATE_SIZE } });
  const toLogit = graph.floats(weightOf('decoder.decoder.2.weight', [1, SPEECH_STATE_SIZE, 1]).values, [SPEECH_STATE_SIZE, 1]);
  const logit = graph.node('Add', [graph.node('MatMul', [graph.node('Relu', [hidden!]), toLogit]), constant(weightOf('decoder.decoder.2.bias', [1]))]);
  graph.output(graph.node('Sigmoid', [logit], { as: 'probabilities' }), 'f32');
  graph.output(graph.node('Identity', [lastH!], { as: 'lastH' }), 'f32');
  graph.output(graph.node('Identity', [lastC!], { as: 'lastC' }), 'f32');
  return encodeModel(graph, 'speech-sequence');
}

/** A convolution of three taps with one step of padding: [n, length, in] → [n, ⌈length / stride⌉, out]. */
function convolved(graph: GraphBuilder, x: Value, { values, shape }: Weight, length: number, stride: number): Value {
  const [out, channels, taps] = shape as [number, number, number];
  const padded = graph.node('Pad', [x, graph.ints([0, 1, 0, 0, 1, 0])]);
  const shifted = Array.from({ length: taps }, (_, tap) => graph.node('Slice', [padded, graph.ints([tap]), graph.ints([tap + length]), graph.ints([1]), graph.ints([stride])]));
  const weights = new Float32Array(taps * channels * out);
  for (let o = 0; o < out; o++) for (let c = 0; c < channels; c++) for (let tap = 0; tap < taps; tap++) weights[(tap * channels + c) * out + o] = values[(o * channels + c) * taps + tap]!;
  return graph.node('MatMul', [graph.node('Concat', shifted, { attributes: { axis: 2 } }), graph.floats(weights, [taps * channels, out])]);
}

function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
}

/** The constants of the branch for 16 kHz (the file holds one for 8 kHz as well), by the end of their names. */
function sixteenKilohertzWeights(file: string): (name: string, shape: readonly number[]) => Weight {
  const found = new Map<string, Weight>();
  const visit = (graph: onnxProto.onnx.IGraphProto): void => {
    for (const { opType, output, attribute } of graph.node ?? []) {
      for (const { g, t } of attribute ?? []) {
        if (g) visit(g);
        const dims = (t?.dims ?? []).map(Number);
        if (opType === 'Constant' && t?.dataType === 1 && t.rawData && dims.length > 0) found.set(`${output?.[0] ?? ''}:${dims.join('x')}`, { shape: dims, values: floatsOf(t.rawData) });
      }
    }
  };
  visit(onnx.ModelProto.decode(readFileSync(file)).graph ?? {});
  return (name, shape) => {
    const matches = [...found].filter(([key]) => key.endsWith(`then_branch__Inline_0__${name}:${shape.join('x')}`));
    if (matches.length !== 1) throw new Error(`The speech detector's file has ${matches.length} weights "${name}" of shape ${shape.join('×')}, not one: it is not the version that this was written for.`);
    return matches[0]![1];
  };
}

/** Copied, because the bytes of a message lie at any address. */
function floatsOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

function reorderGates(values: Float32Array): Float32Array {
  const quarter = values.length / 4;
  const ordered = new Float32Array(values.length);
  for (const [to, from] of GATE_ORDER.entries()) ordered.set(values.subarray(from * quarter, (from + 1) * quarter), to * quarter);
  return ordered;
}
