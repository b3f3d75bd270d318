import type { AnalysisWarning, GateKind, GateResult, LeftOut, SpeechRegion } from '../domain/analysis.js';
import { coveredSeconds } from '../domain/intervals.js';
import type { WindowSpan } from './windows.js';

// A window that is shorter on speech than this was lengthened from next to nothing.
const MIN_SPEECH_SECONDS = 0.1;
/** Without speech and under this level, a window is silence and not noise. */
export const SILENCE_DBFS = -55;
/** Under this nothing is told apart from the noise of a converter. */
const INAUDIBLE_DBFS = -70;
/**
 * Where voice activity hears speech, the sound has to be less like speech than this to be left out: losing a shout is worse than judging a
 * verse. On the validation speakers (698 clips) it costs 1 clip, through a telephone 6, in noise or over music at 10 dB 2 each.
 */
export const SPEECH_AT_LEAST = 0.4;
/**
 * The same in less than a second, of which the classifier knows little and voice activity much: of 318 such cuts out of music,
 * noise and events it heard a voice in 3. On 507 cuts of 0.3, 0.5 and 0.8 s out of emotional speech 397 are kept by this, 361 by the other.
 */
export const SHORT_SPEECH_AT_LEAST = 0.1;
const SHORT_SECONDS = 1;
/** Where voice activity hears none but is in doubt, the sound has to be this much like speech to be judged all the same. */
export const SPEECH_SURELY = 0.75;
/** Voice activity is in doubt from this probability on: surf sounds like speech to the classifier, and never gets that far here. */
export const DOUBTFUL_PROBABILITY = 0.1;

/** What a window sounds like; sums to 1. */
export interface WindowSound {
  readonly speech: number;
  readonly singing: number;
  readonly music: number;
  readonly noise: number;
}

/** A neighbour this near tells about a window: songs and conversations go on for longer. */
const CONTEXT_SECONDS = 20;

/**
 * Each window's sound with its neighbours' opinion of what is speech: half its own log odds, half the mean of theirs. A held
 * vowel in a speech stays speech, a spoken-like line in a song does not become it. A window alone stays as it is.
 */
export function inContext(spans: readonly SpeechRegion[], sounds: readonly WindowSound[]): WindowSound[] {
  const odds = sounds.map(({ speech }) => Math.log(Math.max(speech, 1e-4) / Math.max(1 - speech, 1e-4)));
  let first = 0;
  return sounds.map((sound, i) => {
    while (spans[first]!.endSeconds < spans[i]!.startSeconds - CONTEXT_SECONDS) first++;
    let [sum, count] = [0, 0];
    for (let j = first; j < spans.length && spans[j]!.startSeconds <= spans[i]!.endSeconds + CONTEXT_SECONDS; j++) {
      if (j === i) continue;
      sum += odds[j]!;
      count++;
    }
    if (count === 0) return sound;
    const speech = 1 / (1 + Math.exp(-(odds[i]! + sum / count) / 2));
    const others = (1 - speech) / Math.max(1 - sound.speech, 1e-6);
    return { speech, singing: sound.singing * others, music: sound.music * others, noise: sound.noise * others };
  });
}

export interface WindowEvidence {
  /** RMS in dBFS; null for digital silence. */
  readonly levelDbfs: number | null;
  /** Highest probability of voice activity inside. */
  readonly peakProbability: number;
  readonly sound: WindowSound;
}

/** What a window holds, from voice activity, its level and what the classifier hears in it. */
export function gateWindow(window: WindowSpan, { levelDbfs, peakProbability, sound }: WindowEvidence): Exclude<GateKind, 'bypassed'> {
  const isVoiced = window.speechSeconds >= MIN_SPEECH_SECONDS;
  if (!isVoiced && (levelDbfs === null || levelDbfs < INAUDIBLE_DBFS)) return 'silence';
  const atLeast = lengthOf(window) < SHORT_SECONDS ? SHORT_SPEECH_AT_LEAST : SPEECH_AT_LEAST;
  if (isVoiced ? sound.speech >= atLeast : sound.speech >= SPEECH_SURELY && peakProbability >= DOUBTFUL_PROBABILITY) return 'speech';
  return !isVoiced && levelDbfs !== null && levelDbfs < SILENCE_DBFS ? 'silence' : likeliestOther(sound);
}

function likeliestOther({ singing, music, noise }: WindowSound): 'singing' | 'music' | 'noise' {
  if (singing >= music && singing >= noise) return 'singing';
  return music >= noise ? 'music' : 'noise';
}

export interface GatedSpan extends WindowSpan {
  readonly gate: GateKind;
}

/** A stretch that no window covers, and what is heard there; `silence` is a pause. */
export interface Gap extends SpeechRegion {
  readonly kind: LeftOut['kind'];
}

// Shorter gaps are pauses, whatever is faintly heard in them.
const MIN_GAP_SECONDS = 3;
/** In a pause the room is heard: only what is more likely than everything else together is called by its name. */
const GAP_SURELY = 0.5;

/** Stretches between windows that are worth a listen, in pieces of at most `maxSeconds`. Windows may overlap (several voices). */
export function gapsBetween(windows: readonly SpeechRegion[], durationSeconds: number, maxSeconds: number): SpeechRegion[] {
  const gaps: SpeechRegion[] = [];
  let covered = 0;
  for (const { startSeconds, endSeconds } of [...windows, { startSeconds: durationSeconds, endSeconds: durationSeconds }]) {
    for (let from = covered; startSeconds - covered >= MIN_GAP_SECONDS && startSeconds - from > 0.5; from += maxSeconds) gaps.push({ startSeconds: from, endSeconds: Math.min(startSeconds, from + maxSeconds) });
    covered = Math.max(covered, endSeconds);
  }
  return gaps;
}

/** What a gap holds; voice activity heard no speech there, so the classifier is not asked for any. */
export function gapKind(levelDbfs: number | null, sound: WindowSound): LeftOut['kind'] {
  if (levelDbfs === null || levelDbfs < SILENCE_DBFS) return 'silence';
  const kind = likeliestOther(sound);
  return sound[kind] > GAP_SURELY ? kind : 'silence';
}

const seconds = (value: number): string => `${value.toFixed(1)} s`;
const lengthOf = ({ startSeconds, endSeconds }: SpeechRegion): number => endSeconds - startSeconds;
const isJudged = ({ gate }: GatedSpan): boolean => gate === 'speech' || gate === 'bypassed';
const NAMES = { singing: 'singing', music: 'music', noise: 'noise', silence: 'pauses' } as const;
const KINDS = ['singing', 'music', 'noise'] as const;

/** Speech regions without what lies in windows that are not speech. Both are sorted; windows do not overlap. */
export function speechInside(regions: readonly SpeechRegion[], windows: readonly GatedSpan[]): SpeechRegion[] {
  const gated = windows.filter((window) => !isJudged(window));
  return regions.flatMap((region) => {
    let pieces: SpeechRegion[] = [region];
    for (const hole of gated) {
      if (hole.startSeconds >= region.endSeconds || hole.endSeconds <= region.startSeconds) continue;
      pieces = pieces.flatMap(({ startSeconds, endSeconds }) => [
        { startSeconds, endSeconds: Math.min(endSeconds, hole.startSeconds) },
        { startSeconds: Math.max(startSeconds, hole.endSeconds), endSeconds },
      ].filter((piece) => lengthOf(piece) > 0));
    }
    return pieces;
  });
}

/** The recording as a whole: speech when any window is, otherwise what most of its seconds are. */
export function gateRecording(windows: readonly GatedSpan[], durationSeconds: number, gaps: readonly Gap[] = []): GateResult {
  const judged = windows.filter(isJudged);
  // Windows of two channels may lie over each other.
  const judgedSeconds = coveredSeconds(judged);
  const speechSeconds = judged.reduce((sum, window) => sum + window.speechSeconds, 0);
  const leftOutSeconds = Math.max(0, durationSeconds - judgedSeconds);
  const leftOut = leftOutOf([...windows.map((window) => ({ ...window, kind: window.gate })), ...gaps], leftOutSeconds);
  if (judged.some((window) => window.gate === 'bypassed')) {
    return { kind: 'bypassed', speechSeconds, leftOutSeconds, leftOut, reason: 'The raw analysis was asked for: nothing was checked for speech or left out.' };
  }
  if (judged.length > 0) {
    const parts = leftOut.filter((part) => part.seconds >= 0.05).map((part) => `${seconds(part.seconds)} of ${NAMES[part.kind]}`);
    return { kind: 'speech', speechSeconds, leftOutSeconds, leftOut, reason: `${seconds(speechSeconds)} of speech in ${seconds(durationSeconds)}; ${parts.length === 0 ? 'nothing is' : `${parts.join(', ')} are`} left out.` };
  }
  const kind = largestPart(leftOut);
  const reason = kind === 'silence' ? `No speech was found: the recording stays under ${SILENCE_DBFS} dBFS.` : `What can be heard is ${NAMES[kind]}, not speech: nothing is judged.`;
  return { kind, speechSeconds: 0, leftOutSeconds, leftOut, reason };
}

/** Seconds by kind; the rest is pauses. Windows of several voices overlap, so no part is larger than the whole. */
function leftOutOf(stretches: readonly (SpeechRegion & { readonly kind: GateKind })[], leftOutSeconds: number): LeftOut[] {
  let remaining = leftOutSeconds;
  const parts: LeftOut[] = [];
  for (const kind of KINDS) {
    const found = stretches.filter((stretch) => stretch.kind === kind).reduce((sum, stretch) => sum + lengthOf(stretch), 0);
    const share = Math.min(found, remaining);
    if (share > 0) parts.push({ kind, seconds: share });
    remaining -= share;
  }
  return remaining > 1e-9 ? [...parts, { kind: 'silence', seconds: remaining }] : parts;
}

/** What is left out most; pauses around a sound do not outweigh it. */
function largestPart(parts: readonly LeftOut[]): LeftOut['kind'] {
  const heard = parts.filter((part) => part.kind !== 'silence');
  return heard.reduce<LeftOut | null>((most, part) => (most === null || part.seconds > most.seconds ? part : most), null)?.kind ?? 'silence';
}

/** Warns where something that voice activity took for speech, or all that can be heard, is none. */
export function gateWarnings({ kind, leftOut = [] }: GateResult): AnalysisWarning[] {
  const parts = leftOut.filter((part) => part.kind !== 'silence').map((part) => `${seconds(part.seconds)} of ${NAMES[part.kind]}`);
  if (parts.length === 0 || kind === 'bypassed') return [];
  return [{ code: 'NOT_SPEECH', message: `${parts.join(', ')}: no emotion is judged there, and the summary leaves it out.` }];
}
