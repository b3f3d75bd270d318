import { constants } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { UndertoneError } from '../domain/errors.js';
import type { DecoderConfinementMode } from '../domain/settings.js';
import { SAMPLE_RATE_HZ, samplesToSeconds } from '../domain/pcm.js';
import type { AudioDecoder, DecodedAudio, DecodeOptions, SourceInfo } from './audio-decoder.js';
import { checkSound, readableByOthers } from './decoder-check.js';
import { couldNotConfine, notConfined, possibleConfinements } from './decoder-confinement.js';
import type { Confinement, ConfinementLevel } from './decoder-confinement.js';
import { failureOf, noSuchChannel, outsideLimit, tooLong, wasEndedFromOutside } from './decode-failure.js';
import { buildDecodeArguments, MAX_CHANNELS } from './ffmpeg-command.js';
import { DEFAULT_SEARCH_PATH, findProgram, startFfmpeg } from './ffmpeg-process.js';
import type { FfmpegRun } from './ffmpeg-process.js';
import { parseFfmpegLog } from './ffmpeg-report.js';
import type { FfmpegReport } from './ffmpeg-report.js';
import { oggIsComplete } from './ogg-end.js';
import { PcmCollector } from './pcm-collector.js';
import { decodePlainWav } from './plain-wav-decoder.js';
import { holesInside } from './timestamp-holes.js';
import { readWavHeader } from './wav-header.js';
import type { WavHeader } from './wav-header.js';

/** What a header may say of itself; anything else is refused before it costs anything. */
export interface SourceLimits {
  readonly minSampleRateHz: number;
  readonly maxSampleRateHz: number;
  /** At most 64. */
  readonly maxChannels: number;
}

export const SOURCE_LIMITS: SourceLimits = { minSampleRateHz: 1000, maxSampleRateHz: 768_000, maxChannels: MAX_CHANNELS };

// Ten minutes: 38 MB. Longer recordings go through a temporary file, so that several at once stay within bounds.
const DEFAULT_MEMORY_SECONDS = 600;
// A recording may end this much before what its header promises and still count as whole: encoders round up to frames.
const MISSING_SECONDS = 0.5;
const MISSING_RATIO = 0.01;
const CHECK_TIMEOUT_MS = 30_000;

export interface FfmpegDecoderSettings {
  /** Path or name of ffmpeg. */
  readonly ffmpegPath?: string;
  /** `PATH` to look for ffmpeg and prlimit in. */
  readonly searchPath?: string;
  /** Seconds that may be held in memory; longer recordings go to a temporary file. */
  readonly memorySeconds?: number;
  /** How far ffmpeg is shut in; `auto` (the strongest that works) when it is not said. */
  readonly confinement?: DecoderConfinementMode;
  readonly limits?: SourceLimits;
}

interface Programs {
  readonly ffmpegPath: string;
  readonly prlimitPath: string | null;
  /** Strongest first; those that turned out not to work here are taken off. */
  readonly confinements: Confinement[];
}

interface Work {
  readonly file: FileHandle;
  readonly wav: WavHeader | null;
  readonly collector: PcmCollector;
  readonly options: DecodeOptions;
  readonly withLoudness: boolean;
}

function checkSource(source: SourceInfo, channel: 'mix' | number, { minSampleRateHz, maxSampleRateHz, maxChannels }: SourceLimits): UndertoneError | null {
  // 0: the header says none. Nothing comes out of such a stream then, and that is said of it.
  if (source.sampleRateHz !== 0 && (source.sampleRateHz < minSampleRateHz || source.sampleRateHz > maxSampleRateHz)) {
    return outsideLimit('sample rate', source.sampleRateHz, minSampleRateHz, maxSampleRateHz, 'Hz');
  }
  if (source.channels > maxChannels) return outsideLimit('number of channels', source.channels, 1, maxChannels, 'channels');
  if (channel !== 'mix' && channel >= source.channels) return noSuchChannel(channel, source.channels);
  return null;
}

function isTruncated(report: FfmpegReport, exitCode: number | null, decodedSeconds: number, wav: WavHeader | null): boolean {
  if (exitCode !== 0) return true;
  // Programs that write WAV into a pipe leave a size that means "until the end": nothing is missing there.
  if (wav !== null) return !wav.openEnded && wav.declaredDataBytes > wav.presentDataBytes;
  if (report.brokeOff) return true;
  if (report.declaredSeconds === null || report.streamCount !== 1) return false;
  return report.declaredSeconds - decodedSeconds > Math.max(MISSING_SECONDS, report.declaredSeconds * MISSING_RATIO);
}

/** AudioDecoder on the system's ffmpeg (5.1 to 7.1), started once for each file. Plain 16 kHz mono WAV needs no start at all. */
export class FfmpegDecoder implements AudioDecoder {
  private programs: Promise<Programs> | null = null;
  private readonly limits: SourceLimits;

  constructor(private readonly settings: FfmpegDecoderSettings = {}) {
    this.limits = settings.limits ?? SOURCE_LIMITS;
  }

  async decode(path: string, options: DecodeOptions): Promise<DecodedAudio> {
    options.signal?.throwIfAborted();
    // Not blocking: opening a named pipe would otherwise wait for a writer for ever.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw new UndertoneError('NOT_AUDIO', 'This is not a regular file. Give the path of a recording.');
      if (stat.size === 0) throw new UndertoneError('UPLOAD_EMPTY', 'The file has no bytes. Check that it was saved or sent completely.');
      const wav = await readWavHeader(file, stat.size);
      const collector = new PcmCollector(options.tempDir, (this.settings.memorySeconds ?? DEFAULT_MEMORY_SECONDS) * SAMPLE_RATE_HZ);
      try {
        const plain = wav === null ? null : await decodePlainWav(file, wav, collector, options);
        return plain ?? (await this.decodeWithFfmpeg({ file, wav, collector, options, withLoudness: true }));
      } catch (error) {
        await collector.abandon();
        throw error;
      }
    } finally {
      await file.close();
    }
  }

  /**
   * Decodes a sound of its own to find out what works here, before anybody waits for it. DECODER_UNCONFINED when the
   * settings ask for more than there is; FFMPEG_MISSING. Without this the first recording finds it out.
   */
  async prepare(tempDir: string): Promise<ConfinementLevel> {
    const folder = await mkdtemp(join(tempDir, 'decoder-check-'));
    try {
      const path = join(folder, 'check.au');
      await writeFile(path, checkSound(), { mode: 0o600 });
      const { pcm } = await this.decode(path, { maxSeconds: 10, timeoutMs: CHECK_TIMEOUT_MS, tempDir: folder });
      await pcm.dispose();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    return (await this.findPrograms()).confinements[0]!.level;
  }

  private async decodeWithFfmpeg(work: Work): Promise<DecodedAudio> {
    const { file, wav, collector, options, withLoudness } = work;
    const channel = options.channel ?? 'mix';
    const { ffmpegPath, prlimitPath, confinements } = await this.findPrograms();
    const confinement = confinements[0];
    if (confinement === undefined) throw notConfined();
    // One second more than allowed, so that "too long" is seen in samples and not in a header.
    const args = buildDecodeArguments({ inputFd: 3, maxSeconds: options.maxSeconds + 1, channel, withLoudness });
    const readable = confinement.isOtherUser ? await readableByOthers(file, options.tempDir) : null;
    const run = startFfmpeg(args, { ffmpegPath, prlimitPath, confinement, timeoutMs: options.timeoutMs, inputFd: (readable ?? file).fd, signal: options.signal });
    let refused: UndertoneError | null;
    try {
      refused = await this.collect(run, collector, options, channel);
    } finally {
      run.kill();
      await run.ended.catch(() => undefined);
      await readable?.close();
    }
    const ended = await run.ended;
    options.signal?.throwIfAborted();
    if (collector.sampleCount === 0 && couldNotConfine(confinement, run.log())) {
      if (confinements[0] === confinement) confinements.shift();
      return this.decodeWithFfmpeg(work);
    }
    const report = parseFfmpegLog(run.log());
    refused ??= report.source === null ? null : checkSource(report.source, channel, this.limits);
    if (refused !== null) throw refused;
    const cutShort = ended.reason !== 'exit' || ended.signal === 'SIGXCPU' || wasEndedFromOutside(ended.signal);
    if (report.meterRefused && withLoudness && !cutShort && collector.sampleCount === 0) return this.decodeWithFfmpeg({ ...work, withLoudness: false });
    if (report.source === null || collector.sampleCount === 0 || cutShort) throw failureOf(report, ended, options);
    const brokenOgg = report.source.container === 'ogg' && !(await oggIsComplete(file));
    const decodedSeconds = samplesToSeconds(collector.sampleCount);
    const truncated = brokenOgg || isTruncated(report, ended.exitCode, decodedSeconds, wav);
    return { pcm: await collector.finish(), source: report.source, integratedLoudnessLufs: report.integratedLoudnessLufs, truncated, holes: holesInside(report.holes, decodedSeconds) };
  }

  /** Reads ffmpeg's samples to their end; returns the reason when they may not go on. */
  private async collect(run: FfmpegRun, collector: PcmCollector, options: DecodeOptions, channel: 'mix' | number): Promise<UndertoneError | null> {
    const maxSamples = Math.floor(options.maxSeconds * SAMPLE_RATE_HZ);
    let checked = false;
    for await (const bytes of run.stdout as AsyncIterable<Buffer>) {
      if (!checked) {
        const source = parseFfmpegLog(run.log()).source;
        const refused = source === null ? null : checkSource(source, channel, this.limits);
        if (refused !== null) return refused;
        checked = source !== null;
      }
      await collector.append(bytes);
      if (collector.sampleCount > maxSamples) return tooLong(options.maxSeconds);
      options.onProgress?.(samplesToSeconds(collector.sampleCount));
    }
    await run.ended;
    return null;
  }

  private findPrograms(): Promise<Programs> {
    this.programs ??= this.lookUpPrograms().catch((error: unknown) => {
      // Somebody may install ffmpeg while the server runs.
      this.programs = null;
      throw error;
    });
    return this.programs;
  }

  private async lookUpPrograms(): Promise<Programs> {
    const searchPath = this.settings.searchPath ?? DEFAULT_SEARCH_PATH;
    const ffmpegPath = await findProgram(this.settings.ffmpegPath ?? 'ffmpeg', searchPath);
    if (ffmpegPath === null) {
      throw new UndertoneError('FFMPEG_MISSING', 'ffmpeg was not found. Install it (Debian and Ubuntu: `apt-get install ffmpeg`; macOS: `brew install ffmpeg`) or run `undertone doctor`.');
    }
    const find = (name: string): Promise<string | null> => (process.platform === 'linux' ? findProgram(name, searchPath) : Promise.resolve(null));
    const [prlimitPath, bwrapPath, unsharePath, setprivPath] = await Promise.all(['prlimit', 'bwrap', 'unshare', 'setpriv'].map(find)) as [string | null, string | null, string | null, string | null];
    return { ffmpegPath, prlimitPath, confinements: await possibleConfinements(this.settings.confinement ?? 'auto', { bwrapPath, unsharePath, setprivPath }, ffmpegPath) };
  }
}
