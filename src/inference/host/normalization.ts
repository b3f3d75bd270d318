/**
 * Writes `samples` to `target` at `offset`, normalised as the manifest asks. False when a sample is not finite.
 *
 * `zscore-f64` is (x - mean) / sqrt(var + 1e-5) with the biased variance of the clip, in float64: in float32 a quiet clip
 * with a DC offset comes out 3.5e-4 wrong, which the model then amplifies. The mean alone is rounded to float32 before it
 * is subtracted, because the reference does so: otherwise the features of such a clip are 4e-5 away from its numbers.
 */
export function writeNormalized(samples: Float32Array, normalization: 'none' | 'zscore-f64', target: Float32Array, offset: number): boolean {
  const sum = sumOf(samples);
  if (!Number.isFinite(sum)) return false;
  if (normalization === 'none') {
    target.set(samples, offset);
    return true;
  }
  const mean = Math.fround(sum / samples.length);
  let squares = 0;
  for (const sample of samples) squares += (sample - mean) * (sample - mean);
  const deviation = Math.sqrt(squares / samples.length + 1e-5);
  for (let i = 0; i < samples.length; i++) target[offset + i] = (samples[i]! - mean) / deviation;
  return true;
}

/** One clip by itself, `zscore-f64`. Silence gives zeros. */
export function normalizeClip(samples: Float32Array): Float32Array {
  const normalized = new Float32Array(samples.length);
  writeNormalized(samples, 'zscore-f64', normalized, 0);
  return normalized;
}

/** In float64; not finite exactly where a sample is not (float32 values cannot overflow it). */
export function sumOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample;
  return sum;
}
