import { randomBytes } from 'node:crypto';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UndertoneError } from '../../domain/errors.js';

const ID = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/**
 * Fills a hidden folder beside the others and renames it to `<modelsDir>/<id>` at the end: other processes see the whole
 * model or none. With `replace` an installed model of this id makes room in the same breath and is deleted after.
 */
export async function installFolder<T>(modelsDir: string, id: string, replace: boolean, fill: (folder: string) => Promise<T>): Promise<T> {
  if (!ID.test(id)) throw new UndertoneError('BAD_INPUT', `${JSON.stringify(id.slice(0, 80))} is no model id: 1 to 64 of a-z, 0-9, ".", "_" and "-", starting with a letter or digit.`);
  const target = join(modelsDir, id);
  if (!replace && (await exists(target))) throw taken(id);
  const suffix = `${id}-${process.pid}-${randomBytes(4).toString('hex')}`;
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

function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}

function taken(id: string): UndertoneError {
  return new UndertoneError('CONFLICT', `A model ${id} is already installed. Choose another id, remove it first, or import with --replace.`);
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
