import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** `<data>/tmp/<host>-<pid>`: temporary samples and uploads of one process, so that a later start can tell whose they were. */
export function temporaryFolder(dataDir: string): string {
  return join(dataDir, 'tmp', `${hostname()}-${process.pid}`);
}

/** Removes what processes of this host left behind that are no more: a SIGKILL leaves nobody else to do it. */
export async function sweepTemporaryFolders(dataDir: string): Promise<void> {
  await sweep(dataDir, (pid) => pid === process.pid || !isAlive(pid));
}

/** The same while this process works in its own; answers how many folders went, or would go. */
export function sweepFoldersOfTheDead(dataDir: string, isDryRun = false): Promise<number> {
  return sweep(dataDir, (pid) => pid !== process.pid && !isAlive(pid), isDryRun);
}

async function sweep(dataDir: string, mayGo: (pid: number) => boolean, isDryRun = false): Promise<number> {
  let count = 0;
  const root = join(dataDir, 'tmp');
  const names = await readdir(root).catch(() => []);
  for (const name of names) {
    const pid = name.startsWith(`${hostname()}-`) ? Number(name.slice(hostname().length + 1)) : Number.NaN;
    // Our own, too: in a container every start has the same number, and nothing of this one is written yet.
    if (!Number.isInteger(pid) || !mayGo(pid)) continue;
    if (!isDryRun) await rm(join(root, name), { recursive: true, force: true });
    count += 1;
  }
  return count;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and is another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
