import type { Condition } from './rule.schema.js';
import { runsOf, type Runs } from './runs.js';
import { rounded } from './segment-conditions.js';
import type { Moment } from './subject.js';
import { boundsText, constant, FALSE, leaf, resultOf, TRUE, UNKNOWN, within, truth, type Place, type Verdict } from './verdict.js';

type Given<K extends keyof Condition> = NonNullable<Condition[K]>;

export function sustainedVerdict({ forSeconds, maxGapSeconds }: Given<'sustained'>, when: Verdict, place: Place): Verdict {
  const runs = runsOf(when.values, place.moments, maxGapSeconds);
  const values = Int8Array.from(when.values, (value, i) => (value === TRUE ? truth(runs.heldSeconds(runs.firstOf(i), i) >= forSeconds) : value));
  return {
    values, isConstant: false,
    explain(i, lines) {
      const seen = when.values[i] === TRUE ? rounded(runs.heldSeconds(runs.firstOf(i), i)) : 0;
      lines.push({ path: place.path, condition: place.condition, asked: `holds for ${forSeconds} s`, seen: when.values[i] === UNKNOWN ? null : seen, result: resultOf(values[i]!), atSeconds: place.moments[i]!.startSeconds });
      when.explain(i, lines);
    },
  };
}

export function trajectoryVerdict(given: Given<'trajectory'>, place: Place): Verdict {
  const { moments } = place;
  const { from, to, withinSeconds, minConfidence, sameSpeaker } = given;
  const sure = (moment: Moment): boolean => (moment.confidence ?? 0) >= minConfidence;
  const cause = new Int32Array(moments.length).fill(-1);
  /** The last moment with a label of `from`, of each voice (or of all as one). */
  const last = new Map<string | null, number>();
  const values = Int8Array.from(moments, (moment, i) => {
    if (moment.label === null) return UNKNOWN;
    const voice = sameSpeaker ? moment.speakerKey : null;
    const before = last.get(voice);
    if (sure(moment) && from.includes(moment.label)) last.set(voice, i);
    if (!sure(moment) || !to.includes(moment.label) || before === undefined) return FALSE;
    if (moment.startSeconds - moments[before]!.endSeconds > withinSeconds) return FALSE;
    cause[i] = before;
    return TRUE;
  });
  const asked = `${from.join(' or ')}, then ${to.join(' or ')} within ${withinSeconds} s`;
  return leaf(place, asked, values, (i) => {
    const before = moments[cause[i]!];
    if (before === undefined) return moments[i]!.label;
    return `${before.label!} until ${before.endSeconds.toFixed(1)} s, ${moments[i]!.label!} from ${moments[i]!.startSeconds.toFixed(1)} s`;
  });
}

/** Steps one after the other; true while the last one is being completed. */
export function sequenceVerdict({ steps, withinSeconds, maxGapSeconds }: Given<'sequence'>, whens: readonly Verdict[], place: Place): Verdict {
  const { moments } = place;
  const runs = whens.map((when) => runsOf(when.values, moments, maxGapSeconds));
  /** For each step and moment: the moment at which the step before was complete; −1 where this one is not. The first step points at itself. */
  const done: Int32Array[] = [];
  steps.forEach(({ forSeconds }, k) => {
    const values = whens[k]!.values;
    done.push(Int32Array.from(moments, (_, i) => {
      if (values[i] !== TRUE) return -1;
      if (k === 0) return runs[k]!.heldSeconds(runs[k]!.firstOf(i), i) >= forSeconds ? i : -1;
      return completedAfter(runs[k]!, done[k - 1]!, i, { forSeconds, withinSeconds }, moments);
    }));
  });
  const last = done.at(-1)!;
  const values = Int8Array.from(moments, (_, i) => (last[i]! >= 0 ? TRUE : whens.some((when) => when.values[i] === UNKNOWN) && whens.every((when) => !when.values.includes(TRUE)) ? UNKNOWN : FALSE));
  return {
    values, isConstant: false,
    explain(i, lines) {
      const path: number[] = [i];
      for (let k = steps.length - 1; k > 0 && path[0]! >= 0; k--) path.unshift(done[k]![path[0]!]!);
      const isWhole = path[0]! >= 0;
      lines.push({
        path: place.path, condition: place.condition, asked: `${steps.length} steps, each within ${withinSeconds} s of the one before`,
        seen: isWhole ? path.map((at) => `${moments[at]!.startSeconds.toFixed(1)} s`).join(' → ') : 'not in this order', result: resultOf(values[i]!), atSeconds: moments[i]!.startSeconds,
      });
      whens.forEach((when, k) => when.explain(isWhole ? path[k]! : i, lines));
    },
  };
}

/** The latest completion of the step before after which this step has held long enough by moment `i`, or −1. */
function completedAfter(runs: Runs, before: Int32Array, i: number, { forSeconds, withinSeconds }: { readonly forSeconds: number; readonly withinSeconds: number }, moments: readonly Moment[]): number {
  const runFirst = runs.firstOf(i);
  for (let j = i - 1; j >= 0; j--) {
    const first = runs.nextTrue(Math.max(j + 1, runFirst));
    const gapSeconds = moments[first]!.startSeconds - moments[j]!.endSeconds;
    if (j < runFirst && gapSeconds > withinSeconds + LONGEST_SEGMENT_SECONDS) return -1;
    if (before[j]! >= 0 && gapSeconds <= withinSeconds && runs.heldSeconds(first, i) >= forSeconds) return j;
  }
  return -1;
}
/** An earlier segment may end later than the next: how far back the search must look beyond the window. */
const LONGEST_SEGMENT_SECONDS = 60;

export function shareVerdict(given: Given<'share'>, when: Verdict, place: Place): Verdict {
  let known = 0;
  let holds = 0;
  place.moments.forEach(({ speechSeconds }, i) => {
    if (when.values[i] !== UNKNOWN) known += speechSeconds;
    if (when.values[i] === TRUE) holds += speechSeconds;
  });
  const share = known > 0 ? holds / known : null;
  return constant(place, `share of the speech ${boundsText(given)}`, within(share, given), rounded(share));
}

export function countVerdict(given: Given<'count'>, when: Verdict, place: Place): Verdict {
  const count = when.values.reduce((total, value) => total + (value === TRUE ? 1 : 0), 0);
  const isKnown = when.values.some((value) => value !== UNKNOWN);
  return constant(place, `segments ${boundsText(given)}`, isKnown ? within(count, given) : UNKNOWN, isKnown ? count : null);
}

