import type { SpeechRegion } from '../domain/analysis.js';
import { SAMPLE_RATE_HZ } from '../domain/pcm.js';

const FRAME_SAMPLES = SAMPLE_RATE_HZ / 100;
/** Frames of 10 ms. */
export const LEVEL_FRAME_SECONDS = FRAME_SAMPLES / SAMPLE_RATE_HZ;
/** Level given to digital silence. */
export const LOWEST_DBFS = -140;

const BIN_DB = 0.1;
const HIGHEST_DBFS = 60;

const dbOfPower = (power: number): number => Math.min(HIGHEST_DBFS, Math.max(LOWEST_DBFS, 10 * Math.log10(power + 1e-20)));

/** The level of every 10 ms, kept as one float each (1.4 MB an hour). */
export class FrameLevels {
  private levels = new Float32Array(6000);
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
    if (this.count === this.levels.length) {
      const larger = new Float32Array(2 * this.levels.length);
      larger.set(this.levels);
      this.levels = larger;
    }
    this.levels[this.count++] = dbOfPower(this.sum / this.filled);
    this.sum = 0;
    this.filled = 0;
  }

  /** dBFS (RMS) of every 10 ms so far; the last one may be shorter. */
  all(): Float32Array {
    if (this.filled > 0) this.flush();
    return this.levels.subarray(0, this.count);
  }

  /** Mean power as a level; null where there is nothing but digital silence. */
  meanDbfs(startSeconds: number, endSeconds: number): number | null {
    const levels = this.all();
    const first = Math.max(0, Math.floor(startSeconds / LEVEL_FRAME_SECONDS));
    const last = Math.min(levels.length, Math.ceil(endSeconds / LEVEL_FRAME_SECONDS));
    let power = 0;
    for (let frame = first; frame < last; frame++) if (levels[frame]! > LOWEST_DBFS) power += 10 ** (levels[frame]! / 10);
    return power === 0 ? null : 10 * Math.log10(power / (last - first));
  }
}

/** Levels counted in steps of 0.1 dB: percentiles of hours without sorting them. */
export class LevelHistogram {
  private readonly bins = new Uint32Array((HIGHEST_DBFS - LOWEST_DBFS) / BIN_DB + 1);
  private power = 0;
  count = 0;

  add(level: number): void {
    this.bins[Math.round((level - LOWEST_DBFS) / BIN_DB)]!++;
    this.power += level <= LOWEST_DBFS ? 0 : 10 ** (level / 10);
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
    return this.count === 0 ? 0 : this.power / this.count;
  }
}

/** Calls back for every frame with whether it lies inside a region. Regions are sorted and do not overlap. */
export function eachFrame(levels: Float32Array, regions: readonly SpeechRegion[], visit: (level: number, isSpeech: boolean, frame: number) => void): void {
  let at = 0;
  for (let frame = 0; frame < levels.length; frame++) {
    const middle = (frame + 0.5) * LEVEL_FRAME_SECONDS;
    while (at < regions.length && regions[at]!.endSeconds <= middle) at++;
    visit(levels[frame]!, at < regions.length && regions[at]!.startSeconds <= middle, frame);
  }
}
