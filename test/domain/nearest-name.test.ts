import { describe, expect, it } from 'vitest';
import { csvLine, parseCsv } from '../../src/domain/csv.js';
import { editDistance, nearestName } from '../../src/domain/nearest-name.js';

describe('nearest name', () => {
  it('finds misspellings, swapped letters and longer forms', () => {
    const labels = ['angry', 'disgusted', 'fearful', 'happy', 'neutral', 'sad', 'surprised'];
    expect(['anrgy', 'Anger', 'disgust', 'fear', 'sadness', 'neutrall', 'suprised'].map((word) => nearestName(word, labels))).toEqual(['angry', 'angry', 'disgusted', 'fearful', 'sad', 'neutral', 'surprised']);
  });

  it('suggests nothing when nothing is near', () => {
    expect(nearestName('confused', ['sad', 'happy'])).toBeNull();
    expect(nearestName('x', [])).toBeNull();
  });

  it('counts a swap of neighbours as one edit', () => {
    expect(editDistance('ab', 'ba')).toBe(1);
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
  });
});

describe('CSV lines', () => {
  it('come back as they went in, and formulas are disarmed', () => {
    const fields = ['a,b', 'say "x"', 'two\nlines', 'plain', ''];
    expect(parseCsv(`${csvLine(fields)}\n`)[0]!.fields).toEqual(fields);
    expect(csvLine(['=HYPERLINK("x")', -1.5, null])).toBe('"\'=HYPERLINK(""x"")",-1.5,');
  });
});
