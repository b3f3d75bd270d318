import { useEffect, useRef } from 'preact/hooks';
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

/** The timeline of everybody or of one speaker. The one before stays until the next is there, so that nothing jumps; a new `round` asks again. */
export function useTimeline(api: Api, analysisId: string | null, durationSeconds: number, speakerId: string | null, round: number): Loaded<Timeline | null> {
  const binSeconds = binSecondsFor(durationSeconds);
  const last = useRef<{ readonly analysisId: string | null; readonly timeline: Loaded<Timeline | null> } | null>(null);
  const [loaded, reload] = useLoaded(`${analysisId ?? ''} ${binSeconds} ${speakerId ?? ''}`, async (signal) => {
    if (analysisId === null) return null;
    return (await api.run(TIMELINE, { id: analysisId, binSeconds, speaker: speakerId ?? undefined }, signal)).analysis?.timeline ?? null;
  });
  useEffect(() => {
    if (round > 0) reload();
  }, [round]);
  if (loaded.kind !== 'loading') last.current = { analysisId, timeline: loaded };
  return loaded.kind === 'loading' && last.current?.analysisId === analysisId ? last.current.timeline : loaded;
}
