import type { SpeechRegion } from '../domain/analysis.js';
import { SAMPLE_RATE_HZ } from '../domain/pcm.js';

/** One probability of speech covers 512 samples: frame i is [i, i + 1) * 32 ms. */
export const PROBABILITY_FRAME_SECONDS = 512 / SAMPLE_RATE_HZ;

export interface SpeechRegionSettings {
  /** Speech begins at this probability … */
  readonly onThreshold: number;
  /** … and goes on until it falls under this one. */
  readonly offThreshold: number;
  /** Shorter bursts are dropped. */
  readonly minSpeechSeconds: number;
  /** Shorter pauses do not end a region. */
  readonly minSilenceSeconds: number;
  /** Added on either side, at most up to the middle of the pause between two regions. */
  readonly paddingSeconds: number;
}

export const DEFAULT_SPEECH_REGION_SETTINGS: SpeechRegionSettings = {
  onThreshold: 0.5,
  offThreshold: 0.35,
  minSpeechSeconds: 0.25,
  minSilenceSeconds: 0.2,
  paddingSeconds: 0.1,
};

/**
 * Probabilities of speech to regions, by hysteresis, as they come: `feed` gives the regions that can no longer change, in
 * order, and `finish` the rest. The pieces may have any lengths; the result does not depend on them.
 */
export class SpeechRegionTracker {
  private readonly settings: SpeechRegionSettings;
  private frame = 0;
  private startFrame: number | null = null;
  private silenceFrame: number | null = null;
  /** Waits for its successor, which may take half of the pause between them. */
  private pending: SpeechRegion | null = null;

  constructor(settings: Partial<SpeechRegionSettings> = {}) {
    this.settings = { ...DEFAULT_SPEECH_REGION_SETTINGS, ...settings };
  }

  feed(probabilities: Float32Array): SpeechRegion[] {
    const closed: SpeechRegion[] = [];
    const { onThreshold, offThreshold, minSilenceSeconds } = this.settings;
    for (const probability of probabilities) {
      if (probability >= onThreshold) {
        this.startFrame ??= this.frame;
        this.silenceFrame = null;
      } else if (this.startFrame !== null && probability < offThreshold) {
        this.silenceFrame ??= this.frame;
        const silentFrames = this.frame + 1 - this.silenceFrame;
        if (silentFrames * PROBABILITY_FRAME_SECONDS >= minSilenceSeconds) closed.push(...this.closeAt(this.silenceFrame));
      }
      this.frame++;
    }
    return closed;
  }

  /** Length of the recording; padding stops there. */
  finish(durationSeconds: number): SpeechRegion[] {
    const closed = this.startFrame === null ? [] : this.closeAt(this.silenceFrame ?? this.frame);
    if (this.pending !== null) closed.push(this.pending);
    this.pending = null;
    return closed
      .map(({ startSeconds, endSeconds }) => ({ startSeconds, endSeconds: Math.min(endSeconds, durationSeconds) }))
      .filter(({ startSeconds, endSeconds }) => endSeconds > startSeconds);
  }

  private closeAt(endFrame: number): SpeechRegion[] {
    const start = this.startFrame! * PROBABILITY_FRAME_SECONDS;
    const end = endFrame * PROBABILITY_FRAME_SECONDS;
    this.startFrame = null;
    this.silenceFrame = null;
    if (end - start < this.settings.minSpeechSeconds) return [];
    const padding = this.settings.paddingSeconds;
    let padded: SpeechRegion = { startSeconds: Math.max(0, start - padding), endSeconds: end + padding };
    const before = this.pending;
    this.pending = padded;
    if (before === null) return [];
    if (before.endSeconds <= padded.startSeconds) return [before];
    const middle = (before.endSeconds - padding + start) / 2;
    padded = { startSeconds: middle, endSeconds: padded.endSeconds };
    this.pending = padded;
    return [{ startSeconds: before.startSeconds, endSeconds: middle }];
  }
}

/** All regions of a recording whose probabilities are all there. */
export function findSpeechRegions(probabilities: Float32Array, durationSeconds: number, settings: Partial<SpeechRegionSettings> = {}): SpeechRegion[] {
  const tracker = new SpeechRegionTracker(settings);
  return [...tracker.feed(probabilities), ...tracker.finish(durationSeconds)];
}

/** A finer ear for a recording in which nothing passed the usual thresholds: sudden, clipped or faint voices in clips of a breath or two. */
const FAINT = { onThreshold: 0.15, offThreshold: 0.1 } as const;

/** Regions at thresholds that would let noise through, for sounds that are known to be speech otherwise; the whole stretch where even those find none. */
export function secondLook(probabilities: Float32Array, stretch: SpeechRegion, durationSeconds: number): SpeechRegion[] {
  const faint = findSpeechRegions(probabilities, durationSeconds, FAINT);
  return faint.length > 0 ? faint : [{ startSeconds: stretch.startSeconds, endSeconds: stretch.endSeconds }];
}

/** Highest probability of a stretch. */
export function peakProbability(probabilities: Float32Array, { startSeconds, endSeconds }: SpeechRegion): number {
  const frames = probabilities.subarray(Math.floor(startSeconds / PROBABILITY_FRAME_SECONDS), Math.ceil(endSeconds / PROBABILITY_FRAME_SECONDS));
  return frames.reduce((highest, probability) => Math.max(highest, probability), 0);
}

export function totalSeconds(regions: readonly SpeechRegion[]): number {
  return regions.reduce((sum, region) => sum + region.endSeconds - region.startSeconds, 0);
}
