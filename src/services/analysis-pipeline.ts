import type { AnalysisOptions, AnalysisOutcome } from '../domain/analysis.js';
import type { FrameTrack } from '../domain/frame-track.js';
import type { PcmSource } from '../domain/pcm.js';
import type { Priority } from '../domain/priority.js';

export interface PipelineRequest {
  readonly path: string;
  readonly options: AnalysisOptions;
  readonly priority: Priority;
  readonly signal: AbortSignal;
  /** 0 to 1, never falling. */
  readonly onProgress?: (fraction: number) => void;
  /** Called with the decoded samples before they are let go (exports). */
  readonly onDecoded?: (pcm: PcmSource) => Promise<void>;
  readonly wantFrameFeatures?: boolean;
}

export interface PipelineResult {
  readonly outcome: AnalysisOutcome;
  readonly track: FrameTrack;
  /** Min/max pairs, −127 to 127. */
  readonly peaks: Int8Array;
  /** [frames, D] of the judged windows in order; only when asked for. */
  readonly frameFeatures: Float32Array | null;
}

/** From a file on disk to everything that is known of it. Touches no database, so the command can run it alone. */
export interface AnalysisPipeline {
  analyze(request: PipelineRequest): Promise<PipelineResult>;
}
