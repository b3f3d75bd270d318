import type { TimeWindow } from '../hooks/use-time-window.js';
import type { Segment, Waveform } from '../types.js';
import { isGated } from '../words.js';
import { prepareCanvas } from './canvas.js';

const BAR_PX = 2;
const STEP_PX = 3;
const FULL_SCALE = 127;

export interface WaveformColors { readonly idle: string; readonly unsure: string; readonly axis: string; readonly of: (label: string) => string }

/** Bars from the lowest to the highest peak, each in the colour of what was heard in its stretch. */
export function paintWaveform(
  canvas: HTMLCanvasElement, widthPx: number, heightPx: number, waveform: Waveform, segments: readonly Segment[], window: TimeWindow, colors: WaveformColors,
): void {
  const context = prepareCanvas(canvas, widthPx, heightPx);
  if (!context) return;
  const middle = heightPx / 2;
  const scale = (middle - 4) / loudest(waveform);
  const secondsPerPx = (window.toSeconds - window.fromSeconds) / widthPx;
  context.fillStyle = colors.axis;
  context.fillRect(0, middle - 0.5, widthPx, 1);
  let cursor = 0;
  for (let x = 0; x + BAR_PX <= widthPx; x += STEP_PX) {
    const from = window.fromSeconds + x * secondsPerPx;
    const to = from + STEP_PX * secondsPerPx;
    const first = Math.floor(from / waveform.bucketSeconds);
    const last = Math.max(first, Math.ceil(to / waveform.bucketSeconds) - 1);
    if (first >= waveform.maximum.length) break;
    let low = 0;
    let high = 0;
    for (let bucket = first; bucket <= last; bucket++) {
      low = Math.min(low, waveform.minimum[bucket] ?? 0);
      high = Math.max(high, waveform.maximum[bucket] ?? 0);
    }
    const moment = (from + to) / 2;
    while (cursor < segments.length && segments[cursor]!.endSeconds <= moment) cursor++;
    const segment = segments[cursor];
    context.fillStyle = segment && segment.startSeconds <= moment ? colorOf(segment, colors) : colors.idle;
    const top = middle - Math.max(0.75, high * scale);
    const bottom = middle + Math.max(0.75, -low * scale);
    context.beginPath();
    context.roundRect(x, top, BAR_PX, bottom - top, 1);
    context.fill();
  }
}

function colorOf(segment: Segment, colors: WaveformColors): string {
  if (isGated(segment.gate)) return colors.idle;
  return segment.prediction.abstained ? colors.unsure : colors.of(segment.prediction.label);
}

/** Quiet recordings fill the lane too, up to eight times; silence stays a line. */
function loudest({ minimum, maximum }: Waveform): number {
  let peak = 0;
  for (const value of maximum) if (value > peak) peak = value;
  for (const value of minimum) if (-value > peak) peak = -value;
  return Math.max(peak, FULL_SCALE / 8);
}
