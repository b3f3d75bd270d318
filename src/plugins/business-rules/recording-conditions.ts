import type { Condition } from './rule.schema.js';
import { isWho, map, oneOf, rounded, whoText } from './segment-conditions.js';
import type { Moment, PreparedSubject } from './subject.js';
import { boundsText, constant, FALSE, leaf, threshold, truth, TRUE, UNKNOWN, within, type Place, type Verdict } from './verdict.js';

type Given<K extends keyof Condition> = NonNullable<Condition[K]>;

export function durationVerdict(given: Given<'duration'>, subject: PreparedSubject, place: Place): Verdict {
  const asked = `seconds of the ${given.of} ${boundsText(given)}`;
  if (given.of === 'segment') return leaf(place, asked, threshold(place.moments, (i) => lengthOf(place.moments[i]!), given), (i) => rounded(lengthOf(place.moments[i]!)));
  const seconds = given.of === 'recording' ? subject.durationSeconds : (subject.gate?.speechSeconds ?? null);
  return constant(place, asked, within(seconds, given), rounded(seconds));
}

export function qualityVerdict(given: Given<'quality'>, subject: PreparedSubject, place: Place): Verdict {
  const measured = subject.quality?.[given.measure] ?? null;
  return constant(place, `${given.measure} ${boundsText(given)}`, within(measured, given), rounded(measured));
}

export function gateVerdict({ in: kinds, of }: Given<'gate'>, subject: PreparedSubject, place: Place): Verdict {
  const asked = `gate of the ${of} in ${kinds.join(', ')}`;
  if (of === 'recording') return constant(place, asked, oneOf(subject.gate?.kind ?? null, kinds), subject.gate?.kind ?? null);
  return leaf(place, asked, map(place, (i) => oneOf(place.moments[i]!.gate, kinds)), (i) => place.moments[i]!.gate);
}

export function warningVerdict({ in: codes }: Given<'warning'>, { warnings }: PreparedSubject, place: Place): Verdict {
  return constant(place, `a warning in ${codes.join(', ')}`, truth(warnings.some((code) => codes.includes(code))), warnings.join(', '));
}

export function silenceVerdict(given: Given<'silence'>, subject: PreparedSubject, place: Place): Verdict {
  const { moments } = place;
  if (given.of === 'share') return constant(place, `share of silence ${boundsText(given)}`, within(subject.quality?.silenceRatio ?? null, given), rounded(subject.quality?.silenceRatio ?? null));
  const gaps = gapsBefore(moments);
  if (given.of === 'longest') {
    const longest = gaps.length < 2 ? null : Math.max(...gaps.slice(1));
    return constant(place, `longest silence in seconds ${boundsText(given)}`, within(longest, given), rounded(longest));
  }
  const gapAt = (i: number): number | null => (moments[i]!.segmentId === null ? null : gaps[i]!);
  return leaf(place, `seconds of silence before ${boundsText(given)}`, map(place, (i) => within(gapAt(i), given)), (i) => rounded(gapAt(i)));
}

/** Seconds in which nobody spoke before each segment. */
function gapsBefore(moments: readonly Moment[]): readonly number[] {
  let end = 0;
  return moments.map((moment) => {
    const gap = Math.max(0, moment.startSeconds - end);
    end = Math.max(end, moment.endSeconds);
    return gap;
  });
}

export function interruptionsVerdict(given: Given<'interruptions'>, _subject: PreparedSubject, place: Place): Verdict {
  const { by } = given;
  const overlap = given.overlapSeconds;
  const asked = `interruptions${by === undefined ? '' : ` by ${whoText(by)}`} ${boundsText(given)}`;
  const count = place.moments.some((moment) => moment.speakerKey !== null) ? countInterruptions(place.moments, overlap, by) : null;
  return constant(place, asked, within(count, given), count);
}

function countInterruptions(moments: readonly Moment[], overlapSeconds: number, by: Given<'interruptions'>['by']): number {
  let count = 0;
  const speaking = new Map<string, number>();
  for (const moment of moments) {
    if (moment.speakerKey === null) continue;
    const wasSpeaking = (speaking.get(moment.speakerKey) ?? -Infinity) > moment.startSeconds - overlapSeconds;
    const others = [...speaking].some(([key, end]) => key !== moment.speakerKey && end >= Math.min(moment.endSeconds, moment.startSeconds + overlapSeconds) && end > moment.startSeconds);
    if (!wasSpeaking && others && (by === undefined || isWho(moment, by) === TRUE)) count += 1;
    speaking.set(moment.speakerKey, Math.max(speaking.get(moment.speakerKey) ?? 0, moment.endSeconds));
  }
  return count;
}

export function talkShareVerdict(given: Given<'talkShare'>, _subject: PreparedSubject, place: Place): Verdict {
  let total = 0;
  let own = 0;
  let isKnown = false;
  for (const moment of place.moments) {
    const value = isWho(moment, given);
    total += moment.speechSeconds;
    if (value === TRUE) own += moment.speechSeconds;
    if (value !== UNKNOWN) isKnown = true;
  }
  const share = isKnown && total > 0 ? own / total : null;
  return constant(place, `share of the talk of ${whoText(given)} ${boundsText(given)}`, within(share, given), rounded(share));
}

export function tagsVerdict({ anyOf, allOf, noneOf }: Given<'tags'>, { tags }: PreparedSubject, place: Place): Verdict {
  const value = (anyOf?.some((tag) => tags.includes(tag)) ?? true) && (allOf?.every((tag) => tags.includes(tag)) ?? true) && !(noneOf?.some((tag) => tags.includes(tag)) ?? false);
  const lists = [anyOf === undefined ? '' : `any of ${anyOf.join(', ')}`, allOf === undefined ? '' : `all of ${allOf.join(', ')}`, noneOf === undefined ? '' : `none of ${noneOf.join(', ')}`];
  return constant(place, `tags: ${lists.filter((text) => text !== '').join(' and ')}`, truth(value), tags.join(', '));
}

export function languageVerdict({ in: languages }: Given<'language'>, { language }: PreparedSubject, place: Place): Verdict {
  const spoken = language?.toLowerCase();
  const value = spoken === undefined ? UNKNOWN : truth(languages.some((one) => spoken === one.toLowerCase() || spoken.startsWith(`${one.toLowerCase()}-`)));
  return constant(place, `language in ${languages.join(', ')}`, value, language);
}

export function modelVerdict({ in: models }: Given<'model'>, { modelId }: PreparedSubject, place: Place): Verdict {
  return constant(place, `model in ${models.join(', ')}`, truth(models.includes(modelId)), modelId);
}

export function timeOfDayVerdict({ from, to, timeZone, days }: Given<'timeOfDay'>, { recordedAt }: PreparedSubject, place: Place): Verdict {
  const asked = `recorded from ${from} to ${to} ${timeZone}${days === undefined ? '' : ` on ${days.join(', ')}`}`;
  if (recordedAt === null) return constant(place, asked, UNKNOWN, null);
  const { clock, day } = localTime(recordedAt, timeZone);
  const isOverMidnight = from > to;
  const isInside = isOverMidnight ? clock >= from || clock < to : clock >= from && clock < to;
  // After midnight the range began the day before.
  const began = isOverMidnight && clock < to ? WEEK[(WEEK.indexOf(day) + 6) % 7]! : day;
  return constant(place, asked, isInside && (days === undefined || days.includes(began)) ? TRUE : FALSE, `${day} ${clock}`);
}

const WEEK = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
type Weekday = (typeof WEEK)[number];
const formats = new Map<string, Intl.DateTimeFormat>();

function localTime(date: Date, timeZone: string): { readonly clock: string; readonly day: Weekday } {
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  formats.set(timeZone, format);
  const parts = Object.fromEntries(format.formatToParts(date).map(({ type, value }) => [type, value]));
  return { clock: `${parts['hour']}:${parts['minute']}`, day: parts['weekday']!.toLowerCase() as Weekday };
}

function lengthOf({ startSeconds, endSeconds }: Moment): number {
  return endSeconds - startSeconds;
}
