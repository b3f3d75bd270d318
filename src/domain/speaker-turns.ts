import { unionOf, type Interval } from './intervals.js';

/** One speaker's speech without a pause that counts. Those of different speakers may overlap. */
export interface SpokenStretch extends Interval {
  /** Key of the speaker, unique in its recording. */
  readonly speaker: string;
}

/** A piece of time in which the set of speakers does not change. */
export interface SpeakerAtom extends Interval {
  /** Sorted; empty where nobody speaks. */
  readonly speakers: readonly string[];
}

/** Pauses of one speaker up to here do not end a turn, unless somebody else begins in them. */
export const TURN_PAUSE_SECONDS = 1;

/** Each speaker's own stretches joined where they touch, all in order of time. */
export function tidyStretches(stretches: readonly SpokenStretch[]): SpokenStretch[] {
  return speakerKeys(stretches)
    .flatMap((speaker) => unionOf(stretches.filter((one) => one.speaker === speaker)).map((interval) => ({ speaker, ...interval })))
    .sort((a, b) => a.startSeconds - b.startSeconds || (a.speaker < b.speaker ? -1 : 1));
}

/** In order of first speech. */
export function speakerKeys(stretches: readonly SpokenStretch[]): string[] {
  return [...new Set([...stretches].sort((a, b) => a.startSeconds - b.startSeconds).map(({ speaker }) => speaker))];
}

/** From the first start to the last end without gaps. O(n log n). */
export function speakerAtoms(stretches: readonly SpokenStretch[]): SpeakerAtom[] {
  const edges = tidyStretches(stretches).flatMap(({ speaker, startSeconds, endSeconds }) => [{ at: startSeconds, speaker, isStart: true }, { at: endSeconds, speaker, isStart: false }]);
  edges.sort((a, b) => a.at - b.at);
  const atoms: SpeakerAtom[] = [];
  const active = new Set<string>();
  let from = edges[0]?.at ?? 0;
  for (const { at, speaker, isStart } of edges) {
    if (at > from) atoms.push({ startSeconds: from, endSeconds: at, speakers: [...active].sort() });
    if (isStart) active.add(speaker);
    else active.delete(speaker);
    from = at;
  }
  return atoms;
}

/** Where two or more speak at once. */
export function overlapsOf(stretches: readonly SpokenStretch[]): Interval[] {
  return unionOf(speakerAtoms(stretches).filter(({ speakers }) => speakers.length > 1));
}

/** What each speaker says alone. */
export function soloStretches(stretches: readonly SpokenStretch[]): SpokenStretch[] {
  const alone = speakerAtoms(stretches).filter(({ speakers }) => speakers.length === 1);
  return tidyStretches(alone.map(({ startSeconds, endSeconds, speakers }) => ({ speaker: speakers[0]!, startSeconds, endSeconds })));
}

/**
 * Who has the floor: stretches of a speaker with only short pauses between them, in which nobody else begins. Turns of
 * different speakers may overlap.
 */
export function turnsOf(stretches: readonly SpokenStretch[]): SpokenStretch[] {
  const tidy = tidyStretches(stretches);
  const turns: SpokenStretch[] = [];
  const open = new Map<string, number>();
  for (const stretch of tidy) {
    const index = open.get(stretch.speaker);
    const before = index === undefined ? undefined : turns[index];
    const isShort = before !== undefined && stretch.startSeconds - before.endSeconds <= TURN_PAUSE_SECONDS;
    if (isShort && !tidy.some((other) => other.speaker !== stretch.speaker && other.startSeconds >= before.endSeconds && other.startSeconds <= stretch.startSeconds)) {
      turns[index!] = { ...before, endSeconds: stretch.endSeconds };
    } else {
      open.set(stretch.speaker, turns.length);
      turns.push(stretch);
    }
  }
  return turns;
}
