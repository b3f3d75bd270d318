import type { ReviewItem } from './review-types.js';
import type { Alert } from './rule-types.js';

/** The parts of the GraphQL schema that the page asks for, in its own words. `documents.ts` is checked against the schema. */
export type AnalysisStatus = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
export type GateKind = 'SPEECH' | 'SILENCE' | 'SINGING' | 'MUSIC' | 'NOISE' | 'BYPASSED';
export type ModelStateKind = 'UNLOADED' | 'LOADING' | 'READY' | 'BUSY' | 'DRAINING' | 'FAILED';
export type SpeakersMode = 'NONE' | 'CHANNELS' | 'AUTO';
export type Role = 'viewer' | 'analyst' | 'admin';

export interface Viewer { readonly keyId: string; readonly keyName: string; readonly role: Role }
export interface Capabilities { readonly version: string; readonly maxUploadBytes: number; readonly audioFormats: readonly string[]; readonly diarization: boolean }
export interface PageInfo { readonly hasNextPage: boolean; readonly endCursor: string | null }
export interface Problem { readonly code: string; readonly message: string; readonly retryAfterMs?: number }

/** What is said of a stretch or of a whole recording. `confidence` is a plain score where not `calibrated`. */
export interface Verdict {
  readonly label: string;
  readonly confidence: number;
  readonly calibrated: boolean;
  readonly abstained: boolean;
  readonly predictionSet: readonly string[];
}
export interface Summary extends Verdict { readonly scores: readonly { readonly label: string; readonly score: number }[] }

export interface RecordingRow {
  readonly id: string;
  readonly fileName: string;
  readonly title: string | null;
  readonly createdAt: string;
  readonly durationSeconds: number | null;
  readonly latestAnalysis: { readonly id: string; readonly status: AnalysisStatus; readonly summary: Pick<Verdict, 'label' | 'confidence' | 'abstained'> | null } | null;
}

export interface Quality {
  readonly container: string;
  readonly codec: string;
  readonly bitrateBps: number | null;
  readonly originalSampleRateHz: number;
  readonly originalChannels: number;
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

/** Peaks by bucket, −127..127. */
export interface Waveform { readonly bucketSeconds: number; readonly minimum: readonly number[]; readonly maximum: readonly number[] }
export interface Regions { readonly startSeconds: readonly number[]; readonly endSeconds: readonly number[] }

export interface RecordingDetail {
  readonly id: string;
  readonly fileName: string;
  readonly title: string | null;
  readonly createdAt: string;
  readonly byteLength: number;
  readonly durationSeconds: number | null;
  readonly audioUrl: string;
  readonly quality: Quality | null;
  readonly speechRegions: Regions | null;
  readonly waveform: Waveform | null;
  readonly latestAnalysis: { readonly id: string } | null;
  readonly analyses: { readonly nodes: readonly AnalysisChoice[] };
}
export interface AnalysisChoice {
  readonly id: string;
  readonly status: AnalysisStatus;
  readonly createdAt: string;
  readonly raw: boolean;
  readonly speakersMode: SpeakersMode;
  readonly model: { readonly name: string };
}

export interface AnalysisDetail {
  readonly id: string;
  readonly status: AnalysisStatus;
  readonly progress: number;
  readonly raw: boolean;
  readonly problem: Problem | null;
  readonly modelVersion: string | null;
  readonly model: { readonly id: string; readonly name: string; readonly labels: readonly string[] };
  readonly summary: Summary | null;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  readonly gate: { readonly kind: GateKind; readonly speechSeconds: number; readonly leftOutSeconds: number; readonly leftOut: readonly LeftOut[] | null; readonly reason: string } | null;
  readonly speakers: readonly Speaker[];
  readonly conversation: Conversation | null;
  readonly alerts: readonly Alert[];
}
export interface LeftOut { readonly kind: GateKind; readonly seconds: number }
export interface Speaker {
  readonly id: string;
  readonly key: string;
  readonly role: string | null;
  readonly roleSource: 'CHANNEL' | 'FIRST_SPEAKER' | 'TALK_TIME' | 'PERSON' | null;
  readonly channel: number | null;
  readonly talkSeconds: number;
  readonly summary: Verdict | null;
  readonly figures: SpeakerFigures | null;
  readonly roleHistory: readonly RoleChange[];
}
export interface SpeakerFigures {
  readonly talkShare: number;
  readonly overlapSeconds: number;
  readonly turnCount: number;
  readonly meanTurnSeconds: number;
  readonly longestTurnSeconds: number;
  readonly interruptionCount: number;
  readonly interruptedCount: number;
  readonly responseSeconds: number | null;
}
export interface RoleChange { readonly id: string; readonly before: string | null; readonly after: string | null; readonly reason: string; readonly keyName: string; readonly changedAt: string }

/** Who spoke when: columns of equal length in the order of time, `speakers` by id. */
export interface Turns extends Regions { readonly speakers: readonly string[] }
export interface Conversation {
  readonly speech: Turns;
  readonly turns: Turns;
  readonly overlaps: Regions;
  readonly speechSeconds: number;
  readonly overlapSeconds: number;
  readonly silenceSeconds: number;
  readonly silenceRatio: number;
  readonly longestSilenceSeconds: number;
  readonly speakerChangeCount: number;
  readonly interruptionCount: number;
}

export interface Segment {
  readonly id: string;
  readonly index: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly gate: GateKind;
  readonly gateReason: string | null;
  readonly text: string | null;
  readonly speaker: { readonly id: string; readonly key: string; readonly role: string | null } | null;
  readonly prediction: Verdict;
  /** How well its words agree with its voice, 0 to 1; null where that is not known. Not asked for everywhere. */
  readonly agreement?: number | null;
  /** What people were asked about it: one item or none. Not asked for everywhere. */
  readonly reviews?: readonly Pick<ReviewItem, 'id' | 'status' | 'label' | 'isHidden'>[];
}

/** Columns: one value a label for every start in `startSeconds`. Gaps between windows are left out. */
export interface Timeline {
  readonly binSeconds: number;
  readonly labels: readonly string[];
  readonly startSeconds: readonly number[];
  readonly series: readonly { readonly label: string; readonly values: readonly number[] }[];
}

export interface SimilarSegment {
  readonly similarity: number;
  readonly segment: Segment;
  readonly recording: { readonly id: string; readonly fileName: string; readonly title: string | null; readonly audioUrl: string };
}

export interface Model {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly labels: readonly string[];
  readonly license: string;
  readonly attribution: string | null;
  readonly precision: string;
  readonly isDefault: boolean;
  readonly calibrated: boolean;
  readonly state: ModelStateKind;
  readonly stateMessage: string | null;
  readonly provider: string;
  readonly providerFallback: string | null;
  readonly loadMs: number | null;
  readonly memoryBytes: number | null;
  readonly queueLength: number;
}

/** `model` undefined: the server's default. */
export interface AnalyzeChoices { readonly model: string | undefined; readonly raw: boolean; readonly speakers: SpeakersMode }
