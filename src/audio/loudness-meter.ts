import { SAMPLE_RATE_HZ } from '../domain/pcm.js';

interface Biquad {
  readonly b: readonly [number, number, number];
  readonly a: readonly [number, number];
}

// The two K-weighting filters of ITU-R BS.1770, given there only for 48 kHz; these are the analogue prototypes behind
// them (as in EBU's libebur128), so that they can be made for 16 kHz.
function shelf(rateHz: number): Biquad {
  const k = Math.tan((Math.PI * 1681.974450955533) / rateHz);
  const q = 0.7071752369554196;
  const gain = 10 ** (3.999843853973347 / 20);
  const middle = gain ** 0.4996667741545416;
  const scale = 1 + k / q + k * k;
  return {
    b: [(gain + (middle * k) / q + k * k) / scale, (2 * (k * k - gain)) / scale, (gain - (middle * k) / q + k * k) / scale],
    a: [(2 * (k * k - 1)) / scale, (1 - k / q + k * k) / scale],
  };
}

function highPass(rateHz: number): Biquad {
  const k = Math.tan((Math.PI * 38.13547087602444) / rateHz);
  const q = 0.5003270373238773;
  const scale = 1 + k / q + k * k;
  return { b: [1, -2, 1], a: [(2 * (k * k - 1)) / scale, (1 - k / q + k * k) / scale] };
}

const STEP_SAMPLES = SAMPLE_RATE_HZ / 10;
const STEPS_PER_BLOCK = 4;
const ABSOLUTE_GATE_LUFS = -70;
const RELATIVE_GATE_LU = -10;

const lufsOf = (power: number): number => -0.691 + 10 * Math.log10(power);
const powerOf = (lufs: number): number => 10 ** ((lufs + 0.691) / 10);

/** Integrated loudness (EBU R128) of 16 kHz mono, for files that never pass through ffmpeg. Feed it in order; costs 24 bytes a second. */
export class LoudnessMeter {
  private readonly shelf = shelf(SAMPLE_RATE_HZ);
  private readonly highPass = highPass(SAMPLE_RATE_HZ);
  private readonly state = new Float64Array(4);
  private readonly stepPowers: number[] = [];
  private sum = 0;
  private filled = 0;

  add(samples: Float32Array): void {
    const [b0, b1, b2] = this.shelf.b;
    const [a1, a2] = this.shelf.a;
    const [c1, c2] = this.highPass.a;
    let [s1 = 0, s2 = 0, h1 = 0, h2 = 0] = this.state;
    for (const x of samples) {
      const shelved = b0 * x + s1;
      s1 = b1 * x - a1 * shelved + s2;
      s2 = b2 * x - a2 * shelved;
      const weighted = shelved + h1;
      h1 = -2 * shelved - c1 * weighted + h2;
      h2 = shelved - c2 * weighted;
      this.sum += weighted * weighted;
      if (++this.filled === STEP_SAMPLES) {
        this.stepPowers.push(this.sum / STEP_SAMPLES);
        this.sum = 0;
        this.filled = 0;
      }
    }
    this.state.set([s1, s2, h1, h2]);
  }

  /** LUFS; null when everything is under the absolute gate or shorter than one block of 400 ms. */
  integratedLufs(): number | null {
    const blocks: number[] = [];
    for (let i = STEPS_PER_BLOCK; i <= this.stepPowers.length; i++) {
      blocks.push(this.stepPowers.slice(i - STEPS_PER_BLOCK, i).reduce((sum, power) => sum + power, 0) / STEPS_PER_BLOCK);
    }
    const audible = blocks.filter((power) => power > powerOf(ABSOLUTE_GATE_LUFS));
    if (audible.length === 0) return null;
    const mean = (powers: readonly number[]): number => powers.reduce((sum, power) => sum + power, 0) / powers.length;
    const gate = powerOf(lufsOf(mean(audible)) + RELATIVE_GATE_LU);
    const loud = audible.filter((power) => power > gate);
    return loud.length === 0 ? null : Math.round(lufsOf(mean(loud)) * 10) / 10;
  }
}
