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
  const segments = windows.map((one, index) => segmentOf(one, index, manifest, abstainBelow));
  const judged = windows.flatMap(({ window, inference }) => (inference === null ? [] : [{ window, inference }]));
  return {
    segments,
    summary: verdictOver(segments, labels, manifest, abstainBelow),
    embedding: weightedMean(judged.map(({ inference }) => inference.embedding), judged.map(({ window }) => window.speechSeconds)),
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
    prediction: logits === null ? null : predict(logits, columns.map((column) => manifest.labels[column]!), predictOptionsOf(manifest.calibration ?? null, abstainBelow, isFamiliar(inference!, manifest))),
    embedding: inference?.embedding ?? null,
    frameCount: inference?.frameCount ?? 0,
  };
}

function isFamiliar({ familiarity }: WindowInference, { calibration }: Pick<ModelManifest, 'calibration'>): boolean {
  return familiarity === undefined || calibration?.unfamiliarBelow === undefined || familiarity >= calibration.unfamiliarBelow;
}

/** Seconds of judged speech, and how many of them are unlike what the model learned from. */
export function unfamiliarSpeech(segments: readonly SegmentResult[], { calibration }: Pick<ModelManifest, 'calibration'>): { readonly judgedSeconds: number; readonly unfamiliarSeconds: number } {
  const sum = (some: readonly SegmentResult[]): number => some.reduce((total, { speechSeconds }) => total + speechSeconds, 0);
  const judged = segments.filter(({ prediction }) => prediction !== null);
  return { judgedSeconds: sum(judged), unfamiliarSeconds: calibration === undefined ? 0 : sum(judged.filter(({ prediction }) => !prediction!.calibrated)) };
}

/** Segments judged as one, by seconds of speech; unfamiliar where most of that speech is. Null where none was judged. */
function verdictOver(segments: readonly SegmentResult[], labels: readonly string[], manifest: ModelManifest, abstainBelow: number): PredictionResult | null {
  const judged = segments.flatMap(({ prediction, speechSeconds }) => (prediction === null ? [] : [{ logits: prediction.logits, speechSeconds }]));
  const logits = weightedMean(judged.map((one) => one.logits), judged.map((one) => one.speechSeconds));
  const { judgedSeconds, unfamiliarSeconds } = unfamiliarSpeech(segments, manifest);
  return logits === null ? null : predict(logits, labels, predictOptionsOf(manifest.calibration ?? null, abstainBelow, 2 * unfamiliarSeconds <= judgedSeconds));
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
    return {
      key,
      role: assigned.get(key) ?? null,
      roleSource: assigned.has(key) ? roles!.rule : null,
      channel: channelOf(key),
      talkSeconds: figures.talkSeconds,
      figures,
      summary: verdictOver(segments.filter(({ speaker }) => speaker === key), labels, manifest, abstainBelow),
    };
  });
}
