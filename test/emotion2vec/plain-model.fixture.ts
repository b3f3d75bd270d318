import type { ModelSize } from '../../scripts/model-shapes.mjs';
import { seededTensors } from '../../scripts/model-shapes.mjs';

/** A matrix as rows. Everything here is float64 and written for being read, to hold the graphs against at any shape. */
type Rows = number[][];
type Weights = ReadonlyMap<string, Float32Array>;
const AUDIO = 'd2v_model.modality_encoders.AUDIO';

export function weightsOf(size: ModelSize): Map<string, Float32Array> {
  return new Map(seededTensors(size).map((tensor) => [tensor.name, new Float32Array(tensor.make().buffer as ArrayBuffer)]));
}

/** The reference's forward pass of one normalised clip: features [frames][width] and logits. */
export function plainForward(size: ModelSize, weights: Weights, waveform: Float32Array): { features: Rows; logits: number[] } {
  const norm = (x: Rows, name?: string): Rows => x.map((row) => normalize(row, name === undefined ? null : [weights.get(`${name}.weight`)!, weights.get(`${name}.bias`)!]));
  const linear = (x: Rows, name: string): Rows => {
    const bias = weights.get(`${name}.bias`)!;
    const matrix = weights.get(`${name}.weight`)!;
    return x.map((row) => Array.from(bias, (offset, out) => row.reduce((sum, value, index) => sum + value * matrix[out * row.length + index]!, offset)));
  };

  let x: Rows = Array.from(waveform, (sample) => [sample]);
  for (const [index, kernel] of size.kernels.entries()) {
    const convolved = convolve(x, weights.get(`${AUDIO}.local_encoder.conv_layers.${index}.0.weight`)!, { kernel, stride: index === 0 ? 5 : 2, groups: 1, bias: null });
    x = norm(convolved, `${AUDIO}.local_encoder.conv_layers.${index}.2.1`).map((row) => row.map(gelu));
  }
  x = linear(norm(x, `${AUDIO}.project_features.1`), `${AUDIO}.project_features.2`);
  let position = x;
  for (const [index, { kernel, groups }] of size.positional.entries()) {
    const name = `${AUDIO}.relative_positional_encoder.${index + 1}.0`;
    const zeros = (count: number): Rows => Array.from({ length: count }, () => new Array<number>(size.width).fill(0));
    const padded = [...zeros(Math.floor(kernel / 2)), ...position, ...zeros(Math.floor(kernel / 2))];
    const convolved = convolve(padded, weights.get(`${name}.weight`)!, { kernel, stride: 1, groups, bias: weights.get(`${name}.bias`)! }).slice(0, x.length);
    position = norm(convolved).map((row) => row.map(gelu));
  }
  x = x.map((row, frame) => row.map((value, column) => value + position[frame]![column]!));
  const tokens = weights.get(`${AUDIO}.extra_tokens`)!;
  const extra = Array.from({ length: size.extraTokens }, (_, token) => Array.from(tokens.slice(token * size.width, (token + 1) * size.width)));
  x = norm([...extra, ...x], `${AUDIO}.context_encoder.norm`);

  const blocks = [...Array.from({ length: size.prenet }, (_, index) => `${AUDIO}.context_encoder.blocks.${index}`), ...Array.from({ length: size.main }, (_, index) => `d2v_model.blocks.${index}`)];
  const scales = weights.get(`${AUDIO}.alibi_scale`)!;
  for (const block of blocks) {
    const attended = linear(attend(linear(x, `${block}.attn.qkv`), size, scales), `${block}.attn.proj`);
    const first = norm(plus(x, attended), `${block}.norm1`);
    const wide = linear(first, `${block}.mlp.fc1`).map((row) => row.map(gelu));
    x = norm(plus(first, linear(wide, `${block}.mlp.fc2`)), `${block}.norm2`);
  }
  const features = x.slice(size.extraTokens);
  const mean = features[0]!.map((_, column) => features.reduce((sum, row) => sum + row[column]!, 0) / features.length);
  return { features, logits: linear([mean], 'proj')[0]! };
}

function attend(qkv: Rows, size: ModelSize, scales: Float32Array): Rows {
  const headWidth = size.width / size.heads;
  const part = (row: number[], kind: number, head: number): number[] => row.slice(kind * size.width + head * headWidth, kind * size.width + (head + 1) * headWidth);
  const slopes = publishedSlopes(size.heads);
  return qkv.map((row, i) =>
    slopes.flatMap((slope, head) => {
      const scores = qkv.map((other, j) => {
        const product = part(row, 0, head).reduce((sum, value, index) => sum + value * part(other, 1, head)[index]!, 0) / Math.sqrt(headWidth);
        const isBetweenFrames = i >= size.extraTokens && j >= size.extraTokens;
        return product - (isBetweenFrames ? Math.abs(i - j) * slope * Math.max(0, scales[head]!) : 0);
      });
      const largest = Math.max(...scores);
      const powers = scores.map((score) => Math.exp(score - largest));
      const sum = powers.reduce((total, power) => total + power, 0);
      return Array.from({ length: headWidth }, (_, column) => powers.reduce((total, power, j) => total + (power / sum) * part(qkv[j]!, 2, head)[column]!, 0));
    }),
  );
}

/** Written out where the reference gives numbers, so that the code under test is not checked against itself. */
function publishedSlopes(heads: number): number[] {
  if (heads === 12) return [1, 2, 3, 4, 5, 6, 7, 8, 0.5, 1.5, 2.5, 3.5].map((power) => 2 ** -power);
  if ([2, 4, 8, 16].includes(heads)) return Array.from({ length: heads }, (_, head) => 2 ** ((-8 * (head + 1)) / heads));
  throw new Error(`no slopes are written out for ${heads} heads`);
}

function convolve(x: Rows, weight: Float32Array, { kernel, stride, groups, bias }: { kernel: number; stride: number; groups: number; bias: Float32Array | null }): Rows {
  const perGroup = x[0]!.length / groups;
  const outputs = weight.length / perGroup / kernel;
  const frames = Math.floor((x.length - kernel) / stride) + 1;
  return Array.from({ length: frames }, (_, frame) =>
    Array.from({ length: outputs }, (__, out) => {
      const firstInput = Math.floor(out / (outputs / groups)) * perGroup;
      let sum = bias?.[out] ?? 0;
      for (let input = 0; input < perGroup; input += 1) for (let tap = 0; tap < kernel; tap += 1) sum += weight[(out * perGroup + input) * kernel + tap]! * x[frame * stride + tap]![firstInput + input]!;
      return sum;
    }),
  );
}

function normalize(row: number[], affine: readonly [Float32Array, Float32Array] | null): number[] {
  const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
  const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
  return row.map((value, index) => ((value - mean) / Math.sqrt(variance + 1e-5)) * (affine?.[0][index] ?? 1) + (affine?.[1][index] ?? 0));
}

function plus(a: Rows, b: Rows): Rows {
  return a.map((row, index) => row.map((value, column) => value + b[index]![column]!));
}

function gelu(value: number): number {
  return 0.5 * value * (1 + erf(value / Math.SQRT2));
}

/** By its series up to 3 and its continued fraction beyond: exact to 1e-12. */
function erf(x: number): number {
  const size = Math.abs(x);
  if (size < 3) {
    let [term, sum] = [size, size];
    for (let n = 1; n < 120; n += 1) {
      term *= (-size * size) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = size;
  for (let n = 60; n > 0; n -= 1) fraction = size + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-size * size) / fraction / Math.sqrt(Math.PI));
}
