import type { TimeWindow } from '../hooks/use-time-window.js';
import type { Conversation, Segment, Turns } from '../types.js';
import { isGated } from '../words.js';
import { hatch, prepareCanvas } from './canvas.js';
import { secondsToPx } from './geometry.js';

export interface SpeakerColors {
  readonly turn: string;
  readonly turnEdge: string;
  readonly speech: string;
  readonly unsure: string;
  readonly overlap: string;
  readonly of: (label: string) => string;
}

interface Stretch { readonly startSeconds: number; readonly endSeconds: number }

export function stretchesOf(turns: Turns, speakerId: string): Stretch[] {
  return turns.speakers.flatMap((id, index) => (id === speakerId ? [{ startSeconds: turns.startSeconds[index]!, endSeconds: turns.endSeconds[index]! }] : []));
}

/** A frame for each turn, a bar for the speech in it in the colour of what was heard, and slanted lines where others talk as well. */
export function paintSpeaker(
  canvas: HTMLCanvasElement, widthPx: number, heightPx: number, conversation: Conversation, speakerId: string, segments: readonly Segment[], window: TimeWindow, colors: SpeakerColors,
): void {
  const context = prepareCanvas(canvas, widthPx, heightPx);
  if (!context) return;
  const visible = (stretches: readonly Stretch[]): { left: number; width: number }[] => stretches
    .map(({ startSeconds, endSeconds }) => ({ left: secondsToPx(startSeconds, window, widthPx), right: secondsToPx(endSeconds, window, widthPx) }))
    .filter(({ left, right }) => right >= 0 && left <= widthPx)
    .map(({ left, right }) => ({ left, width: Math.max(1.5, right - left) }));
  const barTop = heightPx / 2 - 5;
  context.fillStyle = colors.turnEdge;
  context.fillRect(0, heightPx / 2 - 0.5, widthPx, 1);
  context.strokeStyle = colors.turnEdge;
  context.lineWidth = 1;
  for (const { left, width } of visible(stretchesOf(conversation.turns, speakerId))) {
    context.beginPath();
    context.roundRect(left + 0.5, 3.5, Math.max(1, width - 1), heightPx - 7, 4);
    context.fillStyle = colors.turn;
    context.fill();
    context.stroke();
  }
  context.save();
  context.beginPath();
  for (const { left, width } of visible(stretchesOf(conversation.speech, speakerId))) context.roundRect(left, barTop, width, 10, 2);
  context.fillStyle = colors.speech;
  context.fill();
  context.clip();
  for (const segment of segments) {
    if (segment.speaker?.id !== speakerId || isGated(segment.gate)) continue;
    const left = secondsToPx(segment.startSeconds, window, widthPx);
    context.fillStyle = segment.prediction.abstained ? colors.unsure : colors.of(segment.prediction.label);
    context.fillRect(left, barTop, secondsToPx(segment.endSeconds, window, widthPx) - left, 10);
  }
  context.restore();
  const { startSeconds, endSeconds } = conversation.overlaps;
  for (const { left, width } of visible(startSeconds.map((start, index) => ({ startSeconds: start, endSeconds: endSeconds[index]! })))) hatch(context, left, 0, width, heightPx, colors.overlap);
}
