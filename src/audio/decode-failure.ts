import { UndertoneError } from '../domain/errors.js';
import type { DecodeOptions } from './audio-decoder.js';
import type { FfmpegReport } from './ffmpeg-report.js';
import type { EndReason } from './ffmpeg-process.js';

/** The containers that the decoder takes, as people name them. */
export const AUDIO_FORMATS = ['wav', 'flac', 'mp3', 'm4a/mp4', 'ogg/opus', 'webm', 'aac', 'aiff', 'amr', 'au', 'caf', 'wma', 'avi'] as const;
const SUPPORTED = AUDIO_FORMATS.join(', ');

export function tooLong(maxSeconds: number): UndertoneError {
  return new UndertoneError(
    'AUDIO_TOO_LONG',
    `The audio is longer than ${maxSeconds} seconds, the longest that is allowed. Cut it into pieces, or raise UNDERTONE_MAX_AUDIO_SECONDS.`,
    { maxSeconds },
  );
}

export function outsideLimit(measure: string, got: number, lowest: number, highest: number, unit: string): UndertoneError {
  return new UndertoneError(
    'AUDIO_LIMIT_EXCEEDED',
    `The file says its ${measure} is ${got} ${unit}; ${lowest} to ${highest} ${unit} are allowed. Such a header usually lies: convert the recording again from its source.`,
    { got, lowest, highest },
  );
}

export function noSuchChannel(channel: number, channels: number): UndertoneError {
  return new UndertoneError('BAD_INPUT', `Channel ${channel} was asked for, but the recording has ${channels} (0 to ${channels - 1}).`, { channel, channels });
}

/** Nothing is wrong with the file: an operator or the kernel ended the process, and what it had given is not the whole. */
export function wasEndedFromOutside(signal: NodeJS.Signals | null): boolean {
  return signal === 'SIGKILL' || signal === 'SIGTERM' || signal === 'SIGINT' || signal === 'SIGHUP';
}

/** Why a run of ffmpeg gave no samples, as an error with what to do. */
export function failureOf(report: FfmpegReport, ended: { reason: EndReason; signal: NodeJS.Signals | null }, options: DecodeOptions): UndertoneError {
  if (ended.reason === 'exit' && wasEndedFromOutside(ended.signal)) {
    return new UndertoneError('DECODE_INTERRUPTED', 'The decoder was ended from outside in the middle of its work, mostly because the machine ran out of memory. It is tried three times, and can be tried again from the dead letters.');
  }
  if (ended.reason === 'timeout' || ended.signal === 'SIGXCPU' || ended.signal === 'SIGKILL') {
    return new UndertoneError(
      'AUDIO_LIMIT_EXCEEDED',
      `Decoding took longer than ${options.timeoutMs} ms, the most that is allowed. Convert the recording to WAV or FLAC and try again.`,
      { timeoutMs: options.timeoutMs },
    );
  }
  if (report.soxrMissing) {
    return new UndertoneError('FFMPEG_MISSING', 'The ffmpeg that was found is built without libsoxr, which resampling needs. Install your distribution\'s full ffmpeg and run `undertone doctor`.');
  }
  if (report.outOfMemory) {
    return new UndertoneError('AUDIO_LIMIT_EXCEEDED', 'Decoding wanted more memory than is allowed. Convert the recording to WAV or FLAC and try again.');
  }
  if (report.source !== null) {
    return new UndertoneError(
      'AUDIO_CORRUPT',
      `Not one sample could be decoded from the ${report.source.codec} audio in this ${report.source.container} file. Check that it plays, or convert it to WAV.`,
      { container: report.source.container, codec: report.source.codec },
    );
  }
  if (report.opened) {
    return new UndertoneError('NO_AUDIO_STREAM', 'The file is a readable container but has no audio in it. Send one with a sound track.');
  }
  if (report.failedContainer !== null) {
    return new UndertoneError(
      'AUDIO_CORRUPT',
      `The file begins like ${report.failedContainer}, but its header cannot be read: it is damaged or was cut off. Send the whole file again.`,
      { container: report.failedContainer },
    );
  }
  if (report.endedInHeader) return new UndertoneError('AUDIO_CORRUPT', 'The file begins like a recording and ends within its header, before the first sound: it was cut off. Send the whole file again.');
  return new UndertoneError('NOT_AUDIO', `The content is no audio or video that is supported (${SUPPORTED}); its name does not count. Convert it to WAV or FLAC.`);
}
