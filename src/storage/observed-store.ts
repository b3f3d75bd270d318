import { isUndertoneError, type ErrorCode } from '../domain/errors.js';
import type { StorageBackend } from './blob-store.js';

export type StorageObserver = (operation: string, seconds: number, code: ErrorCode | null) => void;

/** The same storage; every call's length and failure is told. A blob that is not there is an answer and no failure of the storage. */
export function observeStorage(store: StorageBackend, told: StorageObserver): StorageBackend {
  async function watch<T>(operation: string, step: () => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    const tell = (code: ErrorCode | null): void => told(operation, (performance.now() - startedMs) / 1000, code);
    try {
      const result = await step();
      tell(null);
      return result;
    } catch (error) {
      const code = isUndertoneError(error) ? error.code : 'INTERNAL';
      tell(code === 'STORAGE_FAILED' || code === 'STORAGE_FULL' || code === 'INTERNAL' ? code : null);
      throw error;
    }
  }
  return {
    async stage(source, options) {
      const staged = await watch('stage', () => store.stage(source, options));
      return { ...staged, commit: () => watch('commit', () => staged.commit()), discard: () => watch('discard', () => staged.discard()) };
    },
    write: (key, bytes) => watch('write', () => store.write(key, bytes)),
    read: (key, range) => watch('read', () => store.read(key, range)),
    readAll: (key) => watch('read', () => store.readAll(key)),
    stat: (key) => watch('stat', () => store.stat(key)),
    delete: (key) => watch('delete', () => store.delete(key)),
    localPath: (key) => watch('fetch', () => store.localPath(key)),
    list: (prefix) => store.list(prefix),
    freeBytes: () => store.freeBytes(),
    ping: () => watch('ping', () => store.ping()),
    removeUnfinished: (olderThanMs) => watch('sweep', () => store.removeUnfinished(olderThanMs)),
    downloadUrl: (key, link) => watch('link', () => store.downloadUrl(key, link)),
  };
}
