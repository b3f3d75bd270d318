import type { PredictionResult, SegmentResult, SpeakerResult } from '../domain/analysis.js';
import type { Conversation } from '../domain/conversation.js';
import type { FrameTrack, TrackBlock } from '../domain/frame-track.js';
import type { ModelManifest, WindowInference } from '../domain/model.js';
import { samplesToSeconds } from '../domain/pcm.js';
import { predict, predictOptionsOf, takeColumns, visibleColumns, weightedMean } from '../domain/scores.js';
import { rolesBy, type RoleRule } from '../domain/speaker-roles.js';
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
  const segments = windows.map((one, index) => segmentOf(one, index, manifest, abstainBelow));
  const judged = windows.flatMap(({ window, inference }) => (inference === null ? [] : [{ window, inference }]));
  const weights = judged.map(({ window }) => window.speechSeconds);
  const logits = weightedMean(judged.map(({ inference }) => visibleLogits(inference)), weights);
  return {
    segments,
    summary: logits === null ? null : predict(logits, labels, predictOptions),
    embedding: weightedMean(judged.map(({ inference }) => inference.embedding), weights),
    track: trackOf(windows, manifest),
    labels,
  };
}

/** What is said of one window; needs no other window, so it may be shown while they still run. */
export function segmentOf({ window, inference }: JudgedWindow, index: number, manifest: ModelManifest, abstainBelow: number): SegmentResult {
  const columns = visibleColumns(manifest);
  const logits = inference === null ? null : takeColumns(inference.logits, manifest.labels.length, columns);
  return {
    ...window,
    index,
    prediction: logits === null ? null : predict(logits, columns.map((column) => manifest.labels[column]!), predictOptionsOf(manifest.calibration ?? null, abstainBelow)),
    embedding: inference?.embedding ?? null,
    frameCount: inference?.frameCount ?? 0,
  };
}

/** Frame logits of consecutive windows, the first of which is segment `firstIndex`. */
export function trackOf(windows: readonly JudgedWindow[], manifest: ModelManifest, firstIndex = 0): FrameTrack {
  const columns = visibleColumns(manifest);
  const labels = columns.map((column) => manifest.labels[column]!);
  const frameTotal = windows.reduce((total, { inference }) => total + (inference?.frameCount ?? 0), 0);
  const logits = new Float32Array(frameTotal * labels.length);
  const blocks: TrackBlock[] = [];
  let frameOffset = 0;
  windows.forEach(({ window, inference }, position) => {
    const frameCount = inference?.frameCount ?? 0;
    if (inference !== null) logits.set(takeColumns(inference.frameLogits, manifest.labels.length, columns), frameOffset * labels.length);
    blocks.push({ segmentIndex: firstIndex + position, startSeconds: window.startSeconds, endSeconds: window.endSeconds, frameOffset, frameCount, speaker: window.speaker });
    frameOffset += frameCount;
  });
  return { frameHopSeconds: samplesToSeconds(manifest.frameHopSamples), labels, blocks, logits };
}

/** One result a speaker that was told apart, in order of first speech. */
export function speakersOf(segments: readonly SegmentResult[], conversation: Conversation, roles: RoleRule | null, labels: readonly string[], manifest: ModelManifest, abstainBelow: number): readonly SpeakerResult[] {
  const channelOf = (key: string): number | null => (/^channel-\d+$/.test(key) ? Number(key.slice('channel-'.length)) : null);
  const firstSeconds = (key: string): number => conversation.stretches.find(({ speaker }) => speaker === key)?.startSeconds ?? Infinity;
  const candidates = conversation.speakers.map(({ speaker, talkSeconds }) => ({ key: speaker, channel: channelOf(speaker), firstSeconds: firstSeconds(speaker), talkSeconds }));
  const assigned = rolesBy(roles, candidates);
  return conversation.speakers.map((figures) => {
    const key = figures.speaker;
    const judged = segments.flatMap((segment) => (segment.speaker !== key || segment.prediction === null ? [] : [{ logits: segment.prediction.logits, weight: segment.speechSeconds }]));
    const logits = weightedMean(judged.map((one) => one.logits), judged.map((one) => one.weight));
    return {
      key,
      role: assigned.get(key) ?? null,
      roleSource: assigned.has(key) ? roles!.rule : null,
      channel: channelOf(key),
      talkSeconds: figures.talkSeconds,
      figures,
      summary: logits === null ? null : predict(logits, labels, predictOptionsOf(manifest.calibration ?? null, abstainBelow)),
    };
  });
}
