import { coveredSeconds, intersectionOf, unionOf, type Interval } from '../domain/intervals.js';
import { overlapsOf, soloStretches, type SpokenStretch } from '../domain/speaker-turns.js';
import { cutWindows, withMargins, type WindowSpan } from './windows.js';

/** Shorter, and a window says nothing of a voice. */
const MIN_WINDOW_SECONDS = 0.25;

export interface SpeakerWindow extends WindowSpan {
  readonly speaker: string;
}

export interface SpeakerWindowRequest {
  /** Who speaks when, on one channel; may overlap. */
  readonly stretches: readonly SpokenStretch[];
  /** Where speech was heard: what a diarizer marks elsewhere is not judged. */
  readonly regions: readonly Interval[];
  readonly probabilities: Float32Array;
  readonly durationSeconds: number;
  readonly maxWindowSeconds: number;
  readonly marginSeconds: number;
}

/**
 * Windows of one speaker each, on a recording in which all share one channel: nobody else is heard in one, neither in its
 * speech nor in its margins, and where two talk at once there is none.
 */
export function cutSpeakerWindows(request: SpeakerWindowRequest): SpeakerWindow[] {
  const { stretches, durationSeconds, maxWindowSeconds } = request;
  const heard = heardAlone(request);
  const blocked = [...heard.map((one): Mark => ({ ...one })), ...overlapsOf(stretches).map((overlap): Mark => ({ ...overlap, speaker: null }))];
  const marks = blocked.sort((a, b) => a.startSeconds - b.startSeconds);
  const windows = runsOf(marks).flatMap(({ speaker, regions, fromSeconds, toSeconds }) =>
    cutWindows({ regions, probabilities: request.probabilities, durationSeconds, maxWindowSeconds })
      .map((window): SpeakerWindow => ({ ...window, ...clipped(window, Math.max(0, fromSeconds), Math.min(durationSeconds, toSeconds)), speaker })));
  const tooShort = windows.filter((window) => window.endSeconds - window.startSeconds < MIN_WINDOW_SECONDS);
  const usable = windows.filter((window) => !tooShort.includes(window));
  return withRoom(usable, [...overlapsOf(stretches), ...tooShort], request).map((window) => ({ ...window, speechSeconds: coveredSeconds(intersectionOf([window], heard.filter(({ speaker }) => speaker === window.speaker))) }));
}

/** Speaker null: several at once. */
interface Mark extends Interval {
  readonly speaker: string | null;
}

function heardAlone({ stretches, regions }: SpeakerWindowRequest): SpokenStretch[] {
  const solo = soloStretches(stretches);
  return [...new Set(solo.map(({ speaker }) => speaker))].flatMap((speaker) => intersectionOf(solo.filter((one) => one.speaker === speaker), regions).map((part) => ({ ...part, speaker })));
}

interface Run {
  readonly speaker: string;
  readonly regions: readonly Interval[];
  /** Where the neighbours of the run end and begin. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/** Regions of one speaker that follow each other with nobody else between. */
function runsOf(marks: readonly Mark[]): Run[] {
  const runs: Run[] = [];
  for (let i = 0; i < marks.length; ) {
    const { speaker } = marks[i]!;
    let next = i + 1;
    while (next < marks.length && marks[next]!.speaker === speaker) next++;
    if (speaker !== null) runs.push({ speaker, regions: unionOf(marks.slice(i, next)), fromSeconds: marks[i - 1]?.endSeconds ?? 0, toSeconds: marks[next]?.startSeconds ?? Infinity });
    i = next;
  }
  return runs;
}

function clipped(window: Interval, fromSeconds: number, toSeconds: number): Interval {
  return { startSeconds: Math.max(window.startSeconds, fromSeconds), endSeconds: Math.min(window.endSeconds, toSeconds) };
}

/** Margins up to the middle of the pause before whatever comes next, even where that is not judged. */
function withRoom(windows: readonly SpeakerWindow[], others: readonly Interval[], request: SpeakerWindowRequest): SpeakerWindow[] {
  const all = [...windows, ...others.map(({ startSeconds, endSeconds }) => ({ startSeconds, endSeconds, speaker: null, speechSeconds: 0 }))].sort((a, b) => a.startSeconds - b.startSeconds);
  const widened = withMargins(all, request.marginSeconds, request);
  return widened.flatMap((window, i) => (all[i]!.speaker === null ? [] : [{ ...window, speaker: all[i]!.speaker }]));
}
