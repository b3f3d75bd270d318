import type { AnalysisStatus } from './analysis.js';
import type { Calibration } from './calibration.js';
import type { CalibrationFigures } from './fit-calibration.js';
import type { ItemFacts } from './evaluation-manifest.js';
import type { EvaluationReport } from './evaluation-report.js';

export interface EvaluationSetRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  /** Hash of the items, by the content of their recordings, and of the mapping. */
  readonly version: string;
  readonly itemCount: number;
  /** Label as given → label of the model. */
  readonly labelMapping: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  readonly isScheduled: boolean;
  readonly createdAt: Date;
}

export interface EvaluationItemRecord extends ItemFacts {
  readonly index: number;
  readonly recordingId: string;
}

/** UA of this run against the interval of the run that was accepted last. */
export interface EvaluationAlarm {
  readonly acceptedRunId: string;
  readonly unweightedAccuracy: number;
  readonly acceptedUnweightedAccuracy: number;
  readonly acceptedLow: number;
}

export interface EvaluationRunRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly setId: string;
  readonly modelId: string;
  readonly modelVersion: string | null;
  readonly modelDigest: string | null;
  readonly modelLabels: readonly string[];
  readonly raw: boolean;
  readonly split: string | null;
  readonly status: AnalysisStatus;
  readonly progress: number;
  readonly idempotencyKey: string | null;
  readonly requestDigest: string;
  readonly problem: { readonly code: string; readonly message: string } | null;
  readonly report: EvaluationReport | null;
  readonly alarm: EvaluationAlarm | null;
  readonly acceptedAt: Date | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

export interface CalibrationRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly modelId: string;
  readonly modelDigest: string;
  /** `workspace`, `language:de`, `channel:phone`. */
  readonly scope: string;
  readonly version: string;
  readonly values: Calibration;
  readonly figures: CalibrationFigures;
  readonly runId: string | null;
  readonly createdAt: Date;
  readonly retiredAt: Date | null;
}
