import type { AudioQuality, GateKind, GateResult, PredictionResult } from './analysis.js';

/** One segment as rules see it. Scores are in the order of the subject's labels. */
export interface Moment {
  readonly segmentId: string | null;
  readonly index: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly speechSeconds: number;
  readonly gate: GateKind | null;
  readonly speakerKey: string | null;
  readonly speakerRole: string | null;
  readonly channel: number | null;
  readonly text: string | null;
  readonly agreement: number | null;
  readonly label: string | null;
  readonly confidence: number | null;
  readonly abstained: boolean;
  readonly scores: readonly number[];
}

/** One analysis as rules see it: plain data, so that the same rule over the same data always says the same. */
export interface RuleSubject {
  readonly analysisId: string;
  readonly recordingId: string;
  readonly modelId: string;
  readonly labels: readonly string[];
  readonly durationSeconds: number;
  readonly recordedAt: Date | null;
  readonly language: string | null;
  readonly tags: readonly string[];
  readonly gate: GateResult | null;
  readonly quality: AudioQuality | null;
  readonly warnings: readonly string[];
  readonly summary: Pick<PredictionResult, 'label' | 'confidence' | 'abstained' | 'scores'> | null;
  /** In the order of time. */
  readonly moments: readonly Moment[];
}
