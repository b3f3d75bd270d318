import { readFile } from 'node:fs/promises';
import { UndertoneError } from '../domain/errors.js';
import { readRttm, RttmError, type RttmFiles } from '../domain/rttm.js';

/** BAD_INPUT says which line is wrong, or why the file cannot be read. */
export async function readRttmFile(path: string): Promise<RttmFiles> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UndertoneError('BAD_INPUT', `The RTTM file ${path} cannot be read: ${(error as Error).message}`, {}, { cause: error });
  });
  try {
    return readRttm(text);
  } catch (error) {
    if (!(error instanceof RttmError)) throw error;
    throw new UndertoneError('BAD_INPUT', `The RTTM file ${path} cannot be used:\n${error.problems.map((problem) => `  • ${problem}`).join('\n')}\nA line reads: SPEAKER file 1 start duration <NA> <NA> name <NA> <NA>`, {}, { cause: error });
  }
}
