import { describe, expect, it } from 'vitest';
import { findSpeechRegions, PROBABILITY_FRAME_SECONDS, SpeechRegionTracker, totalSeconds } from '../../src/audio/speech-regions.js';
import { uniformNoise } from './support/sound-files.js';

/** Runs of [frames, probability]. */
const runs = (...parts: [number, number][]): Float32Array => Float32Array.from(parts.flatMap(([frames, probability]) => Array<number>(frames).fill(probability)));
const seconds = (frames: number): number => frames * PROBABILITY_FRAME_SECONDS;

describe('speech regions', () => {
  it('begin at the upper threshold and end at the lower one, padded by 100 ms', () => {
    const probabilities = runs([20, 0.1], [5, 0.4], [20, 0.9], [10, 0.4], [30, 0.1]);
    expect(findSpeechRegions(probabilities, seconds(85))).toEqual([{ startSeconds: seconds(25) - 0.1, endSeconds: seconds(55) + 0.1 }]);
  });

  it('leave out bursts under 250 ms', () => {
    expect(findSpeechRegions(runs([20, 0], [7, 1], [20, 0]), seconds(47))).toEqual([]);
    expect(findSpeechRegions(runs([20, 0], [8, 1], [20, 0]), seconds(48))).toHaveLength(1);
  });

  it('go on over pauses under 200 ms', () => {
    expect(findSpeechRegions(runs([20, 1], [6, 0], [20, 1]), seconds(46))).toHaveLength(1);
    expect(findSpeechRegions(runs([20, 1], [7, 0], [20, 1]), seconds(47))).toHaveLength(2);
  });

  it('share a pause that is shorter than both paddings', () => {
    const [first, second] = findSpeechRegions(runs([20, 1], [5, 0], [20, 1]), seconds(45), { minSilenceSeconds: 0.1 });
    expect(first!.endSeconds).toBeCloseTo(seconds(22.5), 9);
    expect(second!.startSeconds).toBe(first!.endSeconds);
  });

  it('stay inside the recording', () => {
    expect(findSpeechRegions(runs([20, 1]), 0.63)).toEqual([{ startSeconds: 0, endSeconds: 0.63 }]);
    expect(findSpeechRegions(runs([20, 1]), 0)).toEqual([]);
    expect(findSpeechRegions(new Float32Array(0), 0)).toEqual([]);
  });

  it('end only the last one at the end, so that what was given before never changes', () => {
    const tracker = new SpeechRegionTracker();
    expect(tracker.feed(runs([20, 1], [20, 0]))).toEqual([]);
    expect(tracker.feed(runs([20, 1], [20, 0]))).toEqual([{ startSeconds: 0, endSeconds: seconds(20) + 0.1 }]);
    expect(tracker.finish(seconds(80))).toEqual([{ startSeconds: seconds(40) - 0.1, endSeconds: seconds(60) + 0.1 }]);
  });

  it('are the same whatever the pieces, sorted and apart', () => {
    for (let seed = 1; seed <= 30; seed++) {
      let level = 0.5;
      const probabilities = uniformNoise(2000, seed).map((x) => (level = Math.min(1, Math.max(0, level + 0.2 * x))));
      const whole = findSpeechRegions(probabilities, seconds(2000), { minSilenceSeconds: 0.1 });
      const tracker = new SpeechRegionTracker({ minSilenceSeconds: 0.1 });
      const pieces = [];
      for (let from = 0; from < 2000; from += 13) pieces.push(...tracker.feed(probabilities.subarray(from, from + 13)));
      pieces.push(...tracker.finish(seconds(2000)));
      expect(pieces).toEqual(whole);
      expect(whole.length).toBeGreaterThan(0);
      whole.forEach((region, i) => {
        expect(region.endSeconds).toBeGreaterThan(region.startSeconds);
        if (i > 0) expect(region.startSeconds).toBeGreaterThanOrEqual(whole[i - 1]!.endSeconds);
      });
      expect(totalSeconds(whole)).toBeLessThanOrEqual(seconds(2000));
    }
  });
});
