import { execFile } from 'node:child_process';
import { access, constants, mkdir, readFile, statfs } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { platform } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isUndertoneError } from '../domain/errors.js';
import type { CliRuntime } from './cli-runtime.js';
import type { Settings } from '../domain/settings.js';
import { faithfulness } from './model-text.js';
import { secretsOpenToOthers } from './private-files.js';

/** `mend`: what to do about it, when there is something. A warning does not make the doctor fail. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'failed';
  readonly found: string;
  readonly mend: string | null;
}

const run = promisify(execFile);
const TIMEOUT_MS = 10_000;

export function checkNode(version: string, range: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const isSupported = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24;
  const mend = isSupported ? (major === 20 ? 'Node 20 is past its end of life; Node 24 LTS is recommended.' : null) : `Install Node 24 LTS (supported: ${range}).`;
  return { check: 'Node', state: !isSupported ? 'failed' : major === 20 ? 'warning' : 'ok', found: version, mend };
}

/** Every dependency of package.json can be resolved. */
export async function checkDependencies(): Promise<Finding> {
  const require = createRequire(import.meta.url);
  const root = await packageRoot();
  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
  const missing: string[] = [];
  for (const name of Object.keys(dependencies)) {
    const folders = require.resolve.paths(name) ?? [];
    const found = await Promise.all(folders.map((folder) => exists(join(folder, name, 'package.json'))));
    if (!found.includes(true)) missing.push(name);
  }
  if (missing.length > 0) return { check: 'npm packages', state: 'failed', found: `missing: ${missing.join(', ')}`, mend: 'Run `npm run setup`.' };
  return { check: 'npm packages', state: 'ok', found: `${Object.keys(dependencies).length} present`, mend: null };
}

export async function checkFfmpeg(): Promise<readonly Finding[]> {
  const install = `Install it: ${ffmpegInstallCommand()} (or run \`npm run setup\`).`;
  let banner: string;
  let formats: string;
  try {
    banner = (await run('ffmpeg', ['-hide_banner', '-version'], { timeout: TIMEOUT_MS })).stdout;
    formats = (await run('ffmpeg', ['-hide_banner', '-demuxers'], { timeout: TIMEOUT_MS })).stdout;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return [{ check: 'ffmpeg', state: 'failed', found: isMissing ? 'not found' : `does not run: ${(error as Error).message.split('\n')[0] ?? ''}`, mend: install }];
  }
  const version = /^ffmpeg version (\S+)/.exec(banner)?.[1] ?? 'unknown version';
  const hasSoxr = banner.includes('--enable-libsoxr');
  const wanted = ['wav', 'mp3', 'mov', 'ogg', 'flac', 'matroska', 'aac', 'aiff'];
  // ` D  name,name   long name`; from ffmpeg 7 on there is one more column of flags.
  const names = new Set(formats.split('\n').filter((line) => line.startsWith(' D')).flatMap((line) => (line.slice(4).trim().split(/\s+/)[0] ?? '').split(',')));
  const missing = wanted.filter((name) => !names.has(name));
  return [
    { check: 'ffmpeg', state: 'ok', found: version, mend: null },
    { check: 'ffmpeg resampler', state: hasSoxr ? 'ok' : 'failed', found: hasSoxr ? 'soxr' : 'built without soxr', mend: hasSoxr ? null : `This build resamples with audible aliasing, and is refused. ${install}` },
    { check: 'ffmpeg formats', state: missing.length === 0 ? 'ok' : 'warning', found: missing.length === 0 ? wanted.join(' ') : `missing: ${missing.join(' ')}`, mend: missing.length === 0 ? null : 'Files of these formats will be refused; a fuller build of ffmpeg reads them.' },
  ];
}

const CONFINEMENTS = {
  bubblewrap: { found: 'bubblewrap: no network, no files but shared libraries and the recording', mend: null },
  namespaces: { found: 'namespaces: no network, but the files that this user can read', mend: 'Install bubblewrap (`sudo apt-get install bubblewrap`) to hide those, too.' },
  user: { found: 'another user, with the network open', mend: 'Install bubblewrap and allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0).' },
  limits: { found: 'limits of memory, time and output alone', mend: 'Install bubblewrap and allow user namespaces; in a container the container is the confinement. docs/security.md has the levels.' },
} as const;

/** How much a hole in ffmpeg would give away. */
export async function checkConfinement(runtime: CliRuntime): Promise<Finding> {
  try {
    const level = await runtime.checkConfinement();
    return { check: 'decoder confinement', state: level === 'bubblewrap' || level === 'namespaces' ? 'ok' : 'warning', ...CONFINEMENTS[level] };
  } catch (error) {
    return { check: 'decoder confinement', state: 'failed', found: error instanceof Error ? error.message : String(error), mend: 'Mend ffmpeg first, or set UNDERTONE_DECODER_CONFINEMENT=auto.' };
  }
}

export async function checkDataFolder(dataDir: string, minFreeBytes: number): Promise<readonly Finding[]> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await access(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    return [{ check: 'data folder', state: 'failed', found: (error as Error).message, mend: 'Give this user write permission, or set UNDERTONE_DATA_DIR to a folder that it may write.' }];
  }
  const { bavail, bsize } = await statfs(dataDir);
  const freeBytes = bavail * bsize;
  const isEnough = freeBytes > minFreeBytes;
  return [
    { check: 'data folder', state: 'ok', found: `${dataDir} is writable`, mend: null },
    { check: 'free disk', state: isEnough ? 'ok' : 'failed', found: `${gigabytes(freeBytes)} free, floor ${gigabytes(minFreeBytes)}`, mend: isEnough ? null : 'Uploads are refused below the floor: free space, or move UNDERTONE_DATA_DIR.' },
  ];
}

/** Secrets that other users of this machine could read. */
export async function checkPrivateFiles(settings: Settings): Promise<Finding> {
  const open = await secretsOpenToOthers(settings);
  if (open.length === 0) return { check: 'secret files', state: 'ok', found: 'open to this user alone', mend: null };
  return { check: 'secret files', state: 'warning', found: `others on this machine can read ${open.join(', ')}`, mend: 'Take the permission away: chmod 600 FILE.' };
}

/** Where recordings are kept, when that is not the data folder. */
export async function checkStorage(runtime: CliRuntime): Promise<readonly Finding[]> {
  const { storageUrl } = runtime.settings();
  if (storageUrl === null) return [];
  try {
    await runtime.pingStorage();
    return [{ check: 'storage', state: 'ok', found: storageUrl.startsWith('s3:') ? 'the bucket answers' : 'the folder is writable', mend: null }];
  } catch (error) {
    return [{ check: 'storage', state: 'failed', found: error instanceof Error ? error.message : String(error), mend: 'Check the UNDERTONE_STORAGE_ settings, the credentials, and that the bucket or folder is there.' }];
  }
}

/** Opens the database through the platform; a folder that a server holds is healthy. */
export async function checkDatabase(runtime: CliRuntime): Promise<Finding> {
  try {
    const opened = await runtime.openServices();
    await opened.close();
    const { embedded, hasWall, wallKeepsIndexes } = opened.database;
    if (embedded) return { check: 'database', state: 'ok', found: 'embedded, opens', mend: null };
    if (!hasWall) return { check: 'database', state: 'warning', found: 'reachable, migrated; its role passes by row-level security, so that only the queries keep workspaces apart', mend: 'Let DATABASE_URL name an ordinary role that owns the database: deploy/database.sql makes one and hands over what is there (docs/deploy.md).' };
    const found = 'reachable, migrated; row-level security keeps workspaces apart';
    return { check: 'database', state: 'ok', found, mend: wallKeepsIndexes ? null : 'Searches by tag, by assignee and in the audit log go without their indexes: run deploy/database.sql as a superuser once (docs/deploy.md).' };
  } catch (error) {
    if (isUndertoneError(error) && error.code === 'DATA_DIR_LOCKED') return { check: 'database', state: 'ok', found: 'embedded, in use by a running server', mend: null };
    return { check: 'database', state: 'failed', found: error instanceof Error ? error.message : String(error), mend: 'Check DATABASE_URL, that the server runs and has the pgvector extension; then run `undertone migrate`.' };
  }
}

/** Whether every stored key can be unwrapped with what is configured; says where the key is, because losing it loses everything. */
export async function checkEncryption(runtime: CliRuntime): Promise<Finding> {
  const check = 'encryption';
  try {
    const opened = await runtime.openServices();
    try {
      const { path, currentKeyId, keys } = await opened.encryption.status(opened.operator);
      const missing = keys.filter((key) => !key.isConfigured).map((key) => key.id);
      const old = keys.filter((key) => key.isConfigured && key.id !== currentKeyId && key.wrappedCount > 0);
      if (missing.length > 0) return { check, state: 'failed', found: `stored data is under keys that are not configured: ${missing.join(', ')}`, mend: 'Put the old key file (or UNDERTONE_WORKSPACE_KEY) back; without it that data is lost.' };
      if (old.length > 0) return { check, state: 'warning', found: `key ${currentKeyId}; ${old.length} older ones are still in use`, mend: 'Run `undertone keys rotate-encryption` to wrap everything with the current key.' };
      return { check, state: 'ok', found: `on, key ${currentKeyId} from ${path ?? 'UNDERTONE_WORKSPACE_KEY'}`, mend: path === null ? null : 'Keep a copy of that file apart from the data: without it nothing stored can be read.' };
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (isUndertoneError(error) && error.code === 'DATA_DIR_LOCKED') return { check, state: 'ok', found: 'in use by a running server', mend: null };
    return { check, state: 'failed', found: error instanceof Error ? error.message : String(error), mend: 'Put the key file (or UNDERTONE_WORKSPACE_KEY) back to what it was.' };
  }
}

export async function checkModels(runtime: CliRuntime): Promise<readonly Finding[]> {
  try {
    const models = await runtime.openModels();
    const listed = await models.list();
    if (listed.length === 0) return [{ check: 'models', state: 'failed', found: 'none installed', mend: 'The bundled one belongs in models/starter: restore it with `git checkout models`, or import one with `undertone models import`.' }];
    const unusable = (await models.unusable()).map(({ id, state, problem }): Finding => ({ check: `model ${id}`, state: state === 'partial' ? 'warning' : 'failed', found: problem, mend: state === 'partial' ? null : `Mend it, or take it away with \`undertone models remove ${id}\`.` }));
    return [...await Promise.all(listed.map(async (model): Promise<Finding> => {
      const { ok, details } = await models.verify(model.id);
      return { check: `model ${model.id}`, state: ok ? 'ok' : 'failed', found: ok ? `${model.version}, ${(model.sizeBytes / 1e6).toFixed(1)} MB, digest as in its manifest${faithfulness(model)}` : details.join('; '), mend: ok ? null : `Fetch it again: remove models/${model.id} and import or restore it.` };
    })), ...unusable];
  } catch (error) {
    return [{ check: 'models', state: 'failed', found: error instanceof Error ? error.message : String(error), mend: 'Mend or remove the folder that the message names.' }];
  }
}

/** What the machine has; whether the runtime can use it is only known when a model loads. */
export async function checkAccelerator(provider: 'auto' | 'cpu' | 'cuda' | 'webgpu'): Promise<Finding> {
  const found = await run('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], { timeout: TIMEOUT_MS }).then(({ stdout }) => stdout.trim(), () => '');
  if (found === '') {
    return provider === 'cuda'
      ? { check: 'accelerator', state: 'warning', found: 'UNDERTONE_PROVIDER asks for cuda, but no NVIDIA driver answers', mend: 'Models will run on the CPU. Install the driver, or set UNDERTONE_PROVIDER=cpu.' }
      : { check: 'accelerator', state: 'ok', found: 'none; models run on the CPU', mend: null };
  }
  return { check: 'accelerator', state: 'ok', found: found.split('\n').join(', '), mend: provider === 'cpu' ? 'It is not used: UNDERTONE_PROVIDER=cpu.' : 'CUDA needs the runtime\'s CUDA files, which are an opt-in: see README, “GPU”.' };
}

export function checkTelemetry(isDisabled: boolean): Finding {
  return isDisabled
    ? { check: 'telemetry', state: 'ok', found: 'off (ONNX Runtime reports by default; Undertone turns it off before it loads)', mend: null }
    : { check: 'telemetry', state: 'failed', found: 'ONNX Runtime would report to its vendor', mend: 'Start Undertone through its own command, which sets ORT_DISABLE_TELEMETRY=1.' };
}

/** What installs ffmpeg on this kind of system. */
export function ffmpegInstallCommand(system: NodeJS.Platform = platform()): string {
  if (system === 'darwin') return '`brew install ffmpeg`';
  if (system === 'win32') return '`winget install Gyan.FFmpeg`';
  return '`sudo apt-get install ffmpeg` (Debian, Ubuntu), `sudo dnf install ffmpeg` (Fedora, with RPM Fusion), `sudo apk add ffmpeg` (Alpine) or `sudo pacman -S ffmpeg` (Arch)';
}

/** The nearest folder upwards with a package.json: differs between the sources and the build. */
async function packageRoot(): Promise<string> {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (await exists(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) throw new Error('no package.json above the program');
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
