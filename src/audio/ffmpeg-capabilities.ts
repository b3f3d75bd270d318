import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AUDIO_DECODERS, CONTAINER_FORMATS } from './ffmpeg-command.js';
import { DEFAULT_SEARCH_PATH, findProgram } from './ffmpeg-process.js';

const run = promisify(execFile);

/** What `undertone doctor` and `capabilities` tell of the ffmpeg on this machine. */
export interface FfmpegCapabilities {
  readonly path: string;
  readonly version: string;
  /** False: nothing that needs resampling can be decoded. */
  readonly hasSoxr: boolean;
  /** Containers of our list that this build can open. */
  readonly formats: readonly string[];
  /** Audio decoders of our list that this build has. */
  readonly decoders: readonly string[];
  /** Null: memory and processor time are not limited by the system, only the wall clock and the output are. */
  readonly prlimitPath: string | null;
}

/** Names in ffmpeg's tables: after a column of flags; one row may hold several, separated by commas. */
function namesOf(table: string): Set<string> {
  return new Set(table.split('\n').flatMap((line) => /^ ?[A-Z.]{1,6}d?\s+(\S+)/.exec(line)?.[1]?.split(',') ?? []));
}

/** Null when there is no ffmpeg. */
export async function probeFfmpeg(ffmpegPath = 'ffmpeg', searchPath = DEFAULT_SEARCH_PATH): Promise<FfmpegCapabilities | null> {
  const path = await findProgram(ffmpegPath, searchPath);
  if (path === null) return null;
  const options = { timeout: 10_000, maxBuffer: 4 * 1024 * 1024, env: { PATH: DEFAULT_SEARCH_PATH, LC_ALL: 'C', AV_LOG_FORCE_NOCOLOR: '1' } };
  const [version, demuxers, decoders] = await Promise.all(
    ['-version', '-demuxers', '-decoders'].map(async (flag) => (await run(path, ['-hide_banner', flag], options)).stdout),
  );
  const known = namesOf(demuxers!);
  const decoding = namesOf(decoders!);
  return {
    path,
    version: /^ffmpeg version (\S+)/.exec(version!)?.[1] ?? 'unknown',
    hasSoxr: version!.includes('--enable-libsoxr'),
    formats: CONTAINER_FORMATS.filter((name) => known.has(name)),
    decoders: AUDIO_DECODERS.filter((name) => decoding.has(name)),
    prlimitPath: process.platform === 'linux' ? await findProgram('prlimit', searchPath) : null,
  };
}
