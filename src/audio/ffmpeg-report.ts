import type { SourceInfo } from './audio-decoder.js';
import { holesIn, type TimestampHole } from './timestamp-holes.js';

/** What ffmpeg's log says of one run. Texts in it come from the file: good for a report, never for a limit. */
export interface FfmpegReport {
  /** False when no container was recognised. */
  readonly opened: boolean;
  readonly source: SourceInfo | null;
  /** Cover pictures, which have no length, are not counted. */
  readonly streamCount: number;
  /** What the header claims of the sound; null when it claims nothing or ffmpeg only estimated it. */
  readonly declaredSeconds: number | null;
  readonly integratedLoudnessLufs: number | null;
  readonly holes: readonly TimestampHole[];
  /** True when ffmpeg saw the data end in the middle of something, or could not decode a piece of it. */
  readonly brokeOff: boolean;
  /** Name of the demuxer that recognised the file and then failed, e.g. `wav`; null otherwise. */
  readonly failedContainer: string | null;
  /** A container was recognised, and the file ends within its header. */
  readonly endedInHeader: boolean;
  readonly outOfMemory: boolean;
  /** The loudness meter could not be set up for this source; the samples may still be decodable without it. */
  readonly meterRefused: boolean;
  /** This ffmpeg was built without libsoxr. */
  readonly soxrMissing: boolean;
}

// Both are anchored at exactly the indentation of the dump: tags of the file are indented further.
const INPUT_LINE = /^\[info\] Input #0, (.+), from 'file:/m;
const STREAM_LINE = /^\[info\] {3}Stream #0:\d+(?:\[[^\]\n]*\])?(?:\([^)\n]*\))?: (Audio|Video|Subtitle|Data|Attachment|Unknown)\b:? ?(.*)$/gm;
const DURATION_LINE = /^\[info\] {3}Duration: (N\/A|(\d+):(\d\d):(\d\d(?:\.\d+)?))(?:, start: (-?[\d.]+))?(?:, bitrate: (\d+) kb\/s)?/m;
const LOUDNESS = /Integrated loudness:\s+I:\s+(-?(?:\d+(?:\.\d+)?|inf|nan)) LUFS/g;
const BROKE_OFF = /Packet corrupt|corrupt input packet|File ended prematurely|partial file|[Tt]runcat(?:ed|ing)|Premature end|failed to create or replace stream/;
// ffmpeg 5's and 7's words. An MP3 is decoded round tags and junk at its ends that are no loss, an Ogg file round the heads of the next one where several are chained.
const UNDECODED = /Error while decoding stream|Error submitting packet to decoder/;
const ENDED_IN_HEADER = /^(?:\[in#0 @ 0x[0-9a-f]+\] )?\[error\] (?:file:\/dev\/fd\/\d+|Error opening input): End of file$/m;
const ATTACHED_PICTURE = /\(attached pic\)/;
const SILENCE_LUFS = -70;

/** Channels of ffmpeg's name for a layout, e.g. `stereo`, `5.1(side)`, `12 channels`; null when it is not known. */
export function channelsOfLayout(layout: string): number | null {
  const named: Readonly<Record<string, number>> = { mono: 1, stereo: 2, downmix: 2, binaural: 2, quad: 4, hexagonal: 6, octagonal: 8, cube: 8, hexadecagonal: 16 };
  const plain = layout.replace(/\(.*/, '').trim();
  const count = /^(\d+) channels?/.exec(plain) ?? /^(\d+)$/.exec(plain);
  if (count !== null) return Number(count[1]);
  const ambisonic = /^ambisonic (\d)/.exec(plain);
  if (ambisonic !== null) return (Number(ambisonic[1]) + 1) ** 2;
  if (/^\d+(\.\d+){1,2}$/.test(plain)) return plain.split('.').reduce((sum, part) => sum + Number(part), 0);
  return named[plain] ?? null;
}

function parseSource(container: string, description: string, fallbackBitrateBps: number | null): SourceInfo {
  const bitrate = /, (\d+) kb\/s/.exec(description);
  const layout = /, \d+ Hz, ([^,]+)/.exec(description);
  return {
    container,
    codec: /^[\w.-]+/.exec(description)?.[0] ?? 'unknown',
    bitrateBps: bitrate !== null ? Number(bitrate[1]) * 1000 : fallbackBitrateBps,
    sampleRateHz: Number(/, (\d+) Hz/.exec(description)?.[1] ?? 0),
    channels: (layout !== null ? channelsOfLayout(layout[1]!) : null) ?? 1,
  };
}

/** Reads a whole or a growing log. */
export function parseFfmpegLog(log: string): FfmpegReport {
  const input = INPUT_LINE.exec(log);
  const outputAt = log.search(/^\[info\] (?:Stream mapping:|Output #0)/m);
  const inputDump = input === null ? '' : log.slice(input.index, outputAt < 0 ? undefined : outputAt);
  const streams = [...inputDump.matchAll(STREAM_LINE)];
  const streamCount = streams.filter((stream) => !(stream[1] === 'Video' && ATTACHED_PICTURE.test(stream[2]!))).length;
  const duration = DURATION_LINE.exec(inputDump);
  const audio = streams.find((stream) => stream[1] === 'Audio');
  const containerBitrateBps = duration?.[6] !== undefined && Number(duration[6]) > 0 && streams.length === 1 ? Number(duration[6]) * 1000 : null;
  const estimated = log.includes('Estimating duration from bitrate');
  const loudness = [...log.matchAll(LOUDNESS)].at(-1)?.[1];
  const loudnessLufs = loudness === undefined ? NaN : Number(loudness);
  const failure = /^\[([\w,]+) @ 0x[0-9a-f]+\] (?:\[[^\]]* @ 0x[0-9a-f]+\] )?\[(?:error|fatal)\] (?!Format not on whitelist)/m.exec(log);
  const source = input !== null && audio !== undefined ? parseSource(input[1]!, audio[2]!, containerBitrateBps) : null;
  // Matroska counts from zero, whenever the sound begins; the others count the sound.
  const lateSeconds = source?.container.startsWith('matroska') === true ? Math.max(0, Number(duration?.[5] ?? 0)) : 0;
  const lowScore = /detected only with low score/.test(log);
  return {
    opened: input !== null,
    source,
    streamCount,
    declaredSeconds: duration?.[2] !== undefined && !estimated ? Number(duration[2]) * 3600 + Number(duration[3]) * 60 + Number(duration[4]) - lateSeconds : null,
    integratedLoudnessLufs: Number.isFinite(loudnessLufs) && loudnessLufs > SILENCE_LUFS ? loudnessLufs : null,
    // Only what comes after the dump of the input, in which the file has its say.
    holes: outputAt < 0 ? [] : holesIn(log.slice(outputAt)),
    brokeOff: BROKE_OFF.test(log) || (source !== null && source.container !== 'ogg' && !/^mp[123]/.test(source.codec) && UNDECODED.test(log)),
    failedContainer: input === null && failure !== null && !lowScore && !log.includes('Format not on whitelist') ? failure[1]!.split(',')[0]! : null,
    endedInHeader: input === null && ENDED_IN_HEADER.test(log),
    outOfMemory: log.includes('Cannot allocate memory'),
    soxrMissing: log.includes('Requested resampling engine is unavailable'),
    meterRefused: /Unknown channel layouts not supported|Error reinitializing filters/.test(log),
  };
}
