import { SAMPLE_RATE_HZ } from '../domain/pcm.js';
import { Fft } from './fft.js';

/** One comparison: about half a second, long enough that two independent voices do not resemble each other by chance. */
export const BLOCK_SAMPLES = 8192;
/** A leak may come late: through the air, an echo canceller or a conference bridge. */
const LARGEST_LAG_SAMPLES = SAMPLE_RATE_HZ / 20;
/** First difference: without it the low harmonics of any two voices resemble each other. */
const PRE_EMPHASIS = 0.95;

export interface ChannelRelation {
  /** Highest normalised correlation within ±50 ms, 0 to 1; 0 where one of the two is digital silence. */
  readonly correlation: number;
  /** Energy of the first over that of the second, in dB. */
  readonly levelDifferenceDb: number;
}

/** Compares equally long pieces of two channels. Its tables and buffers are made once; 5 ms a block. */
export class ChannelComparison {
  readonly #fft = new Fft(2 * BLOCK_SAMPLES);
  readonly #real = new Float64Array(2 * BLOCK_SAMPLES);
  readonly #imaginary = new Float64Array(2 * BLOCK_SAMPLES);
  readonly #crossReal = new Float64Array(2 * BLOCK_SAMPLES);
  readonly #crossImaginary = new Float64Array(2 * BLOCK_SAMPLES);

  /** At most BLOCK_SAMPLES of each; what is beyond is not looked at. */
  compare(first: Float32Array, second: Float32Array): ChannelRelation {
    const firstEnergy = emphasise(first, this.#real);
    const secondEnergy = emphasise(second, this.#imaginary);
    if (firstEnergy === 0 || secondEnergy === 0) return { correlation: 0, levelDifferenceDb: 10 * Math.log10((firstEnergy + 1e-12) / (secondEnergy + 1e-12)) };
    this.#crossSpectrum();
    this.#fft.transform(this.#crossReal, this.#crossImaginary);
    let largest = 0;
    const length = this.#crossReal.length;
    for (let lag = -LARGEST_LAG_SAMPLES; lag <= LARGEST_LAG_SAMPLES; lag++) largest = Math.max(largest, Math.abs(this.#crossReal[(lag + length) % length]!));
    return { correlation: Math.min(1, largest / length / Math.sqrt(firstEnergy * secondEnergy)), levelDifferenceDb: 10 * Math.log10(firstEnergy / secondEnergy) };
  }

  /** Both real signals go through one transform as real and imaginary part; A·conj(B) is taken from its symmetries. */
  #crossSpectrum(): void {
    const length = this.#real.length;
    this.#fft.transform(this.#real, this.#imaginary);
    for (let k = 0; k < length; k++) {
      const mirrored = (length - k) % length;
      const aRe = (this.#real[k]! + this.#real[mirrored]!) / 2;
      const aIm = (this.#imaginary[k]! - this.#imaginary[mirrored]!) / 2;
      const bRe = (this.#imaginary[k]! + this.#imaginary[mirrored]!) / 2;
      const bIm = (this.#real[mirrored]! - this.#real[k]!) / 2;
      this.#crossReal[k] = aRe * bRe + aIm * bIm;
      this.#crossImaginary[k] = aIm * bRe - aRe * bIm;
    }
  }
}

/** Fills `target`, zero-padded; answers the energy of what it holds. */
function emphasise(samples: Float32Array, target: Float64Array): number {
  target.fill(0);
  let energy = 0;
  const count = Math.min(samples.length, BLOCK_SAMPLES);
  for (let i = 1; i < count; i++) {
    const value = samples[i]! - PRE_EMPHASIS * samples[i - 1]!;
    target[i] = value;
    energy += value * value;
  }
  return energy;
}
