import type { SpeechRegion } from '../domain/analysis.js';
import { PROBABILITY_FRAME_SECONDS } from './speech-regions.js';

/** A stretch for the model, before the gate has judged it. */
export interface WindowSpan {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly speechSeconds: number;
}

export interface WindowRequest {
  /** Sorted, without overlaps. */
  readonly regions: readonly SpeechRegion[];
  /** One per 32 ms of the recording; says where a region that is too long is cut. */
  readonly probabilities: Float32Array;
  readonly durationSeconds: number;
  /** The model's limit; the cost of attention grows with its square. */
  readonly maxWindowSeconds: number;
}

// Under a second a model has little to go by: such windows are joined to a neighbour or take in some of the pause around.
const MIN_WINDOW_SECONDS = 1;
// Pauses up to here stay inside a window, longer ones would only dilute it.
const BRIDGED_PAUSE_SECONDS = 0.3;
const MERGED_PAUSE_SECONDS = 2;

type Span = SpeechRegion;

interface Pause {
  readonly from: number;
  readonly to: number;
}

/** Windows in order, without overlaps, none longer than the limit. No speech at all gives the most speech-like stretch as the only window. */
export function cutWindows(request: WindowRequest): WindowSpan[] {
  const { regions, durationSeconds, maxWindowSeconds } = request;
  if (durationSeconds <= 0) return [];
  if (regions.length === 0) return [{ ...mostSpeechLike(request), speechSeconds: 0 }];
  if (durationSeconds <= Math.min(MIN_WINDOW_SECONDS, maxWindowSeconds)) return [withSpeech({ startSeconds: 0, endSeconds: durationSeconds }, regions, 0).window];
  const spans = lengthenShort(joinShort(bridge(regions).flatMap((group) => split(group, request)), maxWindowSeconds), request);
  let firstRegion = 0;
  return spans.map((span) => {
    const { window, nextRegion } = withSpeech(span, regions, firstRegion);
    firstRegion = nextRegion;
    return window;
  });
}

/** `--raw`: the whole recording as it is, in one piece. */
export function rawWindow(durationSeconds: number, regions: readonly SpeechRegion[] = []): WindowSpan {
  return withSpeech({ startSeconds: 0, endSeconds: durationSeconds }, regions, 0).window;
}

/** Regions with only short pauses between them. */
function bridge(regions: readonly SpeechRegion[]): SpeechRegion[][] {
  const groups: SpeechRegion[][] = [];
  for (const region of regions) {
    const group = groups.at(-1);
    if (group !== undefined && region.startSeconds - group.at(-1)!.endSeconds <= BRIDGED_PAUSE_SECONDS) group.push(region);
    else groups.push([region]);
  }
  return groups;
}

function split(group: readonly SpeechRegion[], { probabilities, maxWindowSeconds }: WindowRequest): Span[] {
  const spans: Span[] = [];
  const endSeconds = group.at(-1)!.endSeconds;
  let startSeconds = group[0]!.startSeconds;
  let pauses: Pause[] = group.slice(1).map((region, i) => ({ from: group[i]!.endSeconds, to: region.startSeconds }));
  while (endSeconds - startSeconds > maxWindowSeconds) {
    // What is left over must not be a scrap.
    const latest = Math.min(startSeconds + maxWindowSeconds, Math.max(startSeconds + maxWindowSeconds / 2, endSeconds - MIN_WINDOW_SECONDS));
    const earliest = startSeconds + MIN_WINDOW_SECONDS;
    pauses = pauses.filter((pause) => pause.from > startSeconds);
    const usable = pauses.filter((pause) => pause.from >= earliest && pause.from <= latest);
    const near = usable.filter((pause) => pause.from >= startSeconds + maxWindowSeconds / 3);
    const longest = near.reduce<Pause | null>((best, pause) => (best === null || pause.to - pause.from >= best.to - best.from ? pause : best), null);
    // An early pause makes a short window, but a cut in the middle of a word would be worse.
    const cut = longest ?? usable.at(-1) ?? pointCut(quietestPoint(probabilities, startSeconds + (maxWindowSeconds * 2) / 3, latest));
    spans.push({ startSeconds, endSeconds: cut.from });
    startSeconds = cut.to;
  }
  spans.push({ startSeconds, endSeconds });
  return spans;
}

const pointCut = (seconds: number): Pause => ({ from: seconds, to: seconds });

/** The middle of the three frames that sound least like speech; the last such point, so that windows stay long. */
function quietestPoint(probabilities: Float32Array, fromSeconds: number, toSeconds: number): number {
  let bestFrame = -1;
  let lowest = Infinity;
  const first = Math.max(1, Math.ceil(fromSeconds / PROBABILITY_FRAME_SECONDS));
  const last = Math.min(probabilities.length - 2, Math.floor(toSeconds / PROBABILITY_FRAME_SECONDS) - 1);
  for (let frame = first; frame <= last; frame++) {
    const sum = probabilities[frame - 1]! + probabilities[frame]! + probabilities[frame + 1]!;
    if (sum <= lowest) {
      lowest = sum;
      bestFrame = frame;
    }
  }
  return bestFrame < 0 ? toSeconds : (bestFrame + 0.5) * PROBABILITY_FRAME_SECONDS;
}

function joinShort(spans: readonly Span[], maxWindowSeconds: number): Span[] {
  const joined: Span[] = [];
  for (const span of spans) {
    const before = joined.at(-1);
    const eitherIsShort = before !== undefined && (length(before) < MIN_WINDOW_SECONDS || length(span) < MIN_WINDOW_SECONDS);
    const fits = before !== undefined && span.startSeconds - before.endSeconds <= MERGED_PAUSE_SECONDS && span.endSeconds - before.startSeconds <= maxWindowSeconds;
    if (eitherIsShort && fits) joined[joined.length - 1] = { startSeconds: before.startSeconds, endSeconds: span.endSeconds };
    else joined.push(span);
  }
  return joined;
}

function lengthenShort(spans: readonly Span[], { durationSeconds, maxWindowSeconds }: WindowRequest): Span[] {
  const wanted = Math.min(MIN_WINDOW_SECONDS, maxWindowSeconds);
  let previousEnd = 0;
  return spans.map((span, i) => {
    const nextStart = spans[i + 1]?.startSeconds ?? durationSeconds;
    let { startSeconds, endSeconds } = span;
    if (length(span) < wanted) {
      const missing = wanted - length(span);
      startSeconds = Math.max(previousEnd, Math.min(startSeconds - missing / 2, nextStart - wanted));
      endSeconds = Math.min(nextStart, Math.max(startSeconds + wanted, endSeconds));
    }
    previousEnd = endSeconds;
    return { startSeconds, endSeconds };
  });
}

/**
 * Each window with up to `marginSeconds` of what is around it, at most to the middle of the pause before its neighbour.
 * Breath, onset and decay tell about a voice as well, and models are trained on clips that have them.
 */
export function withMargins(windows: readonly WindowSpan[], marginSeconds: number, { durationSeconds, maxWindowSeconds }: Pick<WindowRequest, 'durationSeconds' | 'maxWindowSeconds'>): WindowSpan[] {
  return windows.map((window, i) => {
    const before = windows[i - 1]?.endSeconds ?? -window.startSeconds;
    const after = windows[i + 1]?.startSeconds ?? 2 * durationSeconds - window.endSeconds;
    const allowed = Math.max(0, maxWindowSeconds - length(window)) / 2;
    const margin = Math.min(marginSeconds, allowed);
    return {
      ...window,
      startSeconds: window.startSeconds - Math.min(margin, Math.max(0, (window.startSeconds - before) / 2)),
      endSeconds: window.endSeconds + Math.min(margin, Math.max(0, (after - window.endSeconds) / 2)),
    };
  });
}

const length = (span: Span): number => span.endSeconds - span.startSeconds;

function withSpeech(span: Span, regions: readonly SpeechRegion[], firstRegion: number): { window: WindowSpan; nextRegion: number } {
  let speechSeconds = 0;
  let at = firstRegion;
  for (; at < regions.length; at++) {
    const region = regions[at]!;
    if (region.startSeconds >= span.endSeconds) break;
    speechSeconds += Math.max(0, Math.min(region.endSeconds, span.endSeconds) - Math.max(region.startSeconds, span.startSeconds));
    if (region.endSeconds > span.endSeconds) break;
  }
  return { window: { ...span, speechSeconds }, nextRegion: at };
}

function mostSpeechLike({ probabilities, durationSeconds, maxWindowSeconds }: WindowRequest): Span {
  if (durationSeconds <= maxWindowSeconds) return { startSeconds: 0, endSeconds: durationSeconds };
  const width = Math.floor(maxWindowSeconds / PROBABILITY_FRAME_SECONDS);
  let sum = 0;
  let best = -Infinity;
  let bestStart = 0;
  probabilities.forEach((probability, frame) => {
    sum += probability - (frame >= width ? probabilities[frame - width]! : 0);
    if (frame >= width - 1 && sum > best) {
      best = sum;
      bestStart = frame - width + 1;
    }
  });
  const startSeconds = Math.min(bestStart * PROBABILITY_FRAME_SECONDS, durationSeconds - maxWindowSeconds);
  return { startSeconds, endSeconds: startSeconds + maxWindowSeconds };
}
