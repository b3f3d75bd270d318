import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { LIMITS_ALONE, signalBehind } from './decoder-confinement.js';
import type { Confinement } from './decoder-confinement.js';

/** Where programs are looked for when the setting gives no path. */
export const DEFAULT_SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin';

// ffmpeg maps ~400 MB of libraries before it does anything; under 1 GiB it can hang while loading instead of failing.
const ADDRESS_SPACE_BYTES = 2 * 1024 ** 3;
const LOG_HEAD_CHARS = 64 * 1024;
const LOG_TAIL_CHARS = 64 * 1024;

export type EndReason = 'exit' | 'timeout' | 'killed' | 'aborted';

export interface FfmpegRun {
  readonly stdout: Readable;
  /** Head and tail of what ffmpeg logged so far; a flood in between is dropped. */
  log(): string;
  /** Ends ffmpeg and whatever it started, at once. */
  kill(): void;
  /** Resolves when the process is gone, whoever ended it. */
  readonly ended: Promise<{ readonly reason: EndReason; readonly exitCode: number | null; readonly signal: NodeJS.Signals | null }>;
}

export interface FfmpegRunOptions {
  readonly ffmpegPath: string;
  /** util-linux's `prlimit`, or null where the system has none (macOS): the other limits still hold. */
  readonly prlimitPath: string | null;
  /** What ffmpeg is started in; without it the limits alone hold. */
  readonly confinement?: Confinement;
  readonly timeoutMs: number;
  /** Open file that becomes descriptor 3 of the child. */
  readonly inputFd: number;
  readonly signal?: AbortSignal | undefined;
}

/** Absolute path of a program: itself when it has a slash, otherwise the first executable on the search path; null when there is none. */
export async function findProgram(name: string, searchPath: string): Promise<string | null> {
  const candidates = name.includes('/') ? [name] : searchPath.split(':').filter((folder) => folder.startsWith('/')).map((folder) => join(folder, name));
  for (const candidate of candidates) {
    try {
      await access(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not here; the next folder may have it.
    }
  }
  return null;
}

/** Starts ffmpeg without stdin, without our environment, in its own process group, under every limit the system offers. */
export function startFfmpeg(args: readonly string[], options: FfmpegRunOptions): FfmpegRun {
  const cpuSeconds = Math.ceil(options.timeoutMs / 1000) + 1;
  const confinement = options.confinement ?? LIMITS_ALONE;
  // The soft limit below the hard one: the first says SIGXCPU, and a SIGKILL that is not ours then comes from outside.
  const limits = options.prlimitPath === null ? [] : [options.prlimitPath, `--as=${ADDRESS_SPACE_BYTES}`, `--cpu=${cpuSeconds}:${cpuSeconds + 1}`, '--core=0', '--nofile=64', '--fsize=0', '--'];
  const [program, ...programArgs] = [...limits, ...confinement.prefix, options.ffmpegPath, ...args];
  const child = spawn(program!, programArgs, {
    cwd: '/',
    detached: true,
    env: { PATH: DEFAULT_SEARCH_PATH, LC_ALL: 'C', AV_LOG_FORCE_NOCOLOR: '1', HOME: '/nonexistent' },
    stdio: ['ignore', 'pipe', 'pipe', options.inputFd],
    // The declared types know only three streams.
  }) as unknown as ChildProcessByStdio<null, Readable, Readable>;

  let reason: EndReason = 'exit';
  const end = (why: EndReason): void => {
    if (reason === 'exit') reason = why;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      child.kill('SIGKILL');
    }
  };
  const timer = setTimeout(() => end('timeout'), options.timeoutMs);
  const onAbort = (): void => end('aborted');
  options.signal?.addEventListener('abort', onAbort, { once: true });
  if (options.signal?.aborted === true) onAbort();

  let head = '';
  let tail = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => {
    const room = LOG_HEAD_CHARS - head.length;
    if (room > 0) head += text.slice(0, room);
    if (text.length > room) tail = (tail + text.slice(Math.max(0, room))).slice(-LOG_TAIL_CHARS);
  });

  const ended = new Promise<Awaited<FfmpegRun['ended']>>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve({ reason, exitCode, signal: signal ?? signalBehind(confinement, exitCode) }));
  }).finally(() => {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
  });
  // Whoever fails before awaiting it must not bring the process down with an unhandled rejection.
  ended.catch(() => undefined);
  return { stdout: child.stdout, log: () => head + tail, kill: () => end('killed'), ended };
}
