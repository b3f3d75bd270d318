import { constants } from 'node:fs';
import { copyFile, mkdtemp, open, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

const RATE_HZ = 8000;
const SAMPLES = 800;
const OTHERS_READ = 0o004;

/** A tenth of a second of silence as a Sun AU file: something that only ffmpeg decodes here. */
export function checkSound(): Buffer {
  const header = Buffer.alloc(24);
  header.write('.snd', 0, 'latin1');
  // Length of the header, of the data, 16-bit samples, rate, channels.
  [24, 2 * SAMPLES, 3, RATE_HZ, 1].forEach((value, index) => header.writeUInt32BE(value, 4 + 4 * index));
  return Buffer.concat([header, Buffer.alloc(2 * SAMPLES)]);
}

/**
 * The same bytes under a descriptor that another user may open; null where the file is open to all already. A copy costs
 * a second for a gigabyte (nothing on file systems that share blocks), and has no name by the time ffmpeg starts.
 */
export async function readableByOthers(file: FileHandle, tempDir: string): Promise<FileHandle | null> {
  if (((await file.stat()).mode & OTHERS_READ) !== 0) return null;
  const folder = await mkdtemp(join(tempDir, 'decoder-input-'));
  try {
    const path = join(folder, 'input');
    await copyFile(`/proc/self/fd/${file.fd}`, path, constants.COPYFILE_FICLONE);
    const copy = await open(path, 'r');
    await copy.chmod(((await stat(path)).mode & 0o700) | 0o044);
    return copy;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
