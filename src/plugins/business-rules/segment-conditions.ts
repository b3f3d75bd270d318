import type { Condition } from './rule.schema.js';
import type { PreparedSubject } from './subject.js';
import { boundsText, constant, FALSE, leaf, threshold, truth, TRUE, UNKNOWN, within, type Place, type Verdict } from './verdict.js';
import { findPhrases, tokensOf } from './words.js';

type Given<K extends keyof Condition> = NonNullable<Condition[K]>;

export function labelVerdict({ in: labels, of }: Given<'label'>, subject: PreparedSubject, place: Place): Verdict {
  const asked = `label ${of === 'summary' ? 'of the summary ' : ''}in ${labels.join(', ')}`;
  if (of === 'summary') return constant(place, asked, subject.summary === null ? UNKNOWN : truth(labels.includes(subject.summary.label)), subject.summary?.label ?? null);
  return leaf(place, asked, map(place, (i) => oneOf(place.moments[i]!.label, labels)), (i) => place.moments[i]!.label);
}

export function scoreVerdict(given: Given<'score'>, subject: PreparedSubject, place: Place): Verdict {
  const asked = `score of ${given.label} ${given.of === 'summary' ? 'in the summary ' : ''}${boundsText(given)}`;
  if (given.of === 'summary') {
    const score = subject.summary?.scores[given.label] ?? null;
    return constant(place, asked, within(score, given), rounded(score));
  }
  const column = subject.labels.indexOf(given.label);
  const scoreAt = (i: number): number | null => place.moments[i]!.scores[column] ?? null;
  return leaf(place, asked, threshold(place.moments, scoreAt, given), (i) => rounded(scoreAt(i)));
}

export function confidenceVerdict(given: Given<'confidence'>, subject: PreparedSubject, place: Place): Verdict {
  const asked = `confidence ${given.of === 'summary' ? 'of the summary ' : ''}${boundsText(given)}`;
  if (given.of === 'summary') return constant(place, asked, within(subject.summary?.confidence ?? null, given), rounded(subject.summary?.confidence ?? null));
  return leaf(place, asked, threshold(place.moments, (i) => place.moments[i]!.confidence, given), (i) => rounded(place.moments[i]!.confidence));
}

export function abstainedVerdict({ is, of }: Given<'abstained'>, subject: PreparedSubject, place: Place): Verdict {
  const asked = `${of === 'summary' ? 'the summary' : 'the segment'} ${is ? 'abstained' : 'did not abstain'}`;
  if (of === 'summary') return constant(place, asked, subject.summary === null ? UNKNOWN : truth(subject.summary.abstained === is), subject.summary?.abstained ?? null);
  return leaf(place, asked, map(place, (i) => (place.moments[i]!.label === null ? UNKNOWN : truth(place.moments[i]!.abstained === is))), (i) => (place.moments[i]!.label === null ? null : place.moments[i]!.abstained));
}

export function speakerVerdict(given: Given<'speaker'>, _subject: PreparedSubject, place: Place): Verdict {
  const names = (i: number): string | null => {
    const { speakerKey, speakerRole } = place.moments[i]!;
    return speakerKey === null ? null : `${speakerKey}${speakerRole === null ? '' : ` (${speakerRole})`}`;
  };
  return leaf(place, `speaker is ${whoText(given)}`, map(place, (i) => isWho(place.moments[i]!, given)), names);
}

export function wordsVerdict(given: Given<'words'>, subject: PreparedSubject, place: Place): Verdict {
  const [anyOf, allOf, noneOf] = [given.anyOf, given.allOf, given.noneOf].map((list) => list?.map(tokensOf));
  const lists = [given.anyOf === undefined ? '' : `any of ${given.anyOf.join(', ')}`, given.allOf === undefined ? '' : `all of ${given.allOf.join(', ')}`, given.noneOf === undefined ? '' : `none of ${given.noneOf.join(', ')}`];
  const asked = `says ${lists.filter((text) => text !== '').join(' and ')}${given.negation === 'any' ? '' : given.negation === 'none' ? ', not negated' : ', negated'}`;
  const takes = (negated: boolean): boolean => given.negation === 'any' || negated === (given.negation === 'only');
  const found = (tokens: readonly string[], phrases: readonly (readonly string[])[]): readonly string[] => findPhrases(tokens, phrases).filter((one) => takes(one.negated)).map((one) => one.phrase);
  const judge = (tokens: readonly string[]): number => {
    if (anyOf !== undefined && found(tokens, anyOf).length === 0) return FALSE;
    if (allOf?.some((phrase) => found(tokens, [phrase]).length === 0) === true) return FALSE;
    return truth(noneOf === undefined || found(tokens, noneOf).length === 0);
  };
  const seen = (tokens: readonly string[]): string => [...new Set(found(tokens, [...(anyOf ?? []), ...(allOf ?? []), ...(noneOf ?? [])]))].join(', ') || 'none of them';
  if (given.of === 'transcript') {
    const transcript = subject.transcript();
    return constant(place, asked, transcript === null ? UNKNOWN : judge(transcript), transcript === null ? null : seen(transcript));
  }
  return leaf(place, asked, map(place, (i) => (place.moments[i]!.text === null ? UNKNOWN : judge(subject.tokens(i)))), (i) => (place.moments[i]!.text === null ? null : seen(subject.tokens(i))));
}

export function agreementVerdict(given: Given<'agreement'>, _subject: PreparedSubject, place: Place): Verdict {
  return leaf(place, `agreement of words and voice ${boundsText(given)}`, threshold(place.moments, (i) => place.moments[i]!.agreement, given), (i) => rounded(place.moments[i]!.agreement));
}

export function positionVerdict({ fromSeconds, toSeconds, ofEnd }: Given<'position'>, subject: PreparedSubject, place: Place): Verdict {
  const at = (i: number): number => (ofEnd ? subject.durationSeconds - place.moments[i]!.startSeconds : place.moments[i]!.startSeconds);
  const asked = `begins ${fromSeconds === undefined ? '' : `from ${fromSeconds} s `}${toSeconds === undefined ? '' : `up to ${toSeconds} s `}${ofEnd ? 'before the end' : 'into the recording'}`;
  return leaf(place, asked, map(place, (i) => (place.moments[i]!.segmentId === null ? UNKNOWN : truth(at(i) >= (fromSeconds ?? 0) && at(i) <= (toSeconds ?? Infinity)))), (i) => rounded(at(i)));
}

export function map({ moments }: Place, valueAt: (moment: number) => number): Int8Array {
  return Int8Array.from(moments, (_, i) => valueAt(i));
}

export function oneOf(value: string | null, allowed: readonly string[]): number {
  return value === null ? UNKNOWN : truth(allowed.includes(value));
}

/** Every field that is given must fit; a field of the voice that is not known leaves it open. */
export function isWho(voice: { readonly speakerKey: string | null; readonly speakerRole: string | null; readonly channel: number | null }, { role, key, channel }: Given<'speaker'>): number {
  let result = TRUE;
  for (const value of [role === undefined ? TRUE : oneOf(voice.speakerRole, role), key === undefined ? TRUE : oneOf(voice.speakerKey, key), channel === undefined ? TRUE : voice.channel === null ? UNKNOWN : truth(channel.includes(voice.channel))]) {
    if (value === FALSE) return FALSE;
    if (value === UNKNOWN) result = UNKNOWN;
  }
  return result;
}

export function whoText({ role, key, channel }: Given<'speaker'>): string {
  return [role?.join(' or '), key?.join(' or '), channel === undefined ? undefined : `channel ${channel.join(' or ')}`].filter((part) => part !== undefined).join(', ');
}

export function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 10_000) / 10_000;
}
