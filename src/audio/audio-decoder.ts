import type { PcmSource } from '../domain/pcm.js';
import type { TimestampHole } from './timestamp-holes.js';

/** What the container and the first audio stream say of themselves (from ffmpeg, not trusted for limits). */
export interface SourceInfo {
  readonly container: string;
  readonly codec: string;
  readonly bitrateBps: number | null;
  readonly sampleRateHz: number;
  readonly channels: number;
}

export interface DecodeOptions {
  /** Longest audio in seconds; more is AUDIO_TOO_LONG. */
  readonly maxSeconds: number;
  /** Wall clock for the whole decode. */
  readonly timeoutMs: number;
  /** Where long recordings spill to; must exist. */
  readonly tempDir: string;
  /** `mix`: mean of the channels. A number: that channel alone (0-based). */
  readonly channel?: 'mix' | number;
  readonly signal?: AbortSignal;
  /** Seconds decoded so far. */
  readonly onProgress?: (seconds: number) => void;
}

export interface DecodedAudio {
  readonly pcm: PcmSource;
  readonly source: SourceInfo;
  /** Integrated loudness of the source in LUFS (EBU R128); null when it is silent or too short to gate. */
  readonly integratedLoudnessLufs: number | null;
  /** True when the stream ended with an error after some samples had come: kept, with a TRUNCATED warning. */
  readonly truncated: boolean;
  /** Where the file has time and no sound, filled with silence; at most `MAX_NAMED_HOLES` of them. */
  readonly holes: readonly TimestampHole[];
}

/**
 * One deterministic decode of any supported file to 16 kHz mono float32 (soxr): the same bytes give bit-identical samples.
 * Errors: NOT_AUDIO, NO_AUDIO_STREAM, AUDIO_CORRUPT, UPLOAD_EMPTY, AUDIO_TOO_LONG, AUDIO_LIMIT_EXCEEDED, FFMPEG_MISSING,
 * BAD_INPUT (a channel that is not there), STORAGE_FULL (no room to spill). An abort rejects with the signal's reason; a path that does not
 * exist rejects with the system's ENOENT.
 */
export interface AudioDecoder {
  decode(path: string, options: DecodeOptions): Promise<DecodedAudio>;
}
