import { join } from 'node:path';
import { UndertoneError } from '../domain/errors.js';

/** Segments begin with a letter, a digit or `_`, so `..`, hidden files and absolute paths cannot be written at all. */
const KEY = /^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/;
const MAX_KEY_LENGTH = 200;
/** Uploads on their way; never part of a key. */
export const TEMPORARY = 'tmp';

/** `sha256/ab/cdef…`: two levels, so that no folder grows to millions of entries. */
export function contentKey(sha256: string): string {
  return `sha256/${sha256.slice(0, 2)}/${sha256.slice(2)}`;
}

/** The key itself. BAD_INPUT for what is none: a store never leaves its root. */
export function checkedKey(key: string): string {
  if (key.length > MAX_KEY_LENGTH || !KEY.test(key) || key.startsWith(`${TEMPORARY}/`)) {
    throw new UndertoneError('BAD_INPUT', `A blob key is 2 or more parts of letters, digits, "_", "-" and "." with "/" between them, at most ${MAX_KEY_LENGTH} characters; this one is not.`, { field: 'key' });
  }
  return key;
}

/** Where a key lies under `root`. BAD_INPUT as above. */
export function keyPath(root: string, key: string): string {
  return join(root, checkedKey(key));
}
