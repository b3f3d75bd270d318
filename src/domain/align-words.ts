import type { SpokenStretch } from './speaker-turns.js';
import { joinWords, type SpokenWord, type TranscriptWord } from './transcript.js';

export interface WordSegment {
  readonly index: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** `SpeakerResult.key`. */
  readonly speaker: string | null;
}

/** Windows are cut at pauses: a word whose middle lies this far outside of one still belongs to it. */
const MARGIN_SECONDS = 0.5;

/**
 * Gives each word its segment, by its middle, and its speaker: the one it came with, else the segment's, else who talks
 * then. A word that came with a speaker never goes to another voice's segment. Words come back in the order of time.
 */
export function alignWords(words: readonly (SpokenWord & { readonly speaker?: string | null })[], segments: readonly WordSegment[], stretches: readonly SpokenStretch[] = []): TranscriptWord[] {
  const sorted = [...segments].sort((a, b) => a.startSeconds - b.startSeconds);
  const longest = sorted.reduce((most, { startSeconds, endSeconds }) => Math.max(most, endSeconds - startSeconds), 0);
  return [...words].sort((a, b) => a.startSeconds - b.startSeconds || a.endSeconds - b.endSeconds).map((word) => {
    const own = word.speaker ?? null;
    const middle = (word.startSeconds + word.endSeconds) / 2;
    const segment = nearest(sorted, longest, middle, own);
    const speaker = own ?? segment?.speaker ?? stretches.find((one) => one.startSeconds <= middle && middle < one.endSeconds)?.speaker ?? null;
    return { text: word.text, startSeconds: word.startSeconds, endSeconds: word.endSeconds, confidence: word.confidence, speaker, segmentIndex: segment?.index ?? null };
  });
}

/** Sorted by start, so that only those that can reach the middle are looked at. */
function nearest(sorted: readonly WordSegment[], longest: number, middle: number, speaker: string | null): WordSegment | null {
  let best: WordSegment | null = null;
  let bestGap = MARGIN_SECONDS;
  for (let i = lastStartingBefore(sorted, middle + MARGIN_SECONDS); i >= 0; i--) {
    const segment = sorted[i]!;
    if (segment.startSeconds < middle - longest - MARGIN_SECONDS) break;
    if (speaker !== null && segment.speaker !== null && segment.speaker !== speaker) continue;
    const gap = Math.max(0, segment.startSeconds - middle, middle - segment.endSeconds);
    if (gap < bestGap || (gap === bestGap && best !== null && segment.startSeconds < best.startSeconds)) [best, bestGap] = [segment, gap];
  }
  return best;
}

function lastStartingBefore(sorted: readonly WordSegment[], seconds: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]!.startSeconds <= seconds) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** What is said in each segment, by its index; a segment without words has none. */
export function textsOf(words: readonly TranscriptWord[]): ReadonlyMap<number, string> {
  const parts = new Map<number, string[]>();
  for (const { text, segmentIndex } of words) {
    if (segmentIndex === null) continue;
    const own = parts.get(segmentIndex);
    if (own === undefined) parts.set(segmentIndex, [text]);
    else own.push(text);
  }
  return new Map([...parts].map(([index, texts]) => [index, joinWords(texts)]));
}
