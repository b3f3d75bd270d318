/** A stretch of digital silence between audible samples. */
export interface ZeroRun {
  readonly startSample: number;
  readonly sampleCount: number;
}

const FULL_SCALE = 0.9995;
// Resampling rounds a clipped top off: it swings over full scale and back. Such a run counts whole from here on.
const NEAR_FULL_SCALE = 0.97;
const OVER_FULL_SCALE = 1.0005;
const MIN_FLAT_SAMPLES = 3;
/** Under half a step of 16 bits: nothing a recorder could have written but zero. */
const ZERO = 1.5e-5;
const MIN_ZERO_SAMPLES = 160;
const MAX_ZERO_SAMPLES = 16_000;
const MAX_ZERO_RUNS = 100_000;

/** Peak, mean, clipped samples and runs of zeros in one pass; state carries over from piece to piece. */
export class SampleScan {
  sampleCount = 0;
  peak = 0;
  clippedSamples = 0;
  readonly zeroRuns: ZeroRun[] = [];
  private sum = 0;
  private zeroLength = 0;
  private nearLength = 0;
  private flatLength = 0;
  private longestFlat = 0;
  private isOver = false;

  add(samples: Float32Array): void {
    let { peak, sum, zeroLength } = this;
    const offset = this.sampleCount;
    for (let i = 0; i < samples.length; i++) {
      const x = samples[i]!;
      const size = Math.abs(x);
      sum += x;
      if (size > peak) peak = size;
      if (size >= NEAR_FULL_SCALE) this.extendClip(size);
      else if (this.nearLength > 0) this.endClip();
      if (size <= ZERO) zeroLength++;
      else if (zeroLength > 0) {
        this.endZeros(offset + i, zeroLength);
        zeroLength = 0;
      }
    }
    this.peak = peak;
    this.sum = sum;
    this.zeroLength = zeroLength;
    this.sampleCount += samples.length;
  }

  private extendClip(size: number): void {
    this.nearLength++;
    this.flatLength = size >= FULL_SCALE ? this.flatLength + 1 : 0;
    if (this.flatLength > this.longestFlat) this.longestFlat = this.flatLength;
    if (size > OVER_FULL_SCALE) this.isOver = true;
  }

  /** A full-scale sine touches the top for a sample or two; only a flat top is clipping. */
  private endClip(): void {
    if (this.isOver || this.longestFlat >= MIN_FLAT_SAMPLES) this.clippedSamples += this.nearLength;
    this.nearLength = 0;
    this.flatLength = 0;
    this.longestFlat = 0;
    this.isOver = false;
  }

  private endZeros(end: number, sampleCount: number): void {
    const startSample = end - sampleCount;
    const isInside = startSample > 0 && sampleCount >= MIN_ZERO_SAMPLES && sampleCount <= MAX_ZERO_SAMPLES;
    if (isInside && this.zeroRuns.length < MAX_ZERO_RUNS) this.zeroRuns.push({ startSample, sampleCount });
  }

  /** Share of all samples that lie in clipped runs. */
  clippingRatio(): number {
    if (this.nearLength > 0) this.endClip();
    return this.sampleCount === 0 ? 0 : this.clippedSamples / this.sampleCount;
  }

  /** Mean of all samples, relative to full scale. */
  dcOffset(): number {
    return this.sampleCount === 0 ? 0 : this.sum / this.sampleCount;
  }
}
