import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AudioQuality, SpeechRegion } from '../domain/analysis.js';
import type { PcmSource } from '../domain/pcm.js';
import { SAMPLE_RATE_HZ, samplesToSeconds } from '../domain/pcm.js';
import type { DecodedAudio } from './audio-decoder.js';
import { dbOfPower, FrameLevels, LevelHistogram, LEVEL_FRAME_SECONDS, LOWEST_DBFS } from './frame-levels.js';
import { MeanSpectrum } from './mean-spectrum.js';
import { readChunks } from './pcm-source.js';
import { SampleScan } from './sample-scan.js';
import type { ZeroRun } from './sample-scan.js';
import { totalSeconds } from './speech-regions.js';

/** Half a millisecond of work: the samples that go to the speech detector at the same time leave in pieces, each at a turn of the event loop. */
const SLICE_SAMPLES = 8_192;
const FRAMES_PER_TURN = 20_000;
const MIN_NOISE_FRAMES = 20;
const MIN_SPEECH_FRAMES = 20;
// A dropout cuts off something that was sounding; a gate closes on what has died away already.
const SOUNDING_POWER = 10 ** (-45 / 10);
/** Their smallest step is louder than a quiet room: zeros are ordinary there, and no sign of a loss. */
const EIGHT_BITS: ReadonlySet<string> = new Set(['pcm_u8', 'pcm_s8']);
const SILENCE_UNDER_LOUD_DB = 40;
const LOUDEST_SILENCE_DBFS = -50;
const QUIETEST_SILENCE_DBFS = -70;

/** What the quality report takes over from the decode as it is. */
export type DecodedFacts = Pick<DecodedAudio, 'source' | 'integratedLoudnessLufs'>;

/**
 * Measures a recording from its samples in one pass. Feed it every piece in order with `add` (which gives the event loop
 * its turn in between), then ask. Needs about 4.5 MB for an hour.
 */
export class QualityMeter {
  private readonly scan = new SampleScan();
  private readonly levels = new FrameLevels();
  private readonly spectrum = new MeanSpectrum();

  async add(samples: Float32Array): Promise<void> {
    for (let from = 0; from < samples.length; from += SLICE_SAMPLES) {
      const slice = samples.subarray(from, from + SLICE_SAMPLES);
      this.scan.add(slice);
      this.levels.add(slice);
      this.spectrum.add(slice);
      await nextTurn();
    }
  }

  /** RMS level of a stretch in dBFS, for the gate; null for digital silence. */
  levelDbfs(startSeconds: number, endSeconds: number): number | null {
    return this.levels.meanDbfs(startSeconds, endSeconds);
  }

  async report({ source, integratedLoudnessLufs }: DecodedFacts, regions: readonly SpeechRegion[]): Promise<AudioQuality> {
    const powers = this.levels.all();
    const { all, speech, pauses } = await countLevels(powers, regions);
    const speechPower = speech.meanPower();
    return {
      container: source.container,
      codec: source.codec,
      bitrateBps: source.bitrateBps,
      originalSampleRateHz: source.sampleRateHz,
      originalChannels: source.channels,
      durationSeconds: samplesToSeconds(this.scan.sampleCount),
      effectiveBandwidthHz: this.bandwidthHz(source.sampleRateHz),
      integratedLoudnessLufs,
      peakDbfs: this.scan.peak === 0 ? null : 20 * Math.log10(this.scan.peak),
      clippingRatio: this.scan.clippingRatio(),
      dcOffset: this.scan.dcOffset(),
      speechLevelDbfs: speechPower === 0 ? null : dbOfPower(speechPower),
      snrDb: snrDb(speech, pauses),
      silenceRatio: silenceRatio(powers, all),
      speechSeconds: totalSeconds(regions),
      dropoutCount: EIGHT_BITS.has(source.codec) ? 0 : countDropouts(this.scan.zeroRuns, powers, regions),
    };
  }

  private bandwidthHz(sourceRateHz: number): number | null {
    const measured = this.spectrum.effectiveBandwidthHz();
    return measured === null ? null : Math.min(measured, sourceRateHz / 2);
  }
}

interface LevelCounts {
  readonly all: LevelHistogram;
  readonly speech: LevelHistogram;
  readonly pauses: LevelHistogram;
}

/** Frames of the whole, of speech and of the pauses between; regions are sorted and do not overlap. */
async function countLevels(powers: Float32Array, regions: readonly SpeechRegion[]): Promise<LevelCounts> {
  const counts: LevelCounts = { all: new LevelHistogram(), speech: new LevelHistogram(), pauses: new LevelHistogram() };
  let at = 0;
  for (let frame = 0; frame < powers.length; frame++) {
    if (frame % FRAMES_PER_TURN === FRAMES_PER_TURN - 1) await nextTurn();
    const middle = (frame + 0.5) * LEVEL_FRAME_SECONDS;
    while (at < regions.length && regions[at]!.endSeconds <= middle) at++;
    const power = powers[frame]!;
    counts.all.add(power);
    if (at < regions.length && regions[at]!.startSeconds <= middle) counts.speech.add(power);
    // Digital silence says nothing about the noise of the room: something muted the pause.
    else if (power > 0) counts.pauses.add(power);
  }
  return counts;
}

/** Speech against the pauses between it; against its own quietest frames where there are too few pauses; null where neither tells. */
function snrDb(speech: LevelHistogram, pauses: LevelHistogram): number | null {
  if (speech.count < MIN_SPEECH_FRAMES) return null;
  // The median: a door that slams in a pause is not the noise under the speech.
  const noiseDb = pauses.count >= MIN_NOISE_FRAMES ? pauses.percentile(0.5) : speech.count >= 5 * MIN_SPEECH_FRAMES ? speech.percentile(0.05) : null;
  if (noiseDb === null || noiseDb <= LOWEST_DBFS) return null;
  const noise = 10 ** (noiseDb / 10);
  return Math.max(-20, 10 * Math.log10(Math.max(speech.meanPower() - noise, noise * 0.01) / noise));
}

/** Share of frames far under the loud ones. */
function silenceRatio(powers: Float32Array, all: LevelHistogram): number {
  const loud = all.percentile(0.95);
  if (loud === null) return 1;
  const limit = 10 ** (Math.max(QUIETEST_SILENCE_DBFS, Math.min(LOUDEST_SILENCE_DBFS, loud - SILENCE_UNDER_LOUD_DB)) / 10);
  let silent = 0;
  for (const power of powers) if (power < limit) silent++;
  return silent / powers.length;
}

/** Runs of zeros that lie inside a region and cut off something that was sounding. Runs and regions are sorted. */
function countDropouts(runs: readonly ZeroRun[], powers: Float32Array, regions: readonly SpeechRegion[]): number {
  const sounds = (frame: number): boolean => (powers[frame] ?? 0) > SOUNDING_POWER;
  let at = 0;
  let count = 0;
  for (const run of runs) {
    const start = run.startSample / SAMPLE_RATE_HZ;
    const end = (run.startSample + run.sampleCount) / SAMPLE_RATE_HZ;
    while (at < regions.length && regions[at]!.endSeconds <= end) at++;
    const region = regions[at];
    if (region === undefined) break;
    const before = Math.ceil(start / LEVEL_FRAME_SECONDS) - 1;
    const after = Math.floor(end / LEVEL_FRAME_SECONDS);
    if (region.startSeconds < start && (sounds(before) || sounds(before - 1)) && (sounds(after) || sounds(after + 1))) count++;
  }
  return count;
}

/** A whole recording at once; where the samples are read anyway, feed a QualityMeter beside the other reader instead. */
export async function measureQuality(pcm: PcmSource, facts: DecodedFacts, regions: readonly SpeechRegion[], signal?: AbortSignal): Promise<AudioQuality> {
  const meter = new QualityMeter();
  for await (const samples of readChunks(pcm)) {
    signal?.throwIfAborted();
    await meter.add(samples);
  }
  return meter.report(facts, regions);
}
