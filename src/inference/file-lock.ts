import { readFile, rm, writeFile } from 'node:fs/promises';
import { UndertoneError } from '../domain/errors.js';

/** Runs `work` while `path` names this process. A lock whose process is gone is taken over. CONFLICT when it is held. */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await take(path);
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<void> {
  for (;;) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const owner = Number(await readFile(path, 'utf8').catch(() => ''));
    if (Number.isInteger(owner) && owner > 0 && isRunning(owner)) {
      throw new UndertoneError('CONFLICT', `Process ${owner} is already downloading this file. Wait for it, or end it and run the command again.`);
    }
    await rm(path, { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
