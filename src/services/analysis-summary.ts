import type { PredictionResult, SegmentResult, SpeakerResult } from '../domain/analysis.js';
import type { FrameTrack, TrackBlock } from '../domain/frame-track.js';
import type { ModelManifest, WindowInference } from '../domain/model.js';
import { samplesToSeconds } from '../domain/pcm.js';
import { predict, predictOptionsOf, takeColumns, visibleColumns, weightedMean } from '../domain/scores.js';
import type { JudgedWindow } from './window-inference.js';

export interface Judgement {
  readonly segments: readonly SegmentResult[];
  readonly summary: PredictionResult | null;
  readonly embedding: Float32Array | null;
  readonly track: FrameTrack;
  /** Visible labels in the model's order. */
  readonly labels: readonly string[];
}

/** From what the model said of each window to segments, the speech-weighted summary and the track of frame logits. */
export function judge(windows: readonly JudgedWindow[], manifest: ModelManifest, abstainBelow: number): Judgement {
  const columns = visibleColumns(manifest);
  const labels = columns.map((column) => manifest.labels[column]!);
  const predictOptions = predictOptionsOf(manifest.calibration ?? null, abstainBelow);
  const visibleLogits = (inference: WindowInference): Float32Array => takeColumns(inference.logits, manifest.labels.length, columns);

  const segments = windows.map(({ window, inference }, index): SegmentResult => ({
    ...window,
    index,
    prediction: inference === null ? null : predict(visibleLogits(inference), labels, predictOptions),
    embedding: inference?.embedding ?? null,
    frameCount: inference?.frameCount ?? 0,
  }));
  const judged = windows.flatMap(({ window, inference }) => (inference === null ? [] : [{ window, inference }]));
  const weights = judged.map(({ window }) => window.speechSeconds);
  const logits = weightedMean(judged.map(({ inference }) => visibleLogits(inference)), weights);
  return {
    segments,
    summary: logits === null ? null : predict(logits, labels, predictOptions),
    embedding: weightedMean(judged.map(({ inference }) => inference.embedding), weights),
    track: trackOf(windows, manifest, columns, labels),
    labels,
  };
}

function trackOf(windows: readonly JudgedWindow[], manifest: ModelManifest, columns: readonly number[], labels: readonly string[]): FrameTrack {
  const frameTotal = windows.reduce((total, { inference }) => total + (inference?.frameCount ?? 0), 0);
  const logits = new Float32Array(frameTotal * labels.length);
  const blocks: TrackBlock[] = [];
  let frameOffset = 0;
  windows.forEach(({ window, inference }, segmentIndex) => {
    const frameCount = inference?.frameCount ?? 0;
    if (inference !== null) logits.set(takeColumns(inference.frameLogits, manifest.labels.length, columns), frameOffset * labels.length);
    blocks.push({ segmentIndex, startSeconds: window.startSeconds, endSeconds: window.endSeconds, frameOffset, frameCount, speaker: window.speaker });
    frameOffset += frameCount;
  });
  return { frameHopSeconds: samplesToSeconds(manifest.frameHopSamples), labels, blocks, logits };
}

/** One result a speaker that was told apart, in order of first appearance. */
export function speakersOf(segments: readonly SegmentResult[], labels: readonly string[], manifest: ModelManifest, abstainBelow: number): readonly SpeakerResult[] {
  const keys = [...new Set(segments.flatMap((segment) => (segment.speaker === null ? [] : [segment.speaker])))];
  return keys.map((key) => {
    const own = segments.filter((segment) => segment.speaker === key);
    const judged = own.flatMap((segment) => (segment.prediction === null ? [] : [{ logits: segment.prediction.logits, weight: segment.speechSeconds }]));
    const logits = weightedMean(judged.map((one) => one.logits), judged.map((one) => one.weight));
    return {
      key,
      role: null,
      channel: key.startsWith('channel-') ? Number(key.slice('channel-'.length)) : null,
      talkSeconds: own.reduce((total, segment) => total + segment.speechSeconds, 0),
      summary: logits === null ? null : predict(logits, labels, predictOptionsOf(manifest.calibration ?? null, abstainBelow)),
    };
  });
}
