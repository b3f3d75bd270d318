import { describe, expect, it } from 'vitest';
import { alphaWithInterval, cohenKappa, kappaWithInterval, krippendorffAlpha, observedAgreement, type RatedUnit } from '../../src/domain/rater-agreement.js';

const times = (count: number, pair: readonly [string, string]) => Array.from({ length: count }, () => pair);
/** Columns of a table of raters by units; `.` where one did not label it. */
const columns = (...raters: readonly string[]): string[][] => Array.from({ length: raters[0]!.length }, (_, unit) => raters.map((rater) => rater[unit]!).filter((label) => label !== '.'));

describe("Cohen's kappa", () => {
  it('is 0.4 where two people agree on 35 of 50 and chance gives 25', () => {
    // By hand: p_o = 35/50 = 0.7; a says yes 25/50, b 30/50, so p_e = 0.5·0.6 + 0.5·0.4 = 0.5; κ = 0.2/0.5.
    const pairs = [...times(20, ['yes', 'yes']), ...times(5, ['yes', 'no']), ...times(10, ['no', 'yes']), ...times(15, ['no', 'no'])];
    expect(observedAgreement(pairs)).toBeCloseTo(0.7, 12);
    expect(cohenKappa(pairs)).toBeCloseTo(0.4, 12);
  });

  it('tells equal agreement apart by how the labels are spread', () => {
    // By hand: both 60/100; p_e = 0.6·0.7 + 0.4·0.3 = 0.54, κ = 0.06/0.46; and p_e = 0.6·0.3 + 0.4·0.7 = 0.46, κ = 0.14/0.54.
    expect(cohenKappa([...times(45, ['y', 'y']), ...times(15, ['y', 'n']), ...times(25, ['n', 'y']), ...times(15, ['n', 'n'])])).toBeCloseTo(0.06 / 0.46, 12);
    expect(cohenKappa([...times(25, ['y', 'y']), ...times(35, ['y', 'n']), ...times(5, ['n', 'y']), ...times(35, ['n', 'n'])])).toBeCloseTo(0.14 / 0.54, 12);
  });

  it('is 1 for the same labels, −1 for two labels always swapped, and not defined without variation or pairs', () => {
    expect(cohenKappa([['a', 'a'], ['b', 'b']])).toBe(1);
    expect(cohenKappa([['a', 'b'], ['b', 'a']])).toBe(-1);
    expect([cohenKappa([['a', 'a'], ['a', 'a']]), cohenKappa([]), observedAgreement([])]).toEqual([null, null, null]);
  });
});

describe("Krippendorff's alpha for nominal data", () => {
  // The examples of "Computing Krippendorff's Alpha-Reliability" (2011), worked out by hand beside each.
  it('is 0.095 for two observers of ten binary units', () => {
    // Four units disagree: 8 of 20 ordered values; n = 14 and 6: α = 1 − 19 · 8 / (2 · 14 · 6).
    const alpha = krippendorffAlpha(columns('0100000010', '1110010000'));
    expect(alpha).toBeCloseTo(1 - (19 * 8) / (2 * 14 * 6), 12);
    expect(alpha).toBeCloseTo(0.095, 3);
  });

  it('is 0.692 for two observers of twelve units with five labels', () => {
    // Three units disagree; n = 4, 6, 6, 6, 2: α = 1 − 23 · 6 / (24² − 128).
    expect(krippendorffAlpha(columns('aabbdcccedda', 'babbbccceddd'))).toBeCloseTo(1 - (23 * 6) / 448, 12);
  });

  it('is 0.743 for four observers with gaps, where what one alone labelled does not count', () => {
    // Units 2, 6 and 8 disagree with 2 + 4 + 2; n = 9, 13, 10, 5, 3: α = 1 − 39 · 8 / (40² − 384).
    expect(krippendorffAlpha(columns('123321412...', '1233224125.3', '.3332342251.', '12332441251.'))).toBeCloseTo(1 - (39 * 8) / 1216, 12);
  });

  it('is not defined where nothing was labelled twice, or everything has the same label', () => {
    expect([krippendorffAlpha([]), krippendorffAlpha([['a'], ['b']]), krippendorffAlpha([['a', 'a'], ['a', 'a']])]).toEqual([null, null, null]);
  });
});

describe('intervals of agreement', () => {
  const unit = (cluster: string, a: string, b: string, c?: string): RatedUnit => ({ cluster, labels: new Map([['a', a], ['b', b], ...(c === undefined ? [] : [['c', c] as const])]) });
  const units = Array.from({ length: 60 }, (_, i) => unit(`rec_${String(i % 20)}`, i % 3 === 0 ? 'sad' : 'happy', i % 4 === 0 ? 'sad' : 'happy'));

  it('hold the figure, are the same each time, and narrow with more recordings', () => {
    const [few, many] = [units.slice(0, 30), units.concat(units.map((one) => ({ ...one, cluster: `${one.cluster} again` })))].map((some) => kappaWithInterval(some, 'a', 'b'));
    const width = (figure: typeof few): number => figure!.interval!.high - figure!.interval!.low;
    expect(kappaWithInterval(units, 'a', 'b')).toEqual(kappaWithInterval(units, 'a', 'b'));
    const { value, interval } = alphaWithInterval(units);
    expect(interval!.low).toBeLessThan(value!);
    expect(interval!.high).toBeGreaterThan(value!);
    expect(width(many)).toBeLessThan(width(few));
  });

  it('draw whole recordings: the same answers in one recording have none', () => {
    const alone = units.map((one) => ({ ...one, cluster: 'rec_1' }));
    expect(kappaWithInterval(alone, 'a', 'b')).toEqual({ value: kappaWithInterval(units, 'a', 'b').value, interval: null });
    expect(alphaWithInterval(alone).interval).toBeNull();
  });

  it('leave out what only one of the two labelled', () => {
    expect(kappaWithInterval([unit('r1', 'x', 'x', 'x'), unit('r2', 'y', 'y', 'y'), unit('r3', 'x', 'y')], 'a', 'c').value).toBe(1);
    expect(kappaWithInterval(units, 'a', 'nobody')).toEqual({ value: null, interval: null });
  });
});
