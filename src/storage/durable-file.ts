import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

export const PRIVATE_DIR = 0o700;
export const PRIVATE_FILE = 0o600;

/** Makes a folder and its parents, and their entries durable: a file in a folder that a crash forgets is gone as well. */
export async function makeDirDurable(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: PRIVATE_DIR });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await fsyncDir(dirname(made));
}

/** Gives a finished temporary file its name: all or nothing, and there after a power cut. */
export async function publish(temporary: string, target: string): Promise<void> {
  const handle = await open(temporary, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await placeDurably(temporary, target);
}

/** The same for a file whose bytes are on the disk already: short, however large it is. */
export async function placeDurably(temporary: string, target: string): Promise<void> {
  await makeDirDurable(dirname(target));
  await rename(temporary, target);
  await fsyncDir(dirname(target));
}

async function fsyncDir(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
