import { largestAssignment } from './assignment.js';
import { differenceOf, intersectionOf, type Interval } from './intervals.js';
import { speakerAtoms, speakerKeys, tidyStretches, type SpeakerAtom, type SpokenStretch } from './speaker-turns.js';

export interface DiarizationErrorOptions {
  /** Seconds on either side of every start and end in the reference that are not scored: hand labels are no more exact. */
  readonly collarSeconds: number;
  /** Whether time in which two or more speak in the reference is scored. */
  readonly scoresOverlap: boolean;
  /** What is scored at all; default: from the first to the last moment that either of the two names. */
  readonly scored?: readonly Interval[];
}

/** Speaker-seconds: where two speak at once, a second counts twice. */
export interface DiarizationError {
  /** Of the reference; what the rate is relative to. */
  readonly totalSeconds: number;
  readonly missedSeconds: number;
  readonly falseAlarmSeconds: number;
  /** Given to a speaker that the reference's does not correspond to. */
  readonly confusionSeconds: number;
  /** (missed + false alarm + confusion) / total; null where the reference has no speech. */
  readonly rate: number | null;
  /** Name in the reference → name in the hypothesis. */
  readonly mapping: Readonly<Record<string, string>>;
}

/**
 * Diarization error rate, as NIST's md-eval counts it: speakers correspond one to one, in the way that makes the time in
 * common longest.
 */
export function diarizationError(reference: readonly SpokenStretch[], hypothesis: readonly SpokenStretch[], options: DiarizationErrorOptions): DiarizationError {
  const atoms = scoredAtoms(reference, hypothesis, options);
  const mapping = bestMapping(atoms);
  let [totalSeconds, missedSeconds, falseAlarmSeconds, confusionSeconds] = [0, 0, 0, 0];
  for (const { seconds, inReference, inHypothesis } of atoms) {
    const correct = inReference.filter((speaker) => inHypothesis.includes(mapping.get(speaker) ?? '\0')).length;
    totalSeconds += seconds * inReference.length;
    missedSeconds += seconds * Math.max(0, inReference.length - inHypothesis.length);
    falseAlarmSeconds += seconds * Math.max(0, inHypothesis.length - inReference.length);
    confusionSeconds += seconds * (Math.min(inReference.length, inHypothesis.length) - correct);
  }
  const rate = totalSeconds > 0 ? (missedSeconds + falseAlarmSeconds + confusionSeconds) / totalSeconds : null;
  return { totalSeconds, missedSeconds, falseAlarmSeconds, confusionSeconds, rate, mapping: Object.fromEntries(mapping) };
}

/** Of several recordings: the parts add up; the rates do not. */
export function sumOfErrors(errors: readonly DiarizationError[]): Omit<DiarizationError, 'mapping'> {
  const sum = (part: (error: DiarizationError) => number): number => errors.reduce((total, error) => total + part(error), 0);
  const [totalSeconds, missedSeconds, falseAlarmSeconds, confusionSeconds] = [sum((e) => e.totalSeconds), sum((e) => e.missedSeconds), sum((e) => e.falseAlarmSeconds), sum((e) => e.confusionSeconds)];
  return { totalSeconds, missedSeconds, falseAlarmSeconds, confusionSeconds, rate: totalSeconds > 0 ? (missedSeconds + falseAlarmSeconds + confusionSeconds) / totalSeconds : null };
}

interface ScoredAtom {
  readonly seconds: number;
  readonly inReference: readonly string[];
  readonly inHypothesis: readonly string[];
}

const REFERENCE = 'r';
const HYPOTHESIS = 'h';

/** Both sides on one line of time: the names are marked by side, so that one sweep serves both. */
function scoredAtoms(reference: readonly SpokenStretch[], hypothesis: readonly SpokenStretch[], options: DiarizationErrorOptions): ScoredAtom[] {
  const marked = [...mark(REFERENCE, reference), ...mark(HYPOTHESIS, hypothesis)];
  const atoms = speakerAtoms(marked);
  const whole: readonly Interval[] = options.scored ?? atoms;
  const boundaries = tidyStretches(reference).flatMap(({ startSeconds, endSeconds }) => [startSeconds, endSeconds]);
  const collars = boundaries.map((at) => ({ startSeconds: at - options.collarSeconds, endSeconds: at + options.collarSeconds }));
  const overlapped = options.scoresOverlap ? [] : atoms.filter((atom) => of(REFERENCE, atom).length > 1);
  const scored = differenceOf(whole, [...collars, ...overlapped]);
  return atoms.flatMap((atom) => {
    const seconds = intersectionOf([atom], within(scored, atom)).reduce((sum, part) => sum + part.endSeconds - part.startSeconds, 0);
    return seconds > 0 ? [{ seconds, inReference: of(REFERENCE, atom), inHypothesis: of(HYPOTHESIS, atom) }] : [];
  });
}

function mark(side: string, stretches: readonly SpokenStretch[]): SpokenStretch[] {
  return tidyStretches(stretches).map((stretch) => ({ ...stretch, speaker: side + stretch.speaker }));
}

function of(side: string, atom: SpeakerAtom): string[] {
  return atom.speakers.filter((speaker) => speaker.startsWith(side)).map((speaker) => speaker.slice(side.length));
}

/** Those of the sorted intervals that reach into `atom`, by bisection: long recordings have thousands of both. */
function within(sorted: readonly Interval[], atom: Interval): readonly Interval[] {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]!.endSeconds <= atom.startSeconds) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < sorted.length && sorted[end]!.startSeconds < atom.endSeconds) end++;
  return sorted.slice(low, end);
}

function bestMapping(atoms: readonly ScoredAtom[]): Map<string, string> {
  const names = (pick: (atom: ScoredAtom) => readonly string[]): string[] => [...new Set(atoms.flatMap(pick))];
  const rows = names((atom) => atom.inReference);
  const columns = names((atom) => atom.inHypothesis);
  const common = rows.map(() => new Array<number>(columns.length).fill(0));
  for (const { seconds, inReference, inHypothesis } of atoms) {
    for (const row of inReference) for (const column of inHypothesis) common[rows.indexOf(row)]![columns.indexOf(column)]! += seconds;
  }
  const mapping = new Map<string, string>();
  largestAssignment(common).forEach((column, row) => {
    // Speakers that share no time do not correspond, though the assignment pairs them to be complete.
    if (column >= 0 && common[row]![column]! > 0) mapping.set(rows[row]!, columns[column]!);
  });
  return mapping;
}

/** Number of speakers on each side, for reports. */
export function speakerCounts(reference: readonly SpokenStretch[], hypothesis: readonly SpokenStretch[]): { readonly reference: number; readonly hypothesis: number } {
  return { reference: speakerKeys(reference).length, hypothesis: speakerKeys(hypothesis).length };
}
