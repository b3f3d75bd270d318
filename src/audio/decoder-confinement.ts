import { access, realpath } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { UndertoneError } from '../domain/errors.js';
import type { DecoderConfinementMode } from '../domain/settings.js';

/** From strongest to weakest: own file system without network; own namespaces without network; another user; limits alone. */
export type ConfinementLevel = 'bubblewrap' | 'namespaces' | 'user' | 'limits';

/** One way to start ffmpeg with less than our own rights. */
export interface Confinement {
  readonly level: ConfinementLevel;
  /** Words before ffmpeg's path. */
  readonly prefix: readonly string[];
  /** True: the decoder is another user, who cannot open our files even by their descriptor. */
  readonly isOtherUser: boolean;
}

export interface ConfinementPrograms {
  readonly bwrapPath: string | null;
  readonly unsharePath: string | null;
  readonly setprivPath: string | null;
}

export const LIMITS_ALONE: Confinement = { level: 'limits', prefix: [], isOtherUser: false };

/** Where systems keep shared libraries and the table that the loader finds them by: packages' files, nobody's data. */
const LIBRARY_PLACES = ['/usr/lib', '/usr/lib64', '/usr/local/lib', '/lib', '/lib64', '/etc/alternatives', '/etc/ld.so.cache', '/nix/store'];
const NOBODY = '65534';

async function bubblewrap(bwrapPath: string, ffmpegPath: string): Promise<Confinement> {
  const program = await realpath(ffmpegPath);
  const wanted = [...LIBRARY_PLACES, ...(program.startsWith('/usr/') ? [] : [join(dirname(program), '..', 'lib')])];
  const present: string[] = [];
  for (const place of wanted) if (await access(place).then(() => true, () => false)) present.push(place);
  return {
    level: 'bubblewrap',
    // A `/proc` of its own processes, for the one descriptor; nothing of ours has a name in there.
    prefix: [
      bwrapPath, '--unshare-all', '--die-with-parent', '--cap-drop', 'ALL', ...[...present, program].flatMap((place) => ['--ro-bind', place, place]),
      ...(program === ffmpegPath ? [] : ['--ro-bind', program, ffmpegPath]), '--proc', '/proc', '--symlink', '/proc/self/fd', '/dev/fd', '--remount-ro', '/', '--chdir', '/', '--',
    ],
    isOtherUser: false,
  };
}

/**
 * What this machine might offer, strongest first; whether it does is known only when something was started in it.
 * `required` leaves out what keeps the network open, so the list may be empty.
 */
export async function possibleConfinements(mode: DecoderConfinementMode, programs: ConfinementPrograms, ffmpegPath: string, isRoot = process.getuid?.() === 0): Promise<Confinement[]> {
  if (mode === 'off') return [LIMITS_ALONE];
  const { bwrapPath, unsharePath, setprivPath } = programs;
  const found: Confinement[] = [];
  if (bwrapPath !== null) found.push(await bubblewrap(bwrapPath, ffmpegPath));
  if (unsharePath !== null) {
    found.push({ level: 'namespaces', prefix: [unsharePath, '--user', '--map-current-user', '--net', '--ipc', '--uts', '--pid', '--fork', '--kill-child', '--'], isOtherUser: false });
  }
  if (mode === 'required') return found;
  if (setprivPath !== null && isRoot) {
    found.push({ level: 'user', prefix: [setprivPath, `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--inh-caps=-all', '--bounding-set=-all', '--no-new-privs', '--'], isOtherUser: true });
  }
  return [...found, LIMITS_ALONE];
}

/**
 * True when not ffmpeg but what should confine it failed. Told by the very first words of the log, which come before ffmpeg
 * reads a byte: a file must not be able to talk us into a weaker confinement.
 */
export function couldNotConfine({ level }: Confinement, log: string): boolean {
  if (level === 'limits') return false;
  return /^(bwrap|unshare|setpriv|[^\s[]*unshare|[^\s[]*setpriv): /.test(log) || /^\S+: error while loading shared libraries: /.test(log) || /^(\[error\] )?file:\/dev\/fd\/3: (Permission denied|No such file or directory)\n/.test(log);
}

/** bubblewrap reports the signal that ended its child as an exit code, like a shell. */
export function signalBehind({ level }: Confinement, exitCode: number | null): NodeJS.Signals | null {
  if (level !== 'bubblewrap' || exitCode === null || exitCode <= 128) return null;
  return (Object.entries(constants.signals).find(([, number]) => number === exitCode - 128)?.[0] as NodeJS.Signals | undefined) ?? null;
}

export function notConfined(): UndertoneError {
  return new UndertoneError('DECODER_UNCONFINED', 'UNDERTONE_DECODER_CONFINEMENT is `required`, but ffmpeg can be started neither under bubblewrap nor in namespaces of its own here. Install bubblewrap, allow unprivileged user namespaces, or set it to `auto`; `undertone doctor` says how strong that would be.');
}
