import { describe, expect, it } from 'vitest';
import { NumberColumn, stringifyWithColumns } from '../../src/domain/number-column.js';

const VALUES = [0, 0.5, -1.25, 1e-7, 3600];

describe('a column of numbers', () => {
  it('is written as the same JSON as the plain numbers, wherever it stands and however often', () => {
    const column = new NumberColumn(VALUES);
    const value = { data: { a: column, list: [{ v: column }, { v: new NumberColumn([]) }], text: 'column "x" \\ \u2028', none: null } };
    const plain = { data: { a: VALUES, list: [{ v: VALUES }, { v: [] }], text: value.data.text, none: null } };
    for (let i = 0; i < 2; i++) expect(stringifyWithColumns(value)).toBe(JSON.stringify(plain));
  });

  it('is written by anybody else’s JSON.stringify too, also after a failure inside ours', () => {
    const circular: Record<string, unknown> = { column: new NumberColumn(VALUES) };
    circular['self'] = circular;
    expect(() => stringifyWithColumns(circular)).toThrow(/circular/i);
    expect(JSON.stringify({ v: new NumberColumn(VALUES) })).toBe(JSON.stringify({ v: VALUES }));
  });
});
