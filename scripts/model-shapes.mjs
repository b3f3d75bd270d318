// Shapes and seeded made-up weights of Emotion2Vec+ models of any size, for tests and benchmarks. Same seed, same bytes.
const AUDIO = 'd2v_model.modality_encoders.AUDIO';

export const LARGE = { width: 1024, heads: 16, prenet: 4, main: 8, hidden: 4096, extraTokens: 10, classes: 9, channels: new Array(7).fill(512), kernels: [10, 3, 3, 3, 3, 2, 2], positional: new Array(5).fill({ kernel: 19, groups: 16 }) };
export const BASE = { ...LARGE, width: 768, heads: 12, hidden: 3072 };

/** Every tensor of such a model: `[name, shape]`, in the order of the published file. */
export function modelShapes(size) {
  const { width, hidden } = size;
  const affine = (prefix, count) => [[`${prefix}.weight`, [count]], [`${prefix}.bias`, [count]]];
  const linear = (prefix, rows, columns) => [[`${prefix}.weight`, [rows, columns]], [`${prefix}.bias`, [rows]]];
  const block = (prefix) => [
    ...affine(`${prefix}.norm1`, width), ...linear(`${prefix}.attn.qkv`, 3 * width, width), ...linear(`${prefix}.attn.proj`, width, width),
    ...affine(`${prefix}.norm2`, width), ...linear(`${prefix}.mlp.fc1`, hidden, width), ...linear(`${prefix}.mlp.fc2`, width, hidden),
  ];
  const range = (count) => Array.from({ length: count }, (_, index) => index);
  return [
    [`${AUDIO}.extra_tokens`, [1, size.extraTokens, width]],
    [`${AUDIO}.alibi_scale`, [1, 1, size.heads, 1, 1]],
    ...size.channels.flatMap((channels, index) => [
      [`${AUDIO}.local_encoder.conv_layers.${index}.0.weight`, [channels, index === 0 ? 1 : size.channels[index - 1], size.kernels[index]]],
      ...affine(`${AUDIO}.local_encoder.conv_layers.${index}.2.1`, channels),
    ]),
    ...affine(`${AUDIO}.project_features.1`, size.channels.at(-1)),
    ...linear(`${AUDIO}.project_features.2`, width, size.channels.at(-1)),
    ...size.positional.flatMap(({ kernel, groups }, index) => [
      [`${AUDIO}.relative_positional_encoder.${index + 1}.0.weight`, [width, width / groups, kernel]],
      [`${AUDIO}.relative_positional_encoder.${index + 1}.0.bias`, [width]],
    ]),
    ...affine(`${AUDIO}.context_encoder.norm`, width),
    ...range(size.prenet).flatMap((index) => block(`${AUDIO}.context_encoder.blocks.${index}`)),
    ...range(size.main).flatMap((index) => block(`d2v_model.blocks.${index}`)),
    ...linear('proj', size.classes, width),
  ];
}

/**
 * Weights that keep activations in the range of a trained model: norms near 1, biases near 0, matrices with a spread of
 * 1/√(inputs), scales of attention near 1.
 */
export function seededTensors(size, seed = 1) {
  return modelShapes(size).map(([name, shape], index) => ({
    name,
    type: 'f32',
    shape,
    make: () => {
      const random = gaussian(seed * 100_003 + index);
      const count = shape.reduce((product, value) => product * value, 1);
      const inputs = shape.length > 1 ? shape.slice(1).reduce((product, value) => product * value, 1) : 1;
      const isNorm = /(norm\d?|\.2\.1|project_features\.1)\.weight$/.test(name);
      const [centre, spread] = name.endsWith('alibi_scale') ? [1, 0.3] : isNorm ? [1, 0.1] : shape.length === 1 ? [0, 0.05] : name.endsWith('extra_tokens') ? [0, 0.5] : [0, 1 / Math.sqrt(inputs)];
      const values = new Float32Array(count);
      for (let at = 0; at < count; at += 1) values[at] = centre + spread * random();
      return new Uint8Array(values.buffer);
    },
  }));
}

function gaussian(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  let spare = null;
  return () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}
