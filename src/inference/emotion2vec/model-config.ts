/** One convolution of the front end. `stride` is not in any tensor: the family uses 5, then 2. */
export interface ConvolutionConfig {
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
}

/** The shape of an Emotion2Vec+ model, all of it inferred from its tensors. */
export interface ModelConfig {
  readonly embeddingDimension: number;
  readonly headCount: number;
  readonly prenetBlockCount: number;
  readonly mainBlockCount: number;
  readonly hiddenDimension: number;
  readonly extraTokenCount: number;
  readonly classCount: number;
  readonly convolutions: readonly ConvolutionConfig[];
  readonly positional: readonly { readonly kernel: number; readonly groups: number }[];
}

/** Samples between two frames: the product of the strides (320 for the published models). */
export function frameHopSamples(config: ModelConfig): number {
  return config.convolutions.reduce((product, { stride }) => product * stride, 1);
}

/** Samples that one frame sees, which is also the shortest input (400 for the published models). */
export function receptiveFieldSamples(config: ModelConfig): number {
  return config.convolutions.reduceRight((samples, { kernel, stride }) => (samples - 1) * stride + kernel, 1);
}

/** Frames of a clip; 0 when it is shorter than the receptive field. */
export function frameCountOf(config: ModelConfig, sampleCount: number): number {
  return config.convolutions.reduce((rows, { kernel, stride }) => (rows < kernel ? 0 : Math.floor((rows - kernel) / stride) + 1), sampleCount);
}

/**
 * ALiBi slopes by head: a geometric series for a power of two, otherwise that of the next lower power, filled up with
 * every second slope of the next higher one.
 */
export function alibiSlopes(headCount: number): number[] {
  const lower = 2 ** Math.floor(Math.log2(headCount));
  const series = (count: number): number[] => Array.from({ length: count }, (_, head) => 2 ** ((-8 * (head + 1)) / count));
  if (lower === headCount) return series(headCount);
  const between = alibiSlopes(2 * lower).filter((_, index) => index % 2 === 0);
  return [...series(lower), ...between.slice(0, headCount - lower)];
}
