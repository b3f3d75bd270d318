import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Settings } from '../domain/settings.js';
import type { StorageBackend } from './blob-store.js';
import { createFilesystemStore } from './filesystem-store.js';

export type StorageSettings = Pick<Settings, 'dataDir' | 'storageUrl' | 'storage' | 'minFreeBytes'>;

/** The storage that the settings name. STORAGE_FAILED when a folder cannot be used; a bucket is first asked by `ping`. */
export async function openStorage(settings: StorageSettings, temporaryDir: string): Promise<StorageBackend> {
  const { storageUrl, minFreeBytes, dataDir } = settings;
  if (storageUrl === null) return createFilesystemStore({ root: join(dataDir, 'blobs'), minFreeBytes });
  const url = new URL(storageUrl);
  if (url.protocol === 'file:') return createFilesystemStore({ root: fileURLToPath(url), minFreeBytes });
  // The SDK is a quarter of a second of start-up that only those pay who use it.
  const { createS3Store } = await import('./s3-store.js');
  return createS3Store({ ...settings.storage, bucket: url.hostname, prefix: decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, ''), minFreeBytes, temporaryDir });
}
