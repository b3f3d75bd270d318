import type { Stats } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UndertoneError } from '../domain/errors.js';
import { decodeNpy } from '../domain/npy.js';
import { parseOutputsResult } from '../services/outputs-result.js';
import type { OutputsFolder } from '../services/service-contracts.js';

const AUDIO = 'processed_audio.wav';
const RESULTS = ['result.json', 'result_frame.json'] as const;
const EMBEDDING = 'embedding.npy';
/** outputs_20240131_235959, and _2 for a second one in the same second. */
const NAME = /^outputs_(\d{4})(\d{2})(\d{2})_(\d{2})(\d{2})(\d{2})(?:_\d+)?$/;
const DAY_MS = 24 * 3600 * 1000;
const MAX_RESULT_BYTES = 64 * 1024 * 1024;
/** An hour of frames of 1,024 float32 is 740 MB; only its mean is kept. */
const MAX_EMBEDDING_BYTES = 1024 * 1024 * 1024;

/** Every folder at or under `directory` that is named like the web page's or holds a result of it, in the order of their names. BAD_INPUT when it cannot be read. */
export async function findOutputsFolders(directory: string): Promise<readonly string[]> {
  const found = new Set<string>();
  try {
    await look(directory, found);
  } catch (error) {
    throw new UndertoneError('BAD_INPUT', `${directory} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}). Give the folder that holds the outputs_… folders.`, {}, { cause: error });
  }
  return [...found].sort();
}

async function look(directory: string, found: Set<string>): Promise<void> {
  if (NAME.test(basename(directory))) found.add(directory);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isFile() && (RESULTS as readonly string[]).includes(entry.name)) found.add(directory);
    if (!entry.isDirectory()) continue;
    const below = join(directory, entry.name);
    // Whoever reads it says why it cannot be read; the others are taken over.
    await look(below, found).catch(() => found.add(below));
  }
}

/** Reads and checks one folder. BAD_INPUT names the file and what is wrong with it. */
export async function readOutputsFolder(path: string, model: string): Promise<OutputsFolder> {
  const name = basename(path);
  await readdir(path).catch((error: unknown) => {
    throw missing('The folder', error);
  });
  const at = dateOf(name);
  const audioPath = join(path, AUDIO);
  // Tried here, so that the answer names the file: the decoder would only know that it got nothing.
  await assertFile(audioPath).then(async () => (await open(audioPath)).close()).catch((error: unknown) => {
    throw missing(AUDIO, error);
  });
  const { file, bytes } = await readResult(path);
  const embedding = await readBounded(join(path, EMBEDDING), MAX_EMBEDDING_BYTES);
  return { name, at, audioPath, model, resultBytes: bytes, result: within(file, () => parseOutputsResult(JSON.parse(bytes.toString('utf8')) as unknown)), embedding: embedding === null ? null : within(EMBEDDING, () => decodeNpy(embedding)) };
}

/** Local time, as the web page writes it. */
function dateOf(name: string): Date {
  const [year, month, day, hour, minute, second] = (NAME.exec(name)?.slice(1, 7) ?? []).map(Number);
  const date = new Date(year ?? NaN, (month ?? NaN) - 1, day, hour, minute, second);
  // A clock elsewhere may be a day ahead; a recording of the year 2099 no policy would reach.
  if (date.getTime() > Date.now() + DAY_MS) throw new UndertoneError('BAD_INPUT', 'The date in the name of the folder lies in the future, so its age is not known. Rename it.');
  // The hour is not compared with the date's: one that a change to summer time leaves out is as good as the one after it.
  if (date.getMonth() + 1 === month && date.getDate() === day && hour! < 24 && minute! < 60 && second! < 60) return date;
  throw new UndertoneError('BAD_INPUT', 'The folder is not named outputs_YYYYMMDD_HHMMSS with a real date, so its age is not known. Rename it.');
}

async function readResult(path: string): Promise<{ readonly file: string; readonly bytes: Buffer }> {
  for (const file of RESULTS) {
    const bytes = await readBounded(join(path, file), MAX_RESULT_BYTES);
    if (bytes !== null) return { file, bytes };
  }
  throw new UndertoneError('BAD_INPUT', `The folder has neither ${RESULTS.join(' nor ')}.`);
}

/** Null when there is no such file. */
async function readBounded(path: string, maxBytes: number): Promise<Buffer | null> {
  try {
    const { size } = await assertFile(path);
    if (size > maxBytes) throw new UndertoneError('BAD_INPUT', `${basename(path)} has ${size} bytes; at most ${maxBytes} are read.`);
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw missing(basename(path), error);
  }
}

/** To open a pipe would wait for ever. */
async function assertFile(path: string): Promise<Stats> {
  const stats = await stat(path);
  if (!stats.isFile()) throw new UndertoneError('BAD_INPUT', `${basename(path)} is a folder or something else than a file.`);
  return stats;
}

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: ' The user of this process has no right to it: chmod or chown it, or import as another user.',
  EPERM: ' The user of this process has no right to it: chmod or chown it, or import as another user.',
  ENOENT: ' The folder is not whole; copy it again, or leave it out.',
};

function missing(file: string, cause: unknown): UndertoneError {
  if (cause instanceof UndertoneError) return cause;
  const { code } = cause as NodeJS.ErrnoException;
  return new UndertoneError('BAD_INPUT', `${file} cannot be read (${code ?? 'unknown reason'}).${ADVICE[code ?? ''] ?? ''}`, {}, { cause });
}

function within<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UndertoneError('BAD_INPUT', `${file}: ${error instanceof SyntaxError ? 'this is not JSON' : (error as Error).message}`, {}, { cause: error });
  }
}
