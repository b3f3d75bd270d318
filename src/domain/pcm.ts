/** The one rate inside the platform. Everything is decoded to it once, by soxr. */
export const SAMPLE_RATE_HZ = 16_000;

/**
 * Mono float32 samples at 16 kHz, nominally in [-1, 1], readable by range: short recordings are held in memory, long
 * ones in a temporary file, and nobody who reads needs to know which.
 */
export interface PcmSource {
  readonly sampleCount: number;
  /** Samples [from, to), clamped to the ends; a fresh array the caller may keep and transfer. */
  read(from: number, to: number): Promise<Float32Array>;
  /** Gives back memory or the temporary file. Safe to call twice. */
  dispose(): Promise<void>;
}

export function secondsToSamples(seconds: number): number {
  return Math.round(seconds * SAMPLE_RATE_HZ);
}

export function samplesToSeconds(samples: number): number {
  return samples / SAMPLE_RATE_HZ;
}
