import { randomBytes } from 'node:crypto';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UndertoneError } from '../../domain/errors.js';

/** Folder of what `models pull` has fetched, one folder a model, until it is installed. */
export const DOWNLOADS = '.downloads';
const ID = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/**
 * Fills a hidden folder beside the others and renames it to `<modelsDir>/<id>` at the end: other processes see the whole
 * model or none. With `replace` an installed model of this id makes room in the same breath and is deleted after.
 */
export async function installFolder<T>(modelsDir: string, id: string, replace: boolean, fill: (folder: string) => Promise<T>): Promise<T> {
  if (!replace || !ID.test(id)) await assertFree(modelsDir, id);
  const target = join(modelsDir, id);
  await sweepDrafts(modelsDir);
  const suffix = hiddenSuffix(id);
  const draft = join(modelsDir, `.import-${suffix}`);
  await mkdir(draft, { recursive: true });
  try {
    const result = await fill(draft);
    if (replace && (await exists(target))) {
      const old = join(modelsDir, `.removed-${suffix}`);
      await rename(target, old);
      await rename(draft, target);
      await rm(old, { recursive: true, force: true });
    } else {
      await rename(draft, target).catch((cause: unknown) => {
        throw isCode(cause, 'ENOTEMPTY') || isCode(cause, 'EEXIST') ? taken(id) : cause;
      });
    }
    return result;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (isCode(error, 'ENOSPC') || isCode(error, 'EDQUOT')) throw new UndertoneError('STORAGE_FULL', `The disk of the models folder is full; nothing was installed. Free space and import again.`, {}, { cause: error });
    throw error;
  }
}

/** Throws what an import of this id would throw after its work: BAD_INPUT for no id, CONFLICT for one that is taken. */
export async function assertFree(modelsDir: string, id: string): Promise<void> {
  if (!ID.test(id)) throw new UndertoneError('BAD_INPUT', `${JSON.stringify(id.slice(0, 80))} is no model id: 1 to 64 of a-z, 0-9, ".", "_" and "-", starting with a letter or digit.`);
  if (await exists(join(modelsDir, id))) throw taken(id);
}

/**
 * Takes a model away, usable or not, and what a pull of it has left: out of sight in one step, then off the disk. Throws
 * MODEL_UNKNOWN. Hosts that run it keep their mapping.
 */
export async function removeModel(modelsDir: string, id: string): Promise<void> {
  const hidden = join(modelsDir, `.removed-${hiddenSuffix(id)}`);
  const download = join(modelsDir, DOWNLOADS, id);
  const isPulled = ID.test(id) && (await exists(download));
  const isInstalled = ID.test(id) && (await exists(join(modelsDir, id)));
  if (!isPulled && !isInstalled) {
    throw new UndertoneError('MODEL_UNKNOWN', `No model ${JSON.stringify(id.slice(0, 80))} is installed here.`);
  }
  if (isPulled) await rm(download, { recursive: true, force: true });
  if (!isInstalled) return;
  await rename(join(modelsDir, id), hidden);
  await rm(hidden, { recursive: true, force: true });
}

/** The process is in the name, so that what a killed import left can be told from one that is under way. */
function hiddenSuffix(id: string): string {
  return `${id}-${process.pid}-${randomBytes(4).toString('hex')}`;
}

async function sweepDrafts(modelsDir: string): Promise<void> {
  const names = await readdir(modelsDir).catch(() => [] as string[]);
  for (const name of names) {
    const owner = /^\.(?:import|removed)-.*-(\d+)-[0-9a-f]{8}$/.exec(name)?.[1];
    if (owner !== undefined && !isRunning(Number(owner))) await rm(join(modelsDir, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}

function taken(id: string): UndertoneError {
  return new UndertoneError('CONFLICT', `A model ${id} is already installed. Choose another id, remove it first, or import with --replace.`);
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
