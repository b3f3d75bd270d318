// ffmpeg with the soxr resampler, from the system's own package manager: npm packages with a binary inside are old, slow or
// of a licence that cannot be passed on.
import { existsSync, realpathSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { capture, run, say, SetupError } from './setup-run.mjs';

const MANAGERS = [
  { name: 'apt-get', prepare: ['update', '-q'], install: ['install', '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=600', 'ffmpeg'], needsRoot: true },
  { name: 'dnf', install: ['install', '-y', 'ffmpeg'], alternative: ['install', '-y', 'ffmpeg-free'], needsRoot: true },
  { name: 'apk', install: ['add', '--no-cache', 'ffmpeg'], needsRoot: true },
  { name: 'pacman', install: ['-Sy', '--noconfirm', '--needed', 'ffmpeg'], needsRoot: true },
  { name: 'brew', install: ['install', 'ffmpeg'], needsRoot: false },
];

export async function ensureFfmpeg(stamps) {
  const stamp = stampOf(findProgram('ffmpeg'));
  if (stamp !== null && stamps.ffmpeg === stamp) return;
  if (await hasSoxr()) {
    stamps.ffmpeg = stampOf(findProgram('ffmpeg'));
    return;
  }
  const isThere = findProgram('ffmpeg') !== null;
  say(isThere ? 'ffmpeg is there, but without the soxr resampler that Undertone needs.' : 'ffmpeg is missing.');
  if (!isThere) await install();
  if (!(await hasSoxr())) throw new SetupError(`ffmpeg with soxr is needed. ${byHand()}`);
  stamps.ffmpeg = stampOf(findProgram('ffmpeg'));
}

async function hasSoxr() {
  return ((await capture('ffmpeg', ['-hide_banner', '-version'])) ?? '').includes('--enable-libsoxr');
}

async function install() {
  const manager = MANAGERS.find((each) => findProgram(each.name) !== null);
  if (manager === undefined) throw new SetupError(`No package manager that setup knows was found. ${byHand()}`);
  const prefix = await rootPrefix(manager);
  const command = [...prefix, manager.name];
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const start = (args) => run(command[0], [...command.slice(1), ...args], { env });
  say(`Installing ffmpeg: ${[...command, ...manager.install].join(' ')}`);
  // Old package lists make the install fail on machines that have stood for a while; a failed update need not.
  if (manager.prepare !== undefined) await start(manager.prepare);
  let code = await start(manager.install);
  if (code !== 0 && manager.alternative !== undefined) code = await start(manager.alternative);
  if (code !== 0) throw new SetupError(`${manager.name} could not install ffmpeg (exit ${code}; its own words are above). ${byHand()}`);
}

async function rootPrefix(manager) {
  if (!manager.needsRoot || process.getuid?.() === 0) return [];
  // -n: never wait for a password that nobody may be there to type.
  if (findProgram('sudo') !== null && (await capture('sudo', ['-n', 'true'])) !== null) return ['sudo', '-n'];
  throw new SetupError(`Installing ffmpeg needs root, and sudo would ask for a password. Run this yourself, then try again:\n  sudo ${manager.name} ${manager.install.join(' ')}`);
}

function byHand() {
  return [
    'Install it by hand, then run this again:',
    '  Debian, Ubuntu   sudo apt-get install ffmpeg',
    '  Fedora           sudo dnf install ffmpeg-free',
    '  Alpine           sudo apk add ffmpeg',
    '  Arch             sudo pacman -S ffmpeg',
    '  macOS            brew install ffmpeg',
    '  Windows          winget install Gyan.FFmpeg',
  ].join('\n');
}

/** First match in PATH, or null. */
export function findProgram(name) {
  const names = process.platform === 'win32' ? [`${name}.exe`, `${name}.cmd`] : [name];
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const each of names) if (folder !== '' && existsSync(join(folder, each))) return join(folder, each);
  }
  return null;
}

/** Changes when another ffmpeg comes first in PATH or the package is upgraded: asking ffmpeg itself costs 100 ms each time. */
function stampOf(path) {
  if (path === null) return null;
  const real = realpathSync(path);
  return `${real} ${statSync(real).mtimeMs} ${statSync(real).size}`;
}
