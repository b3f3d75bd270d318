import { evaluateCondition } from './evaluate-condition.js';
import type { RuleDefinition } from './rule.schema.js';
import { prepare, type Moment, type PreparedSubject, type RuleSubject } from './subject.js';
import { TRUE, type TraceLine } from './verdict.js';

/** A stretch in which a rule holds. */
export interface Firing {
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Null for a rule about the recording as a whole, and where nobody was told apart. */
  readonly speakerKey: string | null;
  readonly segmentIds: readonly string[];
  /** Same for the same rule at the same place, however often it is evaluated. */
  readonly occurrenceKey: string;
  readonly trace: readonly TraceLine[];
}

export interface RuleEvaluation {
  readonly firings: readonly Firing[];
  /** Occurrences that the cool-down left out. */
  readonly suppressedCount: number;
}

/** What stands for a recording without segments, so that rules about the recording still see it. */
const NOTHING_SAID: Omit<Moment, 'endSeconds'> = {
  segmentId: null, index: 0, startSeconds: 0, speechSeconds: 0, gate: null, speakerKey: null, speakerRole: null, channel: null, text: null, agreement: null, label: null, confidence: null, abstained: false, scores: [],
};

/** To be made once for many rules over one analysis. */
export function prepareSubject(subject: RuleSubject): PreparedSubject {
  return prepare(subject.moments.length > 0 ? subject : { ...subject, moments: [{ ...NOTHING_SAID, endSeconds: subject.durationSeconds }] });
}

/** Where a rule fires. Deterministic: nothing is looked at but the rule and the subject. */
export function evaluateRule(rule: RuleDefinition, subject: PreparedSubject, options: { readonly wantTrace?: boolean } = {}): RuleEvaluation {
  const verdict = evaluateCondition(rule.when, subject, 'when');
  const { moments } = subject;
  const explain = (moment: number): readonly TraceLine[] => {
    const lines: TraceLine[] = [];
    if (options.wantTrace !== false) verdict.explain(moment, lines);
    return lines;
  };
  if (verdict.isConstant) {
    if (verdict.values[0] !== TRUE) return { firings: [], suppressedCount: 0 };
    return { firings: [{ startSeconds: 0, endSeconds: subject.durationSeconds, speakerKey: null, segmentIds: [], occurrenceKey: keyOf(rule, subject, null), trace: explain(0) }], suppressedCount: 0 };
  }

  const firings: Firing[] = [];
  const keys = new Set<string>();
  let suppressedCount = 0;
  let quietUntil = -Infinity;
  for (const { from, to } of stretches(verdict.values, moments)) {
    const first = moments[from]!;
    const within = moments.slice(from, to + 1).filter((_, offset) => verdict.values[from + offset] === TRUE);
    const occurrenceKey = keyOf(rule, subject, first);
    if (first.startSeconds < quietUntil || keys.has(occurrenceKey)) {
      suppressedCount += 1;
      continue;
    }
    keys.add(occurrenceKey);
    const endSeconds = within.reduce((end, moment) => Math.max(end, moment.endSeconds), first.endSeconds);
    quietUntil = endSeconds + rule.cooldownSeconds;
    firings.push({ startSeconds: first.startSeconds, endSeconds, speakerKey: first.speakerKey, segmentIds: within.flatMap(({ segmentId }) => segmentId ?? []), occurrenceKey, trace: explain(from) });
  }
  return { firings, suppressedCount };
}

/** The explanation of a rule that does not fire as well: at the moment given, or at the first. */
export function explainRule(rule: RuleDefinition, subject: PreparedSubject, moment = 0): readonly TraceLine[] {
  const lines: TraceLine[] = [];
  evaluateCondition(rule.when, subject, 'when').explain(Math.min(moment, subject.moments.length - 1), lines);
  return lines;
}

/** Moments in a row at which it holds; what another voice says in between does not cut it in two. */
function* stretches(values: Int8Array, moments: readonly Moment[]): Generator<{ readonly from: number; readonly to: number }> {
  let from = -1;
  let to = -1;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === TRUE) {
      if (from >= 0 && moments[i]!.speakerKey !== moments[from]!.speakerKey) {
        yield { from, to };
        from = i;
      } else if (from < 0) from = i;
      to = i;
    } else if (from >= 0 && (moments[i]!.speakerKey === null || moments[i]!.speakerKey === moments[from]!.speakerKey)) {
      yield { from, to };
      from = -1;
    }
  }
  if (from >= 0) yield { from, to };
}

function keyOf({ oncePer }: RuleDefinition, { analysisId, recordingId }: RuleSubject, first: Moment | null): string {
  if (oncePer === 'recording') return recordingId;
  if (oncePer === 'analysis' || first === null) return analysisId;
  if (oncePer === 'speaker') return `${analysisId} ${first.speakerKey ?? ''}`;
  return `${analysisId} ${Math.round(first.startSeconds * 1000)} ${first.speakerKey ?? ''}`;
}
