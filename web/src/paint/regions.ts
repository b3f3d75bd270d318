import type { TimeWindow } from '../hooks/use-time-window.js';
import type { Regions, Segment } from '../types.js';
import { gateWord, isGated } from '../words.js';
import { hatch, prepareCanvas } from './canvas.js';
import { secondsToPx } from './geometry.js';

export interface RegionColors { readonly speech: string; readonly track: string; readonly gated: string; readonly ink: string }

/** A solid bar where somebody speaks, a hatched and named one where the gate kept a stretch from being judged. */
export function paintRegions(
  canvas: HTMLCanvasElement, widthPx: number, heightPx: number, regions: Regions | null, segments: readonly Segment[], window: TimeWindow, colors: RegionColors,
): void {
  const context = prepareCanvas(canvas, widthPx, heightPx);
  if (!context) return;
  const barTop = heightPx / 2 - 3;
  context.fillStyle = colors.track;
  context.fillRect(0, heightPx / 2 - 0.5, widthPx, 1);
  context.fillStyle = colors.speech;
  regions?.startSeconds.forEach((startSeconds, index) => {
    const left = secondsToPx(startSeconds, window, widthPx);
    const right = secondsToPx(regions.endSeconds[index] ?? startSeconds, window, widthPx);
    if (right < 0 || left > widthPx) return;
    context.beginPath();
    context.roundRect(left, barTop, Math.max(1.5, right - left), 6, 3);
    context.fill();
  });
  context.font = '11px system-ui, sans-serif';
  context.textBaseline = 'middle';
  for (const segment of segments) {
    if (!isGated(segment.gate)) continue;
    const left = secondsToPx(segment.startSeconds, window, widthPx);
    const right = secondsToPx(segment.endSeconds, window, widthPx);
    if (right < 0 || left > widthPx) continue;
    context.clearRect(left, 0, right - left, heightPx);
    hatch(context, left, 2, right - left, heightPx - 4, colors.gated);
    const word = gateWord(segment.gate);
    const wordWidth = context.measureText(word).width;
    if (wordWidth + 16 > right - left) continue;
    const middle = Math.max(left, 0) / 2 + Math.min(right, widthPx) / 2;
    context.clearRect(middle - wordWidth / 2 - 5, 0, wordWidth + 10, heightPx);
    context.fillStyle = colors.ink;
    context.fillText(word, middle - wordWidth / 2, heightPx / 2 + 0.5);
  }
}
