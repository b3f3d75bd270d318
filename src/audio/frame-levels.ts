import { SAMPLE_RATE_HZ } from '../domain/pcm.js';

const FRAME_SAMPLES = SAMPLE_RATE_HZ / 100;
/** Frames of 10 ms. */
export const LEVEL_FRAME_SECONDS = FRAME_SAMPLES / SAMPLE_RATE_HZ;
/** Level given to digital silence. */
export const LOWEST_DBFS = -140;

const BIN_DB = 0.1;
const HIGHEST_DBFS = 60;

/** dBFS of a mean power, within what the histogram holds. */
export const dbOfPower = (power: number): number => Math.min(HIGHEST_DBFS, Math.max(LOWEST_DBFS, 10 * Math.log10(power + 1e-20)));

/** Mean power of every 10 ms, kept as one float each (1.4 MB an hour). */
export class FrameLevels {
  private powers = new Float32Array(6000);
  private count = 0;
  private sum = 0;
  private filled = 0;

  add(samples: Float32Array): void {
    for (const x of samples) {
      this.sum += x * x;
      if (++this.filled === FRAME_SAMPLES) this.flush();
    }
  }

  private flush(): void {
    if (this.count === this.powers.length) {
      const larger = new Float32Array(2 * this.powers.length);
      larger.set(this.powers);
      this.powers = larger;
    }
    this.powers[this.count++] = this.sum / this.filled;
    this.sum = 0;
    this.filled = 0;
  }

  /** Mean power of every 10 ms so far; the last one may be shorter. */
  all(): Float32Array {
    if (this.filled > 0) this.flush();
    return this.powers.subarray(0, this.count);
  }

  /** Mean power of a stretch as a level in dBFS (RMS); null for digital silence. */
  meanDbfs(startSeconds: number, endSeconds: number): number | null {
    const powers = this.all();
    const first = Math.max(0, Math.floor(startSeconds / LEVEL_FRAME_SECONDS));
    const last = Math.min(powers.length, Math.ceil(endSeconds / LEVEL_FRAME_SECONDS));
    let sum = 0;
    for (let frame = first; frame < last; frame++) sum += powers[frame]!;
    return sum === 0 ? null : dbOfPower(sum / (last - first));
  }
}

/** Levels counted in steps of 0.1 dB: percentiles of hours without sorting them. */
export class LevelHistogram {
  private readonly bins = new Uint32Array((HIGHEST_DBFS - LOWEST_DBFS) / BIN_DB + 1);
  private sum = 0;
  count = 0;

  add(power: number): void {
    this.bins[Math.round((dbOfPower(power) - LOWEST_DBFS) / BIN_DB)]!++;
    this.sum += power;
    this.count++;
  }

  /** dBFS under which the given share (0 to 1) of the frames lies; null without frames. */
  percentile(share: number): number | null {
    let below = 0;
    for (let bin = 0; bin < this.bins.length && this.count > 0; bin++) {
      below += this.bins[bin]!;
      if (below >= share * this.count && below > 0) return LOWEST_DBFS + bin * BIN_DB;
    }
    return null;
  }

  meanPower(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }
}
