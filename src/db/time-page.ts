import { decodeCursor, encodeCursor } from './keyset-cursor.js';

/** Where a list that goes from the newest to the oldest goes on; the column is the one of the time. */
export function olderThan(list: string, after: string | null, column: string): Record<string, unknown>[] {
  if (after === null) return [];
  const [time, id] = decodeCursor(list, after, ['time', 'string']) as [number, string];
  const at = new Date(time);
  return [{ OR: [{ [column]: { lt: at } }, { [column]: at, id: { lt: id } }] }];
}

export function timeCursor(list: string, at: Date, id: string): string {
  return encodeCursor(list, [at.getTime(), id]);
}
