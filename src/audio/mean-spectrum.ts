import { SAMPLE_RATE_HZ } from '../domain/pcm.js';
import { Fft } from './fft.js';

const FRAME_SAMPLES = 1024;
const BINS_PER_BAND = 8;
const BAND_COUNT = FRAME_SAMPLES / 2 / BINS_PER_BAND;
/** Width of one band. */
export const BAND_HZ = (SAMPLE_RATE_HZ / FRAME_SAMPLES) * BINS_PER_BAND;
// Frames this far under full scale hold no speech to look at, only the noise of the converter.
const AUDIBLE_POWER = 10 ** (-65 / 10);
// Where speech ends and the floor begins, under the loudest band.
const FLOOR_DB = 62;

/** Power spectrum averaged over the audible frames, in bands of 125 Hz. */
export class MeanSpectrum {
  private readonly fft = new Fft(FRAME_SAMPLES);
  // Blackman-Harris: its side lobes lie 92 dB down, so that a loud low voice does not leak into the bands above.
  private readonly taper = Float64Array.from({ length: FRAME_SAMPLES }, (_, i) => {
    const phase = (2 * Math.PI * i) / FRAME_SAMPLES;
    return 0.35875 - 0.48829 * Math.cos(phase) + 0.14128 * Math.cos(2 * phase) - 0.01168 * Math.cos(3 * phase);
  });
  private readonly real = new Float64Array(FRAME_SAMPLES);
  private readonly imaginary = new Float64Array(FRAME_SAMPLES);
  private readonly powers = new Float64Array(BAND_COUNT);
  private filled = 0;
  private frameCount = 0;

  add(samples: Float32Array): void {
    for (const x of samples) {
      // Two real frames travel through one complex transform: one as its real part, one as its imaginary part.
      if (this.filled < FRAME_SAMPLES) this.real[this.filled] = x;
      else this.imaginary[this.filled - FRAME_SAMPLES] = x;
      if (++this.filled === 2 * FRAME_SAMPLES) this.flush();
    }
  }

  private flush(): void {
    const { real, imaginary, taper } = this;
    this.filled = 0;
    let power = 0;
    for (let i = 0; i < FRAME_SAMPLES; i++) power += real[i]! ** 2 + imaginary[i]! ** 2;
    if (power / (2 * FRAME_SAMPLES) >= AUDIBLE_POWER) {
      for (let i = 0; i < FRAME_SAMPLES; i++) {
        real[i]! *= taper[i]!;
        imaginary[i]! *= taper[i]!;
      }
      this.fft.transform(real, imaginary);
      // |Z[k]|² + |Z[N-k]|² is twice the sum of both frames' powers.
      for (let bin = 1; bin < FRAME_SAMPLES / 2; bin++) {
        const mirror = FRAME_SAMPLES - bin;
        this.powers[Math.floor(bin / BINS_PER_BAND)]! += real[bin]! ** 2 + imaginary[bin]! ** 2 + real[mirror]! ** 2 + imaginary[mirror]! ** 2;
      }
      this.frameCount += 2;
    }
    real.fill(0);
    imaginary.fill(0);
  }

  /** Level of each band in dB relative to the loudest; null before the first audible frame. */
  bandLevelsDb(): Float64Array | null {
    // A frame that breaks off spreads over all bands: it only counts where there is no other.
    if (this.filled > 0 && this.frameCount === 0) this.flush();
    const loudest = Math.max(...this.powers);
    return this.frameCount === 0 || loudest === 0 ? null : this.powers.map((power) => 10 * Math.log10(power / loudest + 1e-30));
  }

  /** Upper edge in Hz of the highest band that still carries signal; null before the first audible frame. */
  effectiveBandwidthHz(): number | null {
    const levels = this.bandLevelsDb();
    if (levels === null) return null;
    const highest = levels.findLastIndex((level) => level > -FLOOR_DB);
    return (highest + 1) * BAND_HZ;
  }
}
