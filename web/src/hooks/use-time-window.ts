import { useCallback, useEffect, useState } from 'preact/hooks';

/** The part of the recording that is on screen, in seconds. */
export interface TimeWindow { readonly fromSeconds: number; readonly toSeconds: number }

const SHORTEST_SECONDS = 2;

export interface TimeWindowControl {
  readonly window: TimeWindow;
  readonly isWhole: boolean;
  /** Factor below 1 zooms in; `aroundSeconds` stays where it is on screen. */
  zoom(factor: number, aroundSeconds: number): void;
  move(bySeconds: number): void;
  showAll(): void;
  /** Turns the page when a moment has left the screen. */
  follow(seconds: number): void;
}

export function useTimeWindow(durationSeconds: number): TimeWindowControl {
  const [window, setWindow] = useState<TimeWindow>({ fromSeconds: 0, toSeconds: durationSeconds });
  useEffect(() => setWindow({ fromSeconds: 0, toSeconds: durationSeconds }), [durationSeconds]);

  const place = useCallback((fromSeconds: number, lengthSeconds: number): TimeWindow => {
    const length = Math.min(durationSeconds, Math.max(Math.min(SHORTEST_SECONDS, durationSeconds), lengthSeconds));
    const from = Math.min(Math.max(0, fromSeconds), durationSeconds - length);
    return { fromSeconds: from, toSeconds: from + length };
  }, [durationSeconds]);

  const zoom = useCallback((factor: number, around: number) => setWindow((old) => {
    const length = Math.min(durationSeconds, Math.max(Math.min(SHORTEST_SECONDS, durationSeconds), (old.toSeconds - old.fromSeconds) * factor));
    const anchor = (around - old.fromSeconds) / (old.toSeconds - old.fromSeconds);
    return place(around - Math.min(1, Math.max(0, anchor)) * length, length);
  }), [place, durationSeconds]);
  const move = useCallback((by: number) => setWindow((old) => place(old.fromSeconds + by, old.toSeconds - old.fromSeconds)), [place]);
  const showAll = useCallback(() => setWindow(place(0, durationSeconds)), [place, durationSeconds]);
  const follow = useCallback((seconds: number) => setWindow((old) => {
    if (seconds >= old.fromSeconds && seconds <= old.toSeconds) return old;
    return place(seconds - (old.toSeconds - old.fromSeconds) * 0.1, old.toSeconds - old.fromSeconds);
  }), [place]);

  return { window, isWhole: window.toSeconds - window.fromSeconds >= durationSeconds - 0.001, zoom, move, showAll, follow };
}
