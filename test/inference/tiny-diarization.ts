import onnxProto from 'onnx-proto';
import { encodeModel, GraphBuilder } from '../../src/inference/emotion2vec/graph-builder.js';

const { onnx } = onnxProto;

/** The two "voices" that the tiny models know: steady tones. */
export const VOICES_HZ = { low: 250, high: 1500 } as const;
const WINDOW = 160_000;
const FIELD = 991;
const SHIFT = 270;

/** As sherpa-onnx's own models have them: what it needs to know stands in the file. */
export function withMetadata(bytes: Uint8Array, entries: Readonly<Record<string, string | number>>): Uint8Array {
  const model = onnx.ModelProto.decode(bytes);
  model.metadataProps = Object.entries(entries).map(([key, value]) => ({ key, value: String(value) }));
  return onnx.ModelProto.encode(model).finish();
}

/**
 * The contract of pyannote's segmentation: waveform [1, 1, 160000] → scores of none, each of three speakers and each pair
 * of them [1, 589, 7]. Speaker 1 is the low tone, speaker 2 the high one; a frame has a tone when its energy is there.
 */
export function tinySegmentation(): Uint8Array {
  const graph = new GraphBuilder();
  const kernels = [VOICES_HZ.low, VOICES_HZ.high].flatMap((hz) => [Math.cos, Math.sin].map((wave) => Array.from({ length: FIELD }, (_, i) => wave((2 * Math.PI * hz * i) / 16_000) / FIELD)));
  const samples = graph.input('x', 'f32', [1, 1, WINDOW]);
  const filtered = graph.node('Conv', [samples, graph.floats(kernels.flat(), [4, 1, FIELD])], { attributes: { kernel_shape: [FIELD], strides: [SHIFT] } });
  const squared = graph.node('Transpose', [graph.node('Mul', [filtered, filtered])], { attributes: { perm: [0, 2, 1] } });
  const energy = graph.node('MatMul', [squared, graph.floats([1, 0, 1, 0, 0, 1, 0, 1], [4, 2])]);
  const present = graph.node('Tanh', [graph.node('Mul', [graph.node('Sub', [energy, graph.floats([0.001])]), graph.floats([1e5])])]);
  const scores = graph.node('MatMul', [present, graph.floats([-1, 1, -1, 0, 1, 0, 0, -1, -1, 1, 0, 1, 0, 0], [2, 7])]);
  graph.output(graph.node('Add', [scores, graph.floats([0, 0, 0, -9, 0, -9, -9])], { as: 'y' }), 'f32', [1, 589, 7]);
  return withMetadata(encodeModel(graph, 'tiny-segmentation'), {
    model_type: 'pyannote-segmentation-3.0', sample_rate: 16_000, window_size: WINDOW, receptive_field_size: FIELD, receptive_field_shift: SHIFT, num_speakers: 3, powerset_max_classes: 2, num_classes: 7,
  });
}

/** Log-mel features [1, frames, 80] → the shape of their mean spectrum [1, 80]. */
export function tinyEmbedding(): Uint8Array {
  const graph = new GraphBuilder();
  const features = graph.input('x', 'f32', [1, 'frames', 80]);
  const mean = graph.node('ReduceMean', [features], { attributes: { axes: [1], keepdims: 0 } });
  const level = graph.node('ReduceMean', [mean], { attributes: { axes: [1], keepdims: 1 } });
  const shape = graph.node('Sub', [mean, level]);
  graph.output(graph.node('Mul', [shape, graph.floats([1])], { as: 'embedding' }), 'f32', [1, 80]);
  return withMetadata(encodeModel(graph, 'tiny-embedding'), { framework: 'wespeaker', language: 'none', url: 'none', comment: 'made by a test', sample_rate: 16_000, output_dim: 80, normalize_samples: 1, feature_normalize_type: '' });
}

export interface Tone {
  readonly voice: keyof typeof VOICES_HZ;
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** Tones where they are said to be, over a little noise. */
export function tones(durationSeconds: number, spoken: readonly Tone[]): Float32Array {
  let seed = 99;
  const samples = Float32Array.from({ length: Math.round(durationSeconds * 16_000) }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return 0.001 * (seed / 2 ** 30 - 1);
  });
  for (const { voice, startSeconds, endSeconds } of spoken) {
    for (let i = Math.round(startSeconds * 16_000); i < Math.round(endSeconds * 16_000); i++) samples[i]! += 0.3 * Math.sin((2 * Math.PI * VOICES_HZ[voice] * i) / 16_000);
  }
  return samples;
}
