import type { GateKind, GateResult } from '../domain/analysis.js';
import { coveredSeconds } from '../domain/intervals.js';
import type { WindowSpan } from './windows.js';

// A window that is shorter on speech than this was lengthened from next to nothing.
const MIN_SPEECH_SECONDS = 0.1;
/** Without speech and under this level, a window is silence and not noise. */
export const SILENCE_DBFS = -55;

/**
 * What a window holds, from voice activity and level alone: `speech`, `silence` or `noise`. It cannot tell singing from
 * speech, nor music from noise, and does not pretend to. Level in dBFS (RMS), null for digital silence.
 */
export function gateWindow(window: WindowSpan, levelDbfs: number | null): Extract<GateKind, 'speech' | 'silence' | 'noise'> {
  if (window.speechSeconds >= MIN_SPEECH_SECONDS) return 'speech';
  return levelDbfs === null || levelDbfs < SILENCE_DBFS ? 'silence' : 'noise';
}

export interface GatedSpan extends WindowSpan {
  readonly gate: GateKind;
}

const seconds = (value: number): string => `${value.toFixed(1)} s`;

/** The recording as a whole: speech when any window is, otherwise what most of its seconds are. */
export function gateRecording(windows: readonly GatedSpan[], durationSeconds: number): GateResult {
  const judged = windows.filter((window) => window.gate === 'speech' || window.gate === 'bypassed');
  // Windows of two channels may lie over each other.
  const judgedSeconds = coveredSeconds(judged);
  const speechSeconds = windows.reduce((sum, window) => sum + window.speechSeconds, 0);
  const leftOutSeconds = Math.max(0, durationSeconds - judgedSeconds);
  if (judged.some((window) => window.gate === 'bypassed')) {
    return { kind: 'bypassed', speechSeconds, leftOutSeconds, reason: 'The raw analysis was asked for: nothing was checked for speech or left out.' };
  }
  if (judged.length > 0) {
    return { kind: 'speech', speechSeconds, leftOutSeconds, reason: `${seconds(speechSeconds)} of speech in ${seconds(durationSeconds)}; ${seconds(leftOutSeconds)} without speech are left out.` };
  }
  const silent = windows.every((window) => window.gate === 'silence');
  return {
    kind: silent ? 'silence' : (windows.find((window) => window.gate !== 'silence')?.gate ?? 'silence'),
    speechSeconds,
    leftOutSeconds,
    reason: silent ? `No speech was found: the recording stays under ${SILENCE_DBFS} dBFS.` : 'No speech was found in what can be heard.',
  };
}
