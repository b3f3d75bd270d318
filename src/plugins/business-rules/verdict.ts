import type { Bounds } from './rule-parts.schema.js';
import type { Moment } from './subject.js';

export const TRUE = 1;
export const FALSE = 0;
/** What was not measured is neither: `not` of it is unknown as well, and a rule does not fire on it. */
export const UNKNOWN = -1;

/** One condition looked at, as the explanation of an alert shows it. */
export interface TraceLine {
  /** Place in the rule: `when.all[0].score`. */
  readonly path: string;
  readonly condition: string;
  /** What was asked, in words. */
  readonly asked: string;
  /** What was seen; null where it is not known. */
  readonly seen: string | number | boolean | null;
  readonly result: boolean | null;
  /** Beginning of the segment that was looked at; null for what holds for the whole recording. */
  readonly atSeconds: number | null;
}

/** What one condition says at each moment. */
export interface Verdict {
  /** TRUE, FALSE or UNKNOWN a moment. */
  readonly values: Int8Array;
  /** True where it says the same at every moment because it looks at the recording as a whole. */
  readonly isConstant: boolean;
  explain(moment: number, lines: TraceLine[]): void;
}

export function resultOf(value: number): boolean | null {
  return value === UNKNOWN ? null : value === TRUE;
}

export interface Place {
  readonly path: string;
  readonly condition: string;
  readonly moments: readonly Moment[];
}

/** A condition that looks at each moment by itself. */
export function leaf(place: Place, asked: string, values: Int8Array, seen: (moment: number) => TraceLine['seen']): Verdict {
  return {
    values, isConstant: false,
    explain: (moment, lines) => void lines.push({ path: place.path, condition: place.condition, asked, seen: seen(moment), result: resultOf(values[moment]!), atSeconds: place.moments[moment]!.startSeconds }),
  };
}

/** A condition over the whole recording. */
export function constant(place: Place, asked: string, value: number, seen: TraceLine['seen']): Verdict {
  return {
    values: new Int8Array(place.moments.length).fill(value), isConstant: true,
    explain: (_moment, lines) => void lines.push({ path: place.path, condition: place.condition, asked, seen, result: resultOf(value), atSeconds: null }),
  };
}

export function truth(value: boolean): number {
  return value ? TRUE : FALSE;
}

/** Without hysteresis, for one value. */
export function within(value: number | null, { atLeast, atMost }: Bounds): number {
  if (value === null || Number.isNaN(value)) return UNKNOWN;
  return truth((atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost));
}

/** With hysteresis, for each voice by itself: one that calms down must not end what another began. */
export function threshold(moments: readonly Moment[], valueOf: (moment: number) => number | null, bounds: Bounds): Int8Array {
  const values = new Int8Array(moments.length);
  const { releaseBelow, releaseAbove } = bounds;
  const held = { atLeast: releaseBelow ?? bounds.atLeast, atMost: releaseAbove ?? bounds.atMost };
  const inside = new Set<string | null>();
  for (let i = 0; i < moments.length; i++) {
    const voice = moments[i]!.speakerKey;
    const value = within(valueOf(i), inside.has(voice) ? held : bounds);
    values[i] = value;
    if (value === TRUE) inside.add(voice);
    else if (value === FALSE) inside.delete(voice);
  }
  return values;
}

export function boundsText({ atLeast, atMost, releaseBelow, releaseAbove }: Bounds): string {
  const parts = [
    atLeast === undefined ? '' : `at least ${atLeast}`, atMost === undefined ? '' : `at most ${atMost}`,
    releaseBelow === undefined ? '' : `until below ${releaseBelow}`, releaseAbove === undefined ? '' : `until above ${releaseAbove}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}
