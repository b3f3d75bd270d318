import { UndertoneError } from './errors.js';
import type { FrameTrack, TrackBlock } from './frame-track.js';
import { softmax } from './scores.js';

/** Bins of a timeline at most; a five-minute call at the finest bin of 20 ms has 15,000. */
export const MAX_TIMELINE_BINS = 20_000;
export const MIN_BIN_SECONDS = 0.02;

export interface TimelineRequest {
  readonly binSeconds: number;
  readonly fromSeconds: number | null;
  readonly toSeconds: number | null;
  readonly speaker: string | null;
}

export interface Timeline {
  readonly binSeconds: number;
  readonly labels: readonly string[];
  /** Starts of the bins that hold at least one frame: what was not judged is a gap, not a zero. */
  readonly startSeconds: readonly number[];
  /** [labels][bins]: softmax of the bin's mean logits. */
  readonly values: readonly (readonly number[])[];
}

const roundTo = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;

/** BAD_INPUT when the bins are finer than allowed or too many; the message names the finest that fits. */
export function binTimeline(track: FrameTrack, durationSeconds: number, request: TimelineRequest): Timeline {
  const from = Math.max(0, request.fromSeconds ?? 0);
  const to = Math.min(durationSeconds, request.toSeconds ?? durationSeconds);
  const binCount = checkedBinCount(from, to, request.binSeconds);
  const width = track.labels.length;
  const sums = new Float64Array(binCount * width);
  const counts = new Uint32Array(binCount);
  for (const block of track.blocks) {
    if (request.speaker !== null && block.speaker !== request.speaker) continue;
    for (let frame = 0; frame < block.frameCount; frame++) {
      const time = block.startSeconds + frame * track.frameHopSeconds;
      if (time < from || time >= to) continue;
      // The tiny amount keeps a frame that falls on a bin's edge from slipping into the bin before by rounding.
      const bin = Math.min(binCount - 1, Math.floor((time - from) / request.binSeconds + 1e-9));
      counts[bin]!++;
      const row = (block.frameOffset + frame) * width;
      for (let i = 0; i < width; i++) sums[bin * width + i]! += track.logits[row + i]!;
    }
  }
  const startSeconds: number[] = [];
  const values: number[][] = track.labels.map(() => []);
  for (let bin = 0; bin < binCount; bin++) {
    const count = counts[bin]!;
    if (count === 0) continue;
    startSeconds.push(roundTo(from + bin * request.binSeconds, 3));
    const scores = softmax(sums.subarray(bin * width, (bin + 1) * width).map((sum) => sum / count));
    for (let i = 0; i < width; i++) values[i]!.push(roundTo(scores[i]!, 4));
  }
  return { binSeconds: request.binSeconds, labels: track.labels, startSeconds, values };
}

export interface ContributionBin {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly value: number;
}

/** Parts of one label's logit by bin within a window. They add up to the window's logit: the head is linear over the mean. */
export function contributions(track: FrameTrack, block: TrackBlock, label: string, binSeconds: number): readonly ContributionBin[] {
  const column = track.labels.indexOf(label);
  if (column < 0) {
    throw new UndertoneError('BAD_INPUT', `This analysis has no label "${label.slice(0, 40)}". Its labels are: ${track.labels.join(', ')}.`, { field: 'label' });
  }
  const binCount = checkedBinCount(0, Math.max(track.frameHopSeconds, block.endSeconds - block.startSeconds), binSeconds);
  const sums = new Float64Array(binCount);
  for (let frame = 0; frame < block.frameCount; frame++) {
    const bin = Math.min(binCount - 1, Math.floor((frame * track.frameHopSeconds) / binSeconds + 1e-9));
    sums[bin]! += track.logits[(block.frameOffset + frame) * track.labels.length + column]! / block.frameCount;
  }
  return Array.from(sums, (value, bin) => ({
    startSeconds: roundTo(block.startSeconds + bin * binSeconds, 3),
    endSeconds: roundTo(Math.min(block.endSeconds, block.startSeconds + (bin + 1) * binSeconds), 3),
    value,
  }));
}

function checkedBinCount(from: number, to: number, binSeconds: number): number {
  if (!(binSeconds >= MIN_BIN_SECONDS)) {
    throw new UndertoneError('BAD_INPUT', `binSeconds was ${binSeconds}; the finest bin is ${MIN_BIN_SECONDS} s.`, { field: 'binSeconds' });
  }
  const count = Math.max(1, Math.ceil((to - from) / binSeconds - 1e-9));
  if (count > MAX_TIMELINE_BINS) {
    const finest = Math.ceil(((to - from) / MAX_TIMELINE_BINS) * 1000) / 1000;
    throw new UndertoneError('BAD_INPUT', `binSeconds ${binSeconds} would make ${count} bins; at most ${MAX_TIMELINE_BINS} are served. Use at least ${finest} s, or ask for a part with from and to.`, { field: 'binSeconds' });
  }
  return count;
}
