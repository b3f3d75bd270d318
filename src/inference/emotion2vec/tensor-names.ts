import type { ModelConfig } from './model-config.js';

/** Names of the published state dict. */
export const AUDIO = 'd2v_model.modality_encoders.AUDIO';
export const EXTRA_TOKENS = `${AUDIO}.extra_tokens`;
export const ALIBI_SCALE = `${AUDIO}.alibi_scale`;
export const PROJECT = `${AUDIO}.project_features`;
export const CONTEXT_NORM = `${AUDIO}.context_encoder.norm`;
export const HEAD = 'proj';

export const convolutionName = (index: number): string => `${AUDIO}.local_encoder.conv_layers.${index}.0.weight`;
export const convolutionNorm = (index: number): string => `${AUDIO}.local_encoder.conv_layers.${index}.2.1`;
/** Counted from 1, as in the file: position 0 is a module without weights. */
export const positionalName = (index: number): string => `${AUDIO}.relative_positional_encoder.${index}.0`;
export const prenetBlock = (index: number): string => `${AUDIO}.context_encoder.blocks.${index}`;
export const mainBlock = (index: number): string => `d2v_model.blocks.${index}`;

/** Prefixes of all transformer blocks in the order they run. */
export function blockNames(config: ModelConfig): string[] {
  const prenet = Array.from({ length: config.prenetBlockCount }, (_, index) => prenetBlock(index));
  const main = Array.from({ length: config.mainBlockCount }, (_, index) => mainBlock(index));
  return [...prenet, ...main];
}

/** Every tensor that a model of this configuration has, with its shape; nothing more and nothing less may be there. */
export function expectedShapes(config: ModelConfig): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  const affine = (prefix: string, size: number): void => void shapes.set(`${prefix}.weight`, [size]).set(`${prefix}.bias`, [size]);
  const linear = (prefix: string, rows: number, columns: number): void => void shapes.set(`${prefix}.weight`, [rows, columns]).set(`${prefix}.bias`, [rows]);
  const { embeddingDimension: width, hiddenDimension: hidden } = config;

  let channels = 1;
  for (const [index, convolution] of config.convolutions.entries()) {
    shapes.set(convolutionName(index), [convolution.channels, channels, convolution.kernel]);
    affine(convolutionNorm(index), convolution.channels);
    ({ channels } = convolution);
  }
  affine(`${PROJECT}.1`, channels);
  linear(`${PROJECT}.2`, width, channels);
  for (const [index, { kernel, groups }] of config.positional.entries()) {
    shapes.set(`${positionalName(index + 1)}.weight`, [width, width / groups, kernel]).set(`${positionalName(index + 1)}.bias`, [width]);
  }
  shapes.set(EXTRA_TOKENS, [1, config.extraTokenCount, width]).set(ALIBI_SCALE, [1, 1, config.headCount, 1, 1]);
  affine(CONTEXT_NORM, width);
  for (const block of blockNames(config)) {
    linear(`${block}.attn.qkv`, 3 * width, width);
    linear(`${block}.attn.proj`, width, width);
    affine(`${block}.norm1`, width);
    linear(`${block}.mlp.fc1`, hidden, width);
    linear(`${block}.mlp.fc2`, width, hidden);
    affine(`${block}.norm2`, width);
  }
  linear(HEAD, config.classCount, width);
  return shapes;
}
