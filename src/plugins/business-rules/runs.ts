import type { Moment } from './subject.js';
import { FALSE, TRUE } from './verdict.js';

/** Stretches in which a condition holds on: a voice's own segments in a row, whatever others say in between. */
export interface Runs {
  /** First moment of the run that moment `i`, at which the condition holds, belongs to. */
  firstOf(i: number): number;
  /** The condition's first moment from `i` on; `i` must not lie after the last. */
  nextTrue(i: number): number;
  /** Seconds of the segments in which it holds, from one moment of a run to another, both included. */
  heldSeconds(first: number, last: number): number;
}

/** A run ends where the same voice's segment does not fulfil the condition, or nobody speaks for longer than `maxGapSeconds`. */
export function runsOf(values: Int8Array, moments: readonly Moment[], maxGapSeconds: number): Runs {
  const count = moments.length;
  const first = new Int32Array(count).fill(-1);
  const held = new Float64Array(count + 1);
  const next = new Int32Array(count + 1).fill(count);
  let run = -1;
  let voices = new Set<string | null>();
  let end = 0;
  for (let i = 0; i < count; i++) {
    const { startSeconds, endSeconds, speakerKey } = moments[i]!;
    if (i > 0 && startSeconds - end > maxGapSeconds) run = -1;
    end = Math.max(end, endSeconds);
    const holds = values[i] === TRUE;
    held[i + 1] = held[i]! + (holds ? endSeconds - startSeconds : 0);
    if (holds) {
      if (run < 0) {
        run = i;
        voices = new Set();
      }
      voices.add(speakerKey);
      first[i] = run;
    } else if (values[i] === FALSE && (speakerKey === null || voices.has(speakerKey) || voices.has(null))) run = -1;
  }
  for (let i = count - 1; i >= 0; i--) next[i] = values[i] === TRUE ? i : next[i + 1]!;
  return {
    firstOf: (i) => first[i]!,
    nextTrue: (i) => next[i]!,
    heldSeconds: (from, to) => held[to + 1]! - held[from]!,
  };
}
