import { describe, expect, it } from 'vitest';
import { largestAssignment } from '../../src/domain/assignment.js';
import { seededRandom } from '../../src/domain/bootstrap.js';
import { diarizationError, sumOfErrors } from '../../src/domain/diarization-error.js';
import type { SpokenStretch } from '../../src/domain/speaker-turns.js';

const says = (speaker: string, startSeconds: number, endSeconds: number): SpokenStretch => ({ speaker, startSeconds, endSeconds });
const EXACT = { collarSeconds: 0, scoresOverlap: true } as const;

describe('the diarization error', () => {
  it('is nothing for the same speech under other names', () => {
    const error = diarizationError([says('Ann', 0, 4), says('Bob', 4, 9)], [says('1', 0, 4), says('0', 4, 9)], EXACT);
    expect(error).toMatchObject({ rate: 0, totalSeconds: 9, mapping: { Ann: '1', Bob: '0' } });
  });

  it.each([
    ['missed speech', [says('x', 0, 8)], { missedSeconds: 2, falseAlarmSeconds: 0, confusionSeconds: 0, rate: 0.2 }],
    ['speech that is none', [says('x', 0, 12)], { missedSeconds: 0, falseAlarmSeconds: 2, confusionSeconds: 0, rate: 0.2 }],
    ['a second speaker who is not there', [says('x', 0, 7), says('y', 7, 10)], { missedSeconds: 0, falseAlarmSeconds: 0, confusionSeconds: 3, rate: 0.3 }],
    ['two voices where there is one', [says('x', 0, 10), says('y', 4, 5)], { missedSeconds: 0, falseAlarmSeconds: 1, confusionSeconds: 0, rate: 0.1 }],
    ['silence', [], { missedSeconds: 10, falseAlarmSeconds: 0, confusionSeconds: 0, rate: 1 }],
  ])('counts %s', (_what, hypothesis, expected) => {
    expect(diarizationError([says('A', 0, 10)], hypothesis, EXACT)).toMatchObject(expected);
  });

  it('is half when two speakers are taken for one', () => {
    expect(diarizationError([says('A', 0, 10), says('B', 10, 20)], [says('x', 0, 20)], EXACT)).toMatchObject({ confusionSeconds: 10, rate: 0.5 });
  });

  it('counts a second in which two speak twice, and misses one of them where one is heard', () => {
    const [reference, hypothesis] = [[says('A', 0, 10), says('B', 5, 15)], [says('x', 0, 10), says('y', 10, 15)]];
    expect(diarizationError(reference, hypothesis, EXACT)).toMatchObject({ totalSeconds: 20, missedSeconds: 5, confusionSeconds: 0, rate: 0.25 });
    expect(diarizationError(reference, hypothesis, { collarSeconds: 0, scoresOverlap: false })).toMatchObject({ totalSeconds: 10, rate: 0 });
  });

  it('does not count a speaker\'s own double marks as overlap', () => {
    expect(diarizationError([says('A', 0, 6), says('A', 4, 10)], [says('x', 0, 10)], EXACT)).toMatchObject({ totalSeconds: 10, rate: 0 });
  });

  it('forgives what lies within the collar of a boundary of the reference, on both sides', () => {
    const [reference, hypothesis] = [[says('A', 1, 11)], [says('x', 1.2, 11.2)]];
    expect(diarizationError(reference, hypothesis, { collarSeconds: 0.25, scoresOverlap: true })).toMatchObject({ totalSeconds: 9.5, rate: 0 });
    const exact = diarizationError(reference, hypothesis, EXACT);
    expect([exact.missedSeconds, exact.falseAlarmSeconds, exact.rate].map((value) => Number(value!.toFixed(9)))).toEqual([0.2, 0.2, 0.04]);
    const late = diarizationError(reference, [says('x', 1.45, 11)], { collarSeconds: 0.25, scoresOverlap: true });
    expect(late.missedSeconds).toBeCloseTo(0.2, 9);
  });

  it('finds the best correspondence where taking the largest first would not', () => {
    // Common seconds: A–x 5, A–y 4, B–x 4, B–y 0. Greedy takes A–x and is left with nothing for B.
    const error = diarizationError([says('A', 0, 9), says('B', 9, 13)], [says('x', 0, 5), says('y', 5, 9), says('x', 9, 13)], EXACT);
    expect(error.mapping).toEqual({ A: 'y', B: 'x' });
    expect(error.confusionSeconds).toBe(5);
    expect(error.rate).toBeCloseTo(5 / 13, 12);
  });

  it('looks only at what is said to be scored', () => {
    const error = diarizationError([says('A', 0, 10)], [says('x', 5, 20)], { ...EXACT, scored: [{ startSeconds: 5, endSeconds: 10 }] });
    expect(error).toMatchObject({ totalSeconds: 5, rate: 0 });
  });

  it('has no rate without speech in the reference', () => {
    expect(diarizationError([], [says('x', 0, 3)], EXACT)).toMatchObject({ rate: null, falseAlarmSeconds: 3 });
  });

  it('of several recordings is that of their seconds, not the mean of their rates', () => {
    const parts = [diarizationError([says('A', 0, 10)], [], EXACT), diarizationError([says('A', 0, 30)], [says('x', 0, 30)], EXACT)];
    expect(sumOfErrors(parts)).toMatchObject({ totalSeconds: 40, missedSeconds: 10, rate: 0.25 });
  });
});

describe('the largest assignment', () => {
  it('is that of trying all, for random matrices of all shapes up to 5 × 5', () => {
    const random = seededRandom(4);
    for (let round = 0; round < 300; round++) {
      const [rows, columns] = [1 + Math.floor(random() * 5), 1 + Math.floor(random() * 5)];
      const weights = Array.from({ length: rows }, () => Array.from({ length: columns }, () => Math.floor(random() * 20)));
      const found = largestAssignment(weights);
      expect(new Set(found.filter((column) => column >= 0)).size).toBe(Math.min(rows, columns));
      expect(found.reduce((sum, column, row) => sum + (column < 0 ? 0 : weights[row]![column]!), 0)).toBe(bestByTrying(weights, 0, new Set()));
    }
  });

  it('of nothing is empty', () => {
    expect(largestAssignment([])).toEqual([]);
    expect(largestAssignment([[], []])).toEqual([-1, -1]);
  });
});

function bestByTrying(weights: readonly (readonly number[])[], row: number, used: ReadonlySet<number>): number {
  if (row === weights.length) return 0;
  let best = bestByTrying(weights, row + 1, used);
  weights[row]!.forEach((weight, column) => {
    if (!used.has(column)) best = Math.max(best, weight + bestByTrying(weights, row + 1, new Set([...used, column])));
  });
  return best;
}
