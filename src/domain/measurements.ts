import type { ErrorCode } from './errors.js';

/** One analysis that was begun and has come to an end of any kind. */
export interface AnalysisEnded {
  readonly analysisId: string;
  readonly modelId: string;
  readonly outcome: 'succeeded' | 'failed' | 'stopped' | 'retried';
  /** Null when it succeeded or was stopped from outside. */
  readonly code: ErrorCode | null;
  /** Null when it was not decoded that far. */
  readonly audioSeconds: number | null;
  readonly wallSeconds: number;
}

/** What the parts tell of their work, for whoever counts. Calls are cheap and never throw. */
export interface Measurements {
  readonly analysisEnded: (ended: AnalysisEnded) => void;
  /** One run of a model host over a batch of windows. */
  readonly batchRan: (modelId: string, windowCount: number, seconds: number) => void;
  readonly pluginFailed: (pluginName: string) => void;
  /** `code` is null when it went well. */
  readonly storageUsed: (operation: string, seconds: number, code: ErrorCode | null) => void;
}
