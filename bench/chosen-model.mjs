// The model that a benchmark takes: the bundled one, or BENCH_MODEL, installed in the data folder BENCH_MODELS.
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

export const MODEL = process.env.BENCH_MODEL ?? 'starter';

/** Makes the data folder with the chosen model in it. Returns the settings that a process with it needs. */
export function withModel(dataDir) {
  mkdirSync(dataDir, { recursive: true });
  if (process.env.BENCH_MODELS !== undefined) symlinkSync(join(process.env.BENCH_MODELS, 'models'), join(dataDir, 'models'));
  return { UNDERTONE_DATA_DIR: dataDir, UNDERTONE_DEFAULT_MODEL: MODEL };
}

/** A result of another model than the bundled one has a file of its own. */
export const resultOf = (name) => (MODEL === 'starter' ? name : `${name}-${MODEL}`);
