import { UndertoneError } from '../domain/errors.js';

/** In bytes, both ends included, as in an HTTP Range. */
export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

/** BAD_INPUT for what is no range; undefined is the whole. */
export function checkedRange(range: ByteSpan | undefined): ByteSpan | undefined {
  if (range !== undefined && !(Number.isInteger(range.start) && Number.isInteger(range.end) && range.start >= 0 && range.end >= range.start)) {
    throw new UndertoneError('BAD_INPUT', 'A byte range has a start of 0 or more and an end that is not before it.', { field: 'range' });
  }
  return range;
}
