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

/** Under −60 dBFS an offset is left in: nothing is heard or missed for it, and digital silence stays what it is. */
const MIN_OFFSET = 0.001;
/** What the quietest frames and the whole are both off centre by is the recorder's; loud voices are by nature. */
const QUIETEST_SHARE = 0.1;

/** Mean power of every 10 ms without the recorder's constant offset, which is no sound (4.3 MB an hour). */
export class FrameLevels {
  private variances: Float32Array = new Float32Array(6000);
  private means: Float32Array = new Float32Array(6000);
  private powers: Float32Array = new Float32Array(0);
  private count = 0;
  private sum = 0;
  private squares = 0;
  private filled = 0;

  add(samples: Float32Array): void {
    for (const x of samples) {
      this.sum += x;
      this.squares += x * x;
      if (++this.filled === FRAME_SAMPLES) this.flush();
    }
  }

  private flush(): void {
    if (this.count === this.variances.length) {
      this.variances = doubled(this.variances);
      this.means = doubled(this.means);
    }
    const mean = this.sum / this.filled;
    this.means[this.count] = mean;
    this.variances[this.count++] = Math.max(0, this.squares / this.filled - mean * mean);
    this.sum = 0;
    this.squares = 0;
    this.filled = 0;
  }

  /** Mean power of every 10 ms so far; the last one may be shorter. */
  all(): Float32Array {
    if (this.filled > 0) this.flush();
    if (this.powers.length !== this.count) {
      const offset = this.offset();
      this.powers = Float32Array.from({ length: this.count }, (_, frame) => this.variances[frame]! + (this.means[frame]! - offset) ** 2);
    }
    return this.powers;
  }

  private offset(): number {
    const levels = new LevelHistogram();
    for (let frame = 0; frame < this.count; frame++) levels.add(this.variances[frame]!);
    const limit = 10 ** (((levels.percentile(QUIETEST_SHARE) ?? 0) + BIN_DB) / 10);
    const quiet = { sum: 0, count: 0 };
    let sum = 0;
    for (let frame = 0; frame < this.count; frame++) {
      sum += this.means[frame]!;
      if (this.variances[frame]! > limit) continue;
      quiet.sum += this.means[frame]!;
      quiet.count++;
    }
    const [ofQuiet, ofAll] = [quiet.sum / Math.max(1, quiet.count), sum / Math.max(1, this.count)];
    const offset = Math.sign(ofQuiet) === Math.sign(ofAll) ? Math.sign(ofAll) * Math.min(Math.abs(ofQuiet), Math.abs(ofAll)) : 0;
    return Math.abs(offset) < MIN_OFFSET ? 0 : offset;
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

function doubled(values: Float32Array): Float32Array {
  const larger = new Float32Array(2 * values.length);
  larger.set(values);
  return larger;
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
