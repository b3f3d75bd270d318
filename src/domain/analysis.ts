import type { AppliedCalibration } from './calibration.js';
import type { Conversation, SpeakerFigures } from './conversation.js';
import type { JsonValue } from './json.js';
import type { RoleRule, RoleSource } from './speaker-roles.js';
import type { Transcript } from './transcript.js';

/** What one analysis finds: the same shape for the database, the API and `analyze --json`. Seconds are float, from the start of the recording. */

export const ANALYSIS_STATUSES = ['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const;
export type AnalysisStatus = (typeof ANALYSIS_STATUSES)[number];

export const GATE_KINDS = ['speech', 'silence', 'singing', 'music', 'noise', 'bypassed'] as const;
/** What was heard, decided before any score is shown. `bypassed`: a raw analysis. */
export type GateKind = (typeof GATE_KINDS)[number];

export interface LeftOut {
  readonly kind: 'silence' | 'singing' | 'music' | 'noise';
  readonly seconds: number;
}

export interface GateResult {
  readonly kind: GateKind;
  readonly speechSeconds: number;
  /** Seconds left out of the summary because they are not speech. */
  readonly leftOutSeconds: number;
  /** The same by kind, `silence` being pauses; absent in analyses from before the gate told them apart. */
  readonly leftOut?: readonly LeftOut[];
  /** Plain reason, for people. */
  readonly reason: string;
}

export const WARNING_CODES = [
  'TOO_SHORT', 'NARROW_BAND', 'CLIPPED', 'LOW_SNR', 'MOSTLY_SILENCE', 'LOSSY_SOURCE', 'MONO_MIX_OF_SPEAKERS', 'DC_OFFSET',
  'QUIET', 'NO_SPEECH', 'NOT_SPEECH', 'TRUNCATED', 'UNCALIBRATED', 'OUT_OF_DOMAIN', 'DOWNMIXED', 'DROPOUTS', 'RAW', 'PLUGIN_FAILED', 'SPEAKERS_UNAVAILABLE', 'IMPORTED',
  'CHANNELS_ALIKE', 'CHANNELS_CANCEL', 'CROSS_TALK', 'VOICE_LEFT_OUT', 'OVERLAPPED_SPEECH', 'TIMESTAMP_GAPS',
] as const;
/** A plugin's own warnings begin with `PLUGIN_`. */
export type WarningCode = (typeof WARNING_CODES)[number] | `PLUGIN_${string}`;

export interface AnalysisWarning {
  readonly code: WarningCode;
  readonly message: string;
}

/** Measured on the source and on the decoded samples. Levels in dBFS, loudness in LUFS (EBU R128), rates in Hz. */
export interface AudioQuality {
  readonly container: string;
  readonly codec: string;
  readonly bitrateBps: number | null;
  readonly originalSampleRateHz: number;
  readonly originalChannels: number;
  readonly durationSeconds: number;
  readonly effectiveBandwidthHz: number | null;
  readonly integratedLoudnessLufs: number | null;
  readonly peakDbfs: number | null;
  readonly clippingRatio: number;
  readonly dcOffset: number;
  readonly speechLevelDbfs: number | null;
  readonly snrDb: number | null;
  readonly silenceRatio: number;
  readonly speechSeconds: number;
  readonly dropoutCount: number;
}

export interface SpeechRegion {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** A stretch that goes through the model in one piece. */
export interface AnalysisWindow {
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Weight in the summary: seconds of speech inside. */
  readonly speechSeconds: number;
  readonly gate: GateKind;
  /** Key of the speaker (`SpeakerResult.key`), or null when nobody was told apart. */
  readonly speaker: string | null;
}

export interface PredictionResult {
  /** Highest score. Never acted upon where `abstained`. */
  readonly label: string;
  /** Calibrated probability of `label` where `calibrated`, otherwise its plain score. */
  readonly confidence: number;
  readonly calibrated: boolean;
  /** True when the confidence is under the threshold: the platform declines to say. */
  readonly abstained: boolean;
  readonly predictionSet: readonly string[];
  /** Softmax over the model's labels, in the model's order; sums to 1. */
  readonly scores: Readonly<Record<string, number>>;
  /** Plain logits in the model's order: the mean of the frame logits. */
  readonly logits: readonly number[];
}

export interface SegmentResult extends AnalysisWindow {
  readonly index: number;
  /** Null when the gate kept this window from being judged. */
  readonly prediction: PredictionResult | null;
  /** [D]; null when not judged: a vector of noise would only mislead a search. */
  readonly embedding: Float32Array | null;
  readonly frameCount: number;
  readonly text?: string | null;
  /** How well words and voice agree, 0 to 1, where a plugin compared them. */
  readonly agreement?: number | null;
}

export interface SpeakerResult {
  readonly key: string;
  readonly role: string | null;
  /** Where the role comes from; null without one. */
  readonly roleSource: RoleSource | null;
  readonly channel: number | null;
  readonly talkSeconds: number;
  readonly figures: SpeakerFigures;
  readonly summary: PredictionResult | null;
}

export interface AnalysisOptions {
  readonly modelId: string;
  readonly raw: boolean;
  readonly speakers: 'none' | 'channels' | 'auto';
  /** For `auto`: how many there are, where the caller knows; estimated otherwise. */
  readonly speakerCount?: number | null;
  /** Who gets which role; nobody without it. */
  readonly roles?: RoleRule | null;
  /** BCP 47 tag of what is spoken, where the recording says it. */
  readonly language?: string | null;
}

export interface AnalysisOutcome {
  readonly options: AnalysisOptions;
  readonly model: { readonly id: string; readonly version: string; readonly digest: string; readonly labels: readonly string[] };
  /** What confidences, prediction sets and abstentions follow; null: none, and they say so. Left out by what was made elsewhere. */
  readonly calibration?: AppliedCalibration | null;
  readonly durationSeconds: number;
  readonly quality: AudioQuality;
  readonly speechRegions: readonly SpeechRegion[];
  readonly gate: GateResult;
  readonly warnings: readonly AnalysisWarning[];
  /** Null when nothing was judged. */
  readonly summary: PredictionResult | null;
  readonly segments: readonly SegmentResult[];
  readonly speakers: readonly SpeakerResult[];
  /** Who talked when; null where speakers were not told apart. */
  readonly conversation: Conversation | null;
  /** Speech-weighted mean of the judged segments' embeddings, [D]; null when nothing was judged. */
  readonly embedding: Float32Array | null;
  /** What is said, where a plugin wrote it down. */
  readonly transcript?: Transcript | null;
  /** What steps of plugins left to be stored beside the result. */
  readonly pluginResults?: readonly PluginResult[];
}

export interface PluginResult {
  readonly plugin: string;
  readonly key: string;
  readonly value: JsonValue;
}
