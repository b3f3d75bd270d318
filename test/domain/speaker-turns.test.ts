import { describe, expect, it } from 'vitest';
import { coveredSeconds, differenceOf, intersectionOf, unionOf } from '../../src/domain/intervals.js';
import { overlapsOf, soloStretches, speakerAtoms, turnsOf, type SpokenStretch } from '../../src/domain/speaker-turns.js';

const span = (startSeconds: number, endSeconds: number) => ({ startSeconds, endSeconds });
const says = (speaker: string, startSeconds: number, endSeconds: number): SpokenStretch => ({ speaker, startSeconds, endSeconds });

describe('intervals', () => {
  it('are joined where they touch, overlap, or are as near as asked', () => {
    expect(unionOf([span(5, 6), span(0, 2), span(2, 3), span(2.5, 4), span(7, 7)])).toEqual([span(0, 4), span(5, 6)]);
    expect(unionOf([span(0, 1), span(1.3, 2)], 0.3)).toEqual([span(0, 2)]);
  });

  it('have what both hold, and what only the first holds', () => {
    const [a, b] = [[span(0, 5), span(6, 10)], [span(2, 3), span(4, 7), span(9, 12)]];
    expect(intersectionOf(a, b)).toEqual([span(2, 3), span(4, 5), span(6, 7), span(9, 10)]);
    expect(differenceOf(a, b)).toEqual([span(0, 2), span(3, 4), span(7, 9)]);
    expect(differenceOf(a, [])).toEqual(a);
    expect(differenceOf(a, [span(0, 20)])).toEqual([]);
  });

  it('cover each second once', () => {
    expect(coveredSeconds([span(0, 4), span(2, 5), span(8, 9)])).toBe(6);
  });
});

describe('speech of several speakers', () => {
  const talk = [says('a', 0, 4), says('b', 3, 6), says('a', 8, 9)];

  it('falls into pieces in which the set of speakers does not change', () => {
    expect(speakerAtoms(talk)).toEqual([
      { ...span(0, 3), speakers: ['a'] }, { ...span(3, 4), speakers: ['a', 'b'] }, { ...span(4, 6), speakers: ['b'] }, { ...span(6, 8), speakers: [] }, { ...span(8, 9), speakers: ['a'] },
    ]);
  });

  it('overlaps where two talk, and is solo elsewhere', () => {
    expect(overlapsOf(talk)).toEqual([span(3, 4)]);
    expect(soloStretches(talk)).toEqual([says('a', 0, 3), says('b', 4, 6), says('a', 8, 9)]);
  });

  it('does not overlap with itself when one speaker was marked twice', () => {
    expect(overlapsOf([says('a', 0, 4), says('a', 2, 5)])).toEqual([]);
  });

  it('makes turns over short pauses, but not over long ones nor over somebody who begins in the pause', () => {
    expect(turnsOf([says('a', 0, 2), says('a', 2.9, 4)])).toEqual([says('a', 0, 4)]);
    expect(turnsOf([says('a', 0, 2), says('a', 3.1, 4)])).toHaveLength(2);
    expect(turnsOf([says('a', 0, 2), says('b', 2.1, 2.4), says('a', 2.6, 4)])).toEqual([says('a', 0, 2), says('b', 2.1, 2.4), says('a', 2.6, 4)]);
  });

  it('keeps a turn whole when the other only goes on from before the pause', () => {
    expect(turnsOf([says('b', 0, 10), says('a', 1, 2), says('a', 2.5, 3)])).toEqual([says('b', 0, 10), says('a', 1, 3)]);
  });
});
