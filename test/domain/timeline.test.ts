import { describe, expect, it } from 'vitest';
import { decodeFrameTrack, encodeFrameTrack, mergeFrameTracks, type FrameTrack } from '../../src/domain/frame-track.js';
import { binTimeline, contributions } from '../../src/domain/timeline.js';

/** Two windows, 0–1 s and 2–3 s, frames of 20 ms; logits that tell frame and column apart. */
function twoWindowTrack(): FrameTrack {
  const logits = new Float32Array(100 * 2);
  for (let frame = 0; frame < 100; frame++) {
    logits[frame * 2] = Math.sin(frame);
    logits[frame * 2 + 1] = frame / 100;
  }
  return {
    frameHopSeconds: 0.02, labels: ['angry', 'sad'], logits,
    blocks: [
      { segmentIndex: 0, startSeconds: 0, endSeconds: 1, frameOffset: 0, frameCount: 50, speaker: 'a' },
      { segmentIndex: 1, startSeconds: 2, endSeconds: 3, frameOffset: 50, frameCount: 50, speaker: 'b' },
    ],
  };
}
const WHOLE = { binSeconds: 0.5, fromSeconds: null, toSeconds: null, speaker: null };

describe('frame track blob', () => {
  it('comes back exactly as it went in, from a buffer at any offset', () => {
    const track = twoWindowTrack();
    const bytes = encodeFrameTrack(track);
    for (const shift of [0, 1, 2, 3, 5]) {
      const shifted = Buffer.concat([Buffer.alloc(shift), bytes]).subarray(shift);
      const back = decodeFrameTrack(shifted);
      expect(back.blocks).toEqual(track.blocks);
      expect([...back.logits]).toEqual([...track.logits]);
    }
  });

  it('refuses bytes that are no track', () => {
    expect(() => decodeFrameTrack(Buffer.from('hello, world'))).toThrow(/damaged/);
  });
});

describe('tracks of parts', () => {
  it('make the timeline of the whole, in whatever order the parts came', () => {
    const whole = binTimeline(twoWindowTrack(), 4, WHOLE);
    const { blocks, logits, ...rest } = twoWindowTrack();
    const parts = blocks.map((block) => ({ ...rest, blocks: [{ ...block, frameOffset: 0 }], logits: logits.slice(block.frameOffset * rest.labels.length, (block.frameOffset + block.frameCount) * rest.labels.length) }));
    expect(parts.length).toBeGreaterThan(1);
    expect(binTimeline(mergeFrameTracks(parts.reverse())!, 4, WHOLE)).toEqual(whole);
    expect(mergeFrameTracks([])).toBeNull();
  });
});

describe('timeline bins', () => {
  it('has a bin for each half second that was judged and none for the gap', () => {
    const timeline = binTimeline(twoWindowTrack(), 3, WHOLE);
    expect(timeline.startSeconds).toEqual([0, 0.5, 2, 2.5]);
    expect(timeline.values).toHaveLength(2);
    for (let bin = 0; bin < 4; bin++) expect(timeline.values[0]![bin]! + timeline.values[1]![bin]!).toBeCloseTo(1, 3);
  });

  it('keeps frames on a bin edge in the bin that they open', () => {
    const timeline = binTimeline(twoWindowTrack(), 3, { ...WHOLE, binSeconds: 0.02 });
    expect(timeline.startSeconds).toHaveLength(100);
    expect(timeline.startSeconds[49]).toBe(0.98);
  });

  it('serves a part of the recording and one speaker alone', () => {
    expect(binTimeline(twoWindowTrack(), 3, { ...WHOLE, fromSeconds: 0.5, toSeconds: 2.5 }).startSeconds).toEqual([0.5, 2]);
    expect(binTimeline(twoWindowTrack(), 3, { ...WHOLE, speaker: 'b' }).startSeconds).toEqual([2, 2.5]);
  });

  it('refuses bins that are too fine or too many and names what fits', () => {
    expect(() => binTimeline(twoWindowTrack(), 3, { ...WHOLE, binSeconds: 0.01 })).toThrow(/0\.02/);
    expect(() => binTimeline(twoWindowTrack(), 7200, { ...WHOLE, binSeconds: 0.1 })).toThrow(/at least 0\.36 s/);
    expect(() => binTimeline(twoWindowTrack(), 3, { ...WHOLE, binSeconds: Number.NaN })).toThrow(/finest bin/);
  });
});

describe('contributions', () => {
  it.each([0.02, 0.13, 0.5, 5])('add up to the logit of the window in bins of %s s', (binSeconds) => {
    const track = twoWindowTrack();
    const [, block] = track.blocks;
    const parts = contributions(track, block!, 'sad', binSeconds);
    let mean = 0;
    for (let frame = 50; frame < 100; frame++) mean += track.logits[frame * 2 + 1]! / 50;
    expect(parts.reduce((sum, part) => sum + part.value, 0)).toBeCloseTo(mean, 10);
    expect(parts[0]!.startSeconds).toBe(2);
    expect(parts.at(-1)!.endSeconds).toBe(3);
  });

  it('refuses a label that the model does not have and lists those it has', () => {
    const track = twoWindowTrack();
    expect(() => contributions(track, track.blocks[0]!, 'joy', 0.5)).toThrow(/angry, sad/);
  });
});
