import type { AnalysisStatus, Problem } from './types.js';

export interface Interval { readonly low: number; readonly high: number }
/** A figure and its 95 % interval; both null where nothing was there to measure. */
export interface Measured { readonly value: number | null; readonly interval: Interval | null }

export interface EvaluationSet {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly itemCount: number;
  readonly isScheduled: boolean;
  readonly warnings: readonly string[];
  readonly createdAt: string;
  readonly labelMapping: readonly { readonly from: string; readonly to: string }[];
}

export interface RunRow {
  readonly id: string;
  readonly modelId: string;
  readonly modelVersion: string | null;
  readonly status: AnalysisStatus;
  readonly progress: number;
  readonly split: string | null;
  readonly raw: boolean;
  readonly createdAt: string;
  readonly acceptedAt: string | null;
  readonly alarm: { readonly unweightedAccuracy: number; readonly acceptedUnweightedAccuracy: number; readonly acceptedLow: number } | null;
  readonly set: { readonly id: string; readonly name: string } | null;
  readonly setId: string;
}

export interface ClassFigures { readonly label: string; readonly support: number; readonly precision: Measured; readonly recall: Measured; readonly f1: Measured }
export interface ReliabilityPoint { readonly lower: number; readonly upper: number; readonly count: number; readonly meanConfidence: number | null; readonly accuracy: number | null; readonly interval: Interval | null }
export interface CoveragePoint { readonly coverage: number; readonly accuracy: number; readonly interval: Interval }

export interface EvaluationFigures {
  readonly itemCount: number;
  readonly speakerCount: number;
  readonly notJudgedCount: number;
  readonly abstainedCount: number;
  readonly weightedAccuracy: Measured;
  readonly unweightedAccuracy: Measured;
  readonly macroF1: Measured;
  readonly weightedF1: Measured;
  readonly expectedCalibrationError: Measured;
  readonly brier: Measured;
  readonly negativeLogLikelihood: Measured;
  readonly setCoverage: number | null;
  readonly meanSetSize: number | null;
  readonly perClass: readonly ClassFigures[];
  /** Rows are the true labels; one column more than labels where items were not judged. */
  readonly confusion: readonly (readonly number[])[];
  readonly reliability: readonly ReliabilityPoint[];
  readonly coverage: readonly CoveragePoint[];
}

export interface Slice {
  readonly dimension: string;
  readonly value: string;
  readonly isSmall: boolean;
  readonly itemCount: number;
  readonly speakerCount: number;
  readonly unweightedAccuracy: Measured;
  readonly weightedAccuracy: Measured;
  readonly macroF1: Measured;
  readonly expectedCalibrationError: Measured;
}
export interface Mistake { readonly recordingId: string; readonly truth: string; readonly answered: string; readonly confidence: number; readonly audioUrl: string }
export interface SoftLabels { readonly itemCount: number; readonly crossEntropy: Measured; readonly jensenShannon: Measured; readonly brier: Measured; readonly voteShare: Measured; readonly listenerAgreement: Measured }

export interface EvaluationReport {
  readonly labels: readonly string[];
  readonly calibrationVersions: readonly string[];
  readonly warnings: readonly string[];
  readonly unknownLabels: readonly { readonly label: string; readonly count: number; readonly suggestion: string | null }[];
  readonly failed: readonly { readonly recordingId: string; readonly code: string; readonly message: string }[];
  readonly overall: EvaluationFigures;
  readonly slices: readonly Slice[];
  readonly softLabels: SoftLabels | null;
  readonly mostConfidentMistakes: readonly Mistake[];
}
export interface RunDetail extends RunRow { readonly problem: Problem | null; readonly report: EvaluationReport | null }

export interface FigureDifference { readonly a: number; readonly b: number; readonly difference: number; readonly interval: Interval }
export interface Comparison {
  readonly itemCount: number;
  readonly bothRight: number;
  readonly onlyARight: number;
  readonly onlyBRight: number;
  readonly bothWrong: number;
  readonly pValue: number;
  readonly weightedAccuracy: FigureDifference;
  readonly unweightedAccuracy: FigureDifference;
  readonly macroF1: FigureDifference;
}
