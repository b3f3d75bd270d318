import { UndertoneError } from '../domain/errors.js';
import type { PageRequest } from '../domain/records.js';

/** Checks `first` against the largest page. Cursors are opaque here: the service that made one refuses a wrong one with BAD_CURSOR. */
export function pageRequest(maxPageSize: number, first: number | null, defaultFirst: number, after: string | null): PageRequest {
  return { first: pageSize(maxPageSize, first, defaultFirst), after: after ?? null };
}

/** The schema's default is cut to the largest page instead of refused: who asks for nothing must get something. */
export function pageSize(maxPageSize: number, first: number | null, defaultFirst: number): number {
  const size = first ?? defaultFirst;
  if (size === defaultFirst) return Math.min(size, maxPageSize);
  if (size < 1) throw new UndertoneError('BAD_INPUT', `\`first\` is ${size}; it must be at least 1.`, { field: 'first' });
  if (size > maxPageSize) {
    throw new UndertoneError('PAGE_TOO_LARGE', `\`first\` is ${size}; at most ${maxPageSize} are given at once. Ask for fewer and follow \`pageInfo.endCursor\`.`, { field: 'first', maxPageSize });
  }
  return size;
}

/** GraphQL tells "null" from "not given"; filters do not: both mean no condition. */
export function present<T extends object>(input: T | null | undefined): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(input ?? {}).filter(([, value]) => value !== null && value !== undefined)) as { [K in keyof T]?: NonNullable<T[K]> };
}
