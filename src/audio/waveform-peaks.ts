import { setImmediate as nextTurn } from 'node:timers/promises';
import { SAMPLE_RATE_HZ } from '../domain/pcm.js';
import type { PcmSource } from '../domain/pcm.js';
import { readChunks } from './pcm-source.js';

/** The outline of a waveform: for each bucket its lowest and highest sample in steps of 1/127 of full scale. */
export interface WaveformPeaks {
  readonly bucketSeconds: number;
  readonly min: Int8Array;
  readonly max: Int8Array;
}

// Rounded away from zero: a quiet sound must not vanish from the picture.
const toStep = (x: number): number => Math.max(-127, Math.min(127, x < 0 ? Math.floor(x * 127) : Math.ceil(x * 127)));

/** Gathers peaks as samples pass by; the length must be known before. */
export class WaveformPeaksMeter {
  private readonly min: Int8Array;
  private readonly max: Int8Array;
  private position = 0;

  constructor(private readonly sampleCount: number, private readonly bucketCount: number) {
    if (!Number.isInteger(bucketCount) || bucketCount < 1) throw new RangeError(`${bucketCount} buckets were asked for; at least 1, in whole numbers, is allowed.`);
    this.min = new Int8Array(bucketCount);
    this.max = new Int8Array(bucketCount);
  }

  add(samples: Float32Array): void {
    let from = 0;
    while (from < samples.length) {
      const bucket = Math.min(this.bucketCount - 1, Math.floor((this.position * this.bucketCount) / this.sampleCount));
      const bucketEnd = bucket === this.bucketCount - 1 ? Infinity : Math.ceil(((bucket + 1) * this.sampleCount) / this.bucketCount);
      const to = Math.min(samples.length, Math.max(from + 1, from + bucketEnd - this.position));
      let low = 0;
      let high = 0;
      for (let i = from; i < to; i++) {
        const x = samples[i]!;
        if (x < low) low = x;
        if (x > high) high = x;
      }
      this.min[bucket] = Math.min(this.min[bucket]!, toStep(low));
      this.max[bucket] = Math.max(this.max[bucket]!, toStep(high));
      this.position += to - from;
      from = to;
    }
  }

  peaks(): WaveformPeaks {
    return { bucketSeconds: this.sampleCount / SAMPLE_RATE_HZ / this.bucketCount, min: this.min, max: this.max };
  }
}

export async function waveformPeaks(pcm: PcmSource, bucketCount: number): Promise<WaveformPeaks> {
  const meter = new WaveformPeaksMeter(pcm.sampleCount, bucketCount);
  for await (const samples of readChunks(pcm)) {
    meter.add(samples);
    await nextTurn();
  }
  return meter.peaks();
}
