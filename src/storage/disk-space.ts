import { statfs } from 'node:fs/promises';
import { UndertoneError } from '../domain/errors.js';
import { onDisk } from './storage-errors.js';

/** The disk that a folder lies on, and its floor: bytes that must stay free, for a full disk would stop the database as well. */
export function diskSpace(folder: string, minFreeBytes: number): { readonly freeBytes: () => Promise<number>; readonly requireSpace: () => Promise<void> } {
  const freeBytes = async (): Promise<number> => {
    const { bavail, bsize } = await onDisk(() => statfs(folder));
    return bavail * bsize;
  };
  return {
    freeBytes,
    async requireSpace() {
      const free = await freeBytes();
      if (free < minFreeBytes) {
        throw new UndertoneError('STORAGE_FULL', `${free} bytes are free on the disk of the blob storage; at least ${minFreeBytes} must stay free. Free space or move UNDERTONE_DATA_DIR.`, { freeBytes: free, minFreeBytes });
      }
    },
  };
}
