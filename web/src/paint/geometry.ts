import type { TimeWindow } from '../hooks/use-time-window.js';

/** Room at the left of every lane for its name and the scale, and at the right for the last tick's label. */
export const GUTTER_PX = 72;
export const RIGHT_PX = 24;

export function secondsToPx(seconds: number, window: TimeWindow, laneWidthPx: number): number {
  return ((seconds - window.fromSeconds) / (window.toSeconds - window.fromSeconds)) * laneWidthPx;
}

export function pxToSeconds(px: number, window: TimeWindow, laneWidthPx: number): number {
  const share = Math.min(1, Math.max(0, px / laneWidthPx));
  return window.fromSeconds + share * (window.toSeconds - window.fromSeconds);
}
