import type { SpokenStretch } from '../domain/speaker-turns.js';

/** Stretches as columns: a third of the size of a list of objects. Milliseconds are kept. */
export interface SpeechColumns {
  readonly speakers: string[];
  /** Index into `speakers`. */
  readonly speaker: number[];
  readonly start: number[];
  readonly end: number[];
  /** What a JSON column wants of an object. */
  readonly [column: string]: string[] | number[];
}

const milliseconds = (seconds: number): number => Math.round(seconds * 1000) / 1000;

export function speechColumns(stretches: readonly SpokenStretch[]): SpeechColumns {
  const speakers = [...new Set(stretches.map(({ speaker }) => speaker))];
  return {
    speakers,
    speaker: stretches.map(({ speaker }) => speakers.indexOf(speaker)),
    start: stretches.map(({ startSeconds }) => milliseconds(startSeconds)),
    end: stretches.map(({ endSeconds }) => milliseconds(endSeconds)),
  };
}

export function stretchesOf({ speakers, speaker, start, end }: SpeechColumns): SpokenStretch[] {
  return speaker.map((index, i) => ({ speaker: speakers[index] ?? '', startSeconds: start[i]!, endSeconds: end[i]! }));
}
