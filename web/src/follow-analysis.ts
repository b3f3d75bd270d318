import type { Api } from './api.js';
import { PROGRESS, PROGRESS_EVENTS } from './documents.js';
import type { AnalysisStatus } from './types.js';

const POLL_INTERVAL_MS = 1500;

export interface Progress { readonly status: AnalysisStatus; readonly progress: number }

export function isFinished(status: AnalysisStatus): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED' || status === 'CANCELLED';
}

/**
 * Reports the progress of an analysis until it ends and resolves with how it ended. Listens over the WebSocket; where
 * that is refused or breaks off (a proxy without WebSocket, say), it asks every 1.5 s instead. Rejects when asking fails.
 */
export async function followAnalysis(api: Api, id: string, onProgress: (progress: Progress) => void, signal: AbortSignal): Promise<AnalysisStatus> {
  const heard = await listen(api, id, onProgress, signal);
  if (heard && isFinished(heard)) return heard;
  while (!signal.aborted) {
    const { analysis } = await api.run(PROGRESS, { id }, signal);
    if (!analysis) return 'CANCELLED';
    onProgress(analysis);
    if (isFinished(analysis.status)) return analysis.status;
    await pause(POLL_INTERVAL_MS, signal);
  }
  return 'CANCELLED';
}

/** The last status heard, or null; never rejects, because asking takes over. */
function listen(api: Api, id: string, onProgress: (progress: Progress) => void, signal: AbortSignal): Promise<AnalysisStatus | null> {
  return new Promise((resolve) => {
    let last: AnalysisStatus | null = null;
    const done = (): void => {
      signal.removeEventListener('abort', stop);
      resolve(last);
    };
    const end = api.subscribe(PROGRESS_EVENTS, { id }, ({ analysisProgress }) => {
      last = analysisProgress.status;
      onProgress(analysisProgress);
      if (isFinished(last)) stop();
    }, done);
    const stop = (): void => {
      end();
      done();
    };
    signal.addEventListener('abort', stop, { once: true });
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
