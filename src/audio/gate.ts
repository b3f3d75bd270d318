import type { AnalysisWarning, GateKind, GateResult, LeftOut, SpeechRegion } from '../domain/analysis.js';
import type { WindowSpan } from './windows.js';

// A window that is shorter on speech than this was lengthened from next to nothing.
const MIN_SPEECH_SECONDS = 0.1;
/** Without speech and under this level, a window is silence and not noise. */
export const SILENCE_DBFS = -55;
/** Where voice activity hears speech, the sound has to be this unlike speech to be left out: losing a shout is worse than judging a verse. */
export const SPEECH_AT_LEAST = 0.15;
/** Where voice activity hears none, the sound has to be this much like speech to be judged all the same. */
export const SPEECH_SURELY = 0.9;

/** What a window sounds like; sums to 1. */
export interface WindowSound {
  readonly speech: number;
  readonly singing: number;
  readonly music: number;
  readonly noise: number;
}

/** What a window holds, from voice activity, its level (RMS in dBFS, null for digital silence) and what the classifier hears in it. */
export function gateWindow(window: WindowSpan, levelDbfs: number | null, sound: WindowSound): Exclude<GateKind, 'bypassed'> {
  const isVoiced = window.speechSeconds >= MIN_SPEECH_SECONDS;
  if (!isVoiced && (levelDbfs === null || levelDbfs < SILENCE_DBFS)) return 'silence';
  return sound.speech >= (isVoiced ? SPEECH_AT_LEAST : SPEECH_SURELY) ? 'speech' : likeliestOther(sound);
}

function likeliestOther({ singing, music, noise }: WindowSound): 'singing' | 'music' | 'noise' {
  if (singing >= music && singing >= noise) return 'singing';
  return music >= noise ? 'music' : 'noise';
}

export interface GatedSpan extends WindowSpan {
  readonly gate: GateKind;
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
export function gateRecording(windows: readonly GatedSpan[], durationSeconds: number): GateResult {
  const judged = windows.filter(isJudged);
  const judgedSeconds = judged.reduce((sum, window) => sum + lengthOf(window), 0);
  const speechSeconds = judged.reduce((sum, window) => sum + window.speechSeconds, 0);
  const leftOutSeconds = Math.max(0, durationSeconds - judgedSeconds);
  const leftOut = leftOutOf(windows, leftOutSeconds);
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

/** Seconds by kind; what no window covers is pauses. Windows of several voices overlap, so no part is larger than the whole. */
function leftOutOf(windows: readonly GatedSpan[], leftOutSeconds: number): LeftOut[] {
  let remaining = leftOutSeconds;
  const parts: LeftOut[] = [];
  for (const kind of KINDS) {
    const found = windows.filter((window) => window.gate === kind).reduce((sum, window) => sum + lengthOf(window), 0);
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
