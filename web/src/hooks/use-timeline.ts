import type { Api } from '../api.js';
import { TIMELINE } from '../documents.js';
import type { Timeline } from '../types.js';
import { useLoaded, type Loaded } from './use-loaded.js';

const BIN_CHOICES_SECONDS = [0.25, 0.5, 1, 2, 5, 10, 30, 60] as const;
/** More bins than this are finer than a wide screen. */
const MOST_BINS = 3600;

export function binSecondsFor(durationSeconds: number): number {
  return BIN_CHOICES_SECONDS.find((binSeconds) => durationSeconds / binSeconds <= MOST_BINS) ?? 60;
}

export function useTimeline(api: Api, analysisId: string | null, durationSeconds: number): Loaded<Timeline | null> {
  const binSeconds = binSecondsFor(durationSeconds);
  const [loaded] = useLoaded(`${analysisId ?? ''} ${binSeconds}`, async (signal) => {
    if (analysisId === null) return null;
    return (await api.run(TIMELINE, { id: analysisId, binSeconds }, signal)).analysis?.timeline ?? null;
  });
  return loaded;
}
