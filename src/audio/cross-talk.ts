import type { SpeechRegion } from '../domain/analysis.js';
import { coveredSeconds, differenceOf, intersectionOf, unionOf, type Interval } from '../domain/intervals.js';
import { samplesToSeconds, secondsToSamples, type PcmSource } from '../domain/pcm.js';
import { BLOCK_SAMPLES, ChannelComparison, type ChannelRelation } from './channel-likeness.js';

const HOP_SAMPLES = BLOCK_SAMPLES / 2;
/**
 * Correlation from which a block is the other channel's sound. Of 2,140 blocks of independent voices (LibriSpeech) none
 * reached .21; leaks at −20 dB had a median of .98 (wire) and .57 to .64 (through a room).
 */
const SAME_SOUND = 0.3;
/** Beside a block that is, this much is enough: one in a thousand blocks of independent voices has it. */
const SAME_SOUND_BESIDE = 0.15;
/** A leak is at least this much under the voice it comes from; closer, both channels simply hold the same. */
const LEAK_DB = 6;
/** Channels that are copies at different volumes differ by less than a leak would. */
const COPY_DB = 12;
/** What is left of a region beside a leak, when shorter than the shortest speech, is the leak's edge. */
const EDGE_SECONDS = 0.25;

export type BothChannels<T> = readonly [T, T];

export interface CrossTalk {
  /** True when the channels hold the same sound: one recording twice, at whatever volumes, or one room on two microphones. */
  readonly isAlike: boolean;
  /** Of each channel, the speech that is the other's. */
  readonly leaks: BothChannels<readonly SpeechRegion[]>;
  /** Of each channel, the regions without the leaks. */
  readonly own: BothChannels<readonly SpeechRegion[]>;
  /** How far each channel's leak lies under the voice it comes from; null without one. */
  readonly leakDb: BothChannels<number | null>;
}

interface Cell extends Interval, ChannelRelation {}

/**
 * Which of the speech on two channels is the other channel's voice. Only where both have speech is anything read: on a
 * clean call that is a twentieth of it.
 */
export async function findCrossTalk(channels: BothChannels<PcmSource>, regions: BothChannels<readonly SpeechRegion[]>, signal: AbortSignal): Promise<CrossTalk> {
  const cells = await compareWhereBothSpeak(channels, regions, signal);
  const speechSeconds = coveredSeconds([...regions[0], ...regions[1]]);
  if (isAlike(cells, speechSeconds)) return { isAlike: true, leaks: [[], []], own: regions, leakDb: [null, null] };
  const leakedCells = ([1, -1] as const).map((sign) => leakCells(cells, sign)) as unknown as BothChannels<readonly Cell[]>;
  // The louder one is the voice: where the first is louder, the second leaks.
  const [intoFirst, intoSecond] = [leakedCells[1], leakedCells[0]];
  return {
    isAlike: false,
    leaks: [intersectionOf(intoFirst, regions[0]), intersectionOf(intoSecond, regions[1])],
    own: [ownRegions(regions[0], intoFirst), ownRegions(regions[1], intoSecond)],
    leakDb: [medianDb(intoFirst), medianDb(intoSecond)],
  };
}

async function compareWhereBothSpeak(channels: BothChannels<PcmSource>, regions: BothChannels<readonly SpeechRegion[]>, signal: AbortSignal): Promise<Cell[]> {
  const comparison = new ChannelComparison();
  const cells: Cell[] = [];
  for (const both of unionOf(intersectionOf(regions[0], regions[1]))) {
    const end = secondsToSamples(both.endSeconds);
    for (let from = secondsToSamples(both.startSeconds); from < end; from += HOP_SAMPLES) {
      signal.throwIfAborted();
      // The block reaches a quarter over the cell on either side.
      const start = Math.max(0, from - HOP_SAMPLES / 2);
      const [first, second] = await Promise.all([channels[0].read(start, start + BLOCK_SAMPLES), channels[1].read(start, start + BLOCK_SAMPLES)]);
      cells.push({ startSeconds: samplesToSeconds(from), endSeconds: samplesToSeconds(Math.min(end, from + HOP_SAMPLES)), ...comparison.compare(first, second) });
    }
  }
  return cells;
}

function isAlike(cells: readonly Cell[], speechSeconds: number): boolean {
  const same = cells.filter(({ correlation }) => correlation >= SAME_SOUND);
  const level = same.filter(({ levelDifferenceDb }) => Math.abs(levelDifferenceDb) < LEAK_DB);
  if (speechSeconds === 0) return false;
  if (coveredSeconds(level) >= speechSeconds / 2) return true;
  // A copy at another volume: always the same channel is louder, and not by as much as a leak would make it.
  const copied = same.filter(({ levelDifferenceDb }) => Math.abs(levelDifferenceDb) < COPY_DB);
  const louderFirst = copied.filter(({ levelDifferenceDb }) => levelDifferenceDb > 0).length;
  return coveredSeconds(copied) >= 0.8 * speechSeconds && Math.min(louderFirst, copied.length - louderFirst) <= 0.02 * copied.length;
}

/** Sign 1: cells in which the first channel is the louder by more than LEAK_DB and the second resembles it. */
function leakCells(cells: readonly Cell[], sign: 1 | -1): Cell[] {
  const isLouder = (cell: Cell | undefined): cell is Cell => cell !== undefined && sign * cell.levelDifferenceDb >= LEAK_DB;
  const isSure = (cell: Cell | undefined): boolean => isLouder(cell) && cell.correlation >= SAME_SOUND;
  return cells.filter((cell, i) => isSure(cell) || (isLouder(cell) && cell.correlation >= SAME_SOUND_BESIDE && (isSure(cells[i - 1]) || isSure(cells[i + 1]))));
}

function ownRegions(regions: readonly SpeechRegion[], leaks: readonly Interval[]): SpeechRegion[] {
  const joined = unionOf(leaks);
  return differenceOf(regions, joined).filter((left) => {
    const isBesideLeak = joined.some((leak) => leak.endSeconds === left.startSeconds || leak.startSeconds === left.endSeconds);
    return !isBesideLeak || left.endSeconds - left.startSeconds >= EDGE_SECONDS;
  });
}

function medianDb(cells: readonly Cell[]): number | null {
  const sorted = cells.map(({ levelDifferenceDb }) => -Math.abs(levelDifferenceDb)).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? null;
}
