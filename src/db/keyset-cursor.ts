import { UndertoneError } from '../domain/errors.js';
import type { Page } from '../domain/records.js';

export type CursorValue = string | number | null;

/** Opaque position in one list: the sort values of an item, so that it stays right when items come or go around it. */
export function encodeCursor(list: string, values: readonly CursorValue[]): string {
  return Buffer.from(JSON.stringify([list, ...values])).toString('base64url');
}

/**
 * The sort values behind a cursor. `list` names the list and its order: a cursor of another one has the wrong values.
 * Throws BAD_CURSOR.
 */
export function decodeCursor(list: string, cursor: string, types: readonly ('string' | 'number' | 'number?' | 'time')[]): readonly CursorValue[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    parsed = null;
  }
  const isGood = Array.isArray(parsed) && parsed.length === types.length + 1 && parsed[0] === list && types.every((type, index) => isOfType((parsed as unknown[])[index + 1], type));
  if (!isGood) throw new UndertoneError('BAD_CURSOR', '`after` is not a cursor of this list in this order. Take it from `pageInfo.endCursor` of the same query, or leave it out to start again.');
  return (parsed as CursorValue[]).slice(1);
}

function isOfType(value: unknown, type: 'string' | 'number' | 'number?' | 'time'): boolean {
  if (type === 'string') return typeof value === 'string' && !value.includes('\0');
  if (type === 'number?' && value === null) return true;
  if (type === 'time') return typeof value === 'number' && !Number.isNaN(new Date(value).getTime());
  return typeof value === 'number' && Number.isFinite(value);
}

/** Makes a page of rows read with `LIMIT first + 1`: the extra row only tells that there is more. */
export function toPage<Row, T>(rows: readonly Row[], first: number, totalCount: number, toItem: (row: Row) => T, toCursor: (row: Row) => string): Page<T> {
  const shown = rows.slice(0, first);
  return { items: shown.map(toItem), cursors: shown.map(toCursor), hasNextPage: rows.length > first, totalCount };
}
