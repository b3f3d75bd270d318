import type { AnalysisRepository } from '../db/repositories.js';
import type { AnalysisRecord } from '../domain/records.js';
import { encodeFrameTrack, mergeFrameTracks } from '../domain/frame-track.js';
import type { FinishedSegment } from './analysis-pipeline.js';

/** Finished windows are written at most this often, and first after as long: a short recording costs no further commit. */
const WRITE_EVERY_MS = 2000;

export interface PartialResults {
  add(part: FinishedSegment): void;
  /** Resolves when nothing is being written any more; call before the final result is. */
  settle(): Promise<void>;
}

/** Collects finished windows and writes them in batches. A batch that fails goes along with the next: nothing is worth losing the analysis for. */
export function collectPartialResults(analyses: Pick<AnalysisRepository, 'addPartial'>, analysis: Pick<AnalysisRecord, 'id' | 'attempt'>, everyMs = WRITE_EVERY_MS): PartialResults {
  let waiting: FinishedSegment[] = [];
  let writing: Promise<void> | null = null;
  let isOver = false;
  let lastMs = Date.now();

  async function write(parts: readonly FinishedSegment[]): Promise<void> {
    try {
      const trackBytes = encodeFrameTrack(mergeFrameTracks(parts.map(({ track }) => track))!);
      const taken = await analyses.addPartial({ analysisId: analysis.id, attempt: analysis.attempt, model: parts[0]!.model, segments: parts.map(({ segment }) => segment), trackBytes });
      if (!taken) isOver = true;
    } catch {
      waiting = [...parts, ...waiting];
    } finally {
      lastMs = Date.now();
      writing = null;
    }
  }

  return {
    add(part) {
      if (isOver) return;
      waiting.push(part);
      if (writing !== null || Date.now() - lastMs < everyMs) return;
      const parts = waiting;
      waiting = [];
      writing = write(parts);
    },
    async settle() {
      isOver = true;
      await writing;
    },
  };
}
