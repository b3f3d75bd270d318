import { coveredSeconds, differenceOf, unionOf, type Interval } from './intervals.js';
import { overlapsOf, soloStretches, speakerKeys, tidyStretches, turnsOf, type SpokenStretch } from './speaker-turns.js';

/** Somebody who starts while another speaks counts as interrupting when both went on for at least this long … */
export const INTERRUPTION_OVERLAP_SECONDS = 0.5;
/** … the other had been speaking for at least this long … */
export const INTERRUPTION_FLOOR_SECONDS = 0.5;

/** How one speaker takes part. Seconds; pauses inside a turn are not talk. */
export interface SpeakerFigures {
  readonly speaker: string;
  readonly talkSeconds: number;
  /** Of `talkSeconds`, what nobody else talked into. */
  readonly soloSeconds: number;
  readonly overlapSeconds: number;
  /** Of all speakers' talk, 0 to 1; 0 where nobody talks. */
  readonly talkShare: number;
  readonly turnCount: number;
  readonly meanTurnSeconds: number;
  readonly longestTurnSeconds: number;
  /** Times that this speaker took the floor from another in mid-turn. */
  readonly interruptionCount: number;
  /** Times that another took it from this one. */
  readonly interruptedCount: number;
  /** Median pause before this speaker's answers to another; null without any. Negative pauses (overlaps) are interruptions or back-channels and not counted. */
  readonly responseSeconds: number | null;
}

/** Who talks when, and how. */
export interface Conversation {
  readonly stretches: readonly SpokenStretch[];
  readonly turns: readonly SpokenStretch[];
  /** Where two or more talk at once. */
  readonly overlaps: readonly Interval[];
  readonly speechSeconds: number;
  readonly overlapSeconds: number;
  readonly silenceSeconds: number;
  /** Of the recording, 0 to 1. */
  readonly silenceRatio: number;
  readonly longestSilenceSeconds: number;
  /** Times that the next turn to begin is another speaker's. */
  readonly speakerChangeCount: number;
  readonly interruptionCount: number;
  /** In order of first speech. */
  readonly speakers: readonly SpeakerFigures[];
}

/** `known`: speakers that appear even when they say nothing, such as a silent channel; they come after those who speak. */
export function conversationOf(given: readonly SpokenStretch[], durationSeconds: number, known: readonly string[] = []): Conversation {
  const stretches = tidyStretches(given);
  const turns = turnsOf(stretches);
  const overlaps = overlapsOf(stretches);
  const solo = soloStretches(stretches);
  const silences = differenceOf([{ startSeconds: 0, endSeconds: durationSeconds }], stretches);
  const silenceSeconds = coveredSeconds(silences);
  const interruptions = interruptionsIn(turns);
  const talkTotal = stretches.reduce((sum, stretch) => sum + lengthOf(stretch), 0);
  const figuresOf = (speaker: string): SpeakerFigures => {
    const own = turns.filter((turn) => turn.speaker === speaker);
    const talkSeconds = coveredSeconds(stretches.filter((one) => one.speaker === speaker));
    const soloSeconds = coveredSeconds(solo.filter((one) => one.speaker === speaker));
    return {
      speaker, talkSeconds, soloSeconds,
      overlapSeconds: talkSeconds - soloSeconds,
      talkShare: talkTotal > 0 ? talkSeconds / talkTotal : 0,
      turnCount: own.length,
      meanTurnSeconds: own.reduce((sum, turn) => sum + lengthOf(turn), 0) / Math.max(1, own.length),
      longestTurnSeconds: Math.max(0, ...own.map(lengthOf)),
      interruptionCount: interruptions.filter(({ by }) => by === speaker).length,
      interruptedCount: interruptions.filter(({ of }) => of === speaker).length,
      responseSeconds: median(responsesOf(turns, speaker)),
    };
  };
  return {
    stretches, turns, overlaps,
    speechSeconds: coveredSeconds(stretches),
    overlapSeconds: coveredSeconds(overlaps),
    silenceSeconds,
    silenceRatio: durationSeconds > 0 ? silenceSeconds / durationSeconds : 0,
    longestSilenceSeconds: Math.max(0, ...unionOf(silences).map(lengthOf)),
    speakerChangeCount: turns.filter((turn, i) => i > 0 && turns[i - 1]!.speaker !== turn.speaker).length,
    interruptionCount: interruptions.length,
    speakers: [...new Set([...speakerKeys(stretches), ...known])].map(figuresOf),
  };
}

/**
 * Begins while the other has the floor, overlaps for a while, and goes on when the other has stopped. Shorter overlaps are
 * how turns usually meet; one that ends before the other's turn does is a back-channel ("mhm"), which takes nothing.
 */
function interruptionsIn(turns: readonly SpokenStretch[]): { readonly by: string; readonly of: string }[] {
  return turns.flatMap((turn) => {
    const held = turns.filter((other) => other.speaker !== turn.speaker
      && other.startSeconds + INTERRUPTION_FLOOR_SECONDS <= turn.startSeconds
      && turn.startSeconds + INTERRUPTION_OVERLAP_SECONDS <= other.endSeconds
      && other.endSeconds < turn.endSeconds);
    return held.map((other) => ({ by: turn.speaker, of: other.speaker }));
  });
}

/** Pauses between another's turn and the next one to begin, where that is this speaker's. */
function responsesOf(turns: readonly SpokenStretch[], speaker: string): number[] {
  return turns.flatMap((turn, i) => {
    const before = turns[i - 1];
    if (before === undefined || turn.speaker !== speaker || before.speaker === speaker) return [];
    const pause = turn.startSeconds - before.endSeconds;
    return pause >= 0 ? [pause] : [];
  });
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const lengthOf = ({ startSeconds, endSeconds }: Interval): number => endSeconds - startSeconds;
