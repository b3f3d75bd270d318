import { describe, expect, it } from 'vitest';
import { reviewAgreement } from '../../src/domain/review-agreement.js';
import { REVIEW_CSV_HEADER, reviewCsv, reviewJson } from '../../src/domain/review-export.js';
import type { ReviewDecisionRecord, ReviewItemRecord } from '../../src/domain/review.js';
import { parseCsv } from '../../src/domain/csv.js';

const AT = new Date('2026-01-01T00:00:00Z');
let made = 0;
const said = (keyId: string, label: string, changes: Partial<ReviewDecisionRecord> = {}): ReviewDecisionRecord => ({ id: `rvd_${String(made++)}`, reviewId: 'rev', keyId, keyName: keyId.toUpperCase(), kind: 'ANSWER', label, isFreeLabel: false, isFinal: false, sawModelAnswer: true, note: null, spentSeconds: null, createdAt: AT, undoneAt: null, undoneBy: null, ...changes });
const item = (recordingId: string, modelLabel: string | null, label: string, decisions: readonly ReviewDecisionRecord[], changes: Partial<ReviewItemRecord> = {}): ReviewItemRecord => ({
  id: `rev_${String(made++)}`, workspaceId: 'ws_1', recordingId, analysisId: 'ana_1', segmentId: 'seg_1', status: 'RESOLVED', priority: 40, reasons: [], labels: [], startSeconds: 0, endSeconds: 1.5, modelLabel, modelConfidence: 0.5, modelAbstained: false,
  isBlind: false, wasShown: true, requiredCount: 2, answerCount: decisions.length, assigneeKeyIds: [], label, isDisputed: false, dismissReason: null, settledBy: 'B', settledAt: AT, createdAt: AT, claims: [], decisions, ...changes,
});
/** The 50 items of the textbook: κ 0.4, with the model always saying yes. */
const fifty = ([[20, 'yes', 'yes'], [5, 'yes', 'no'], [10, 'no', 'yes'], [15, 'no', 'no']] as const).flatMap(([count, a, b]) => Array.from({ length: count }, (_, i) => item(`rec_${String(i % 7)}`, 'yes', a, [said('a', a, { spentSeconds: i, sawModelAnswer: i % 2 === 0 }), said('b', b)])));

describe('agreement of reviewers', () => {
  it('is measured for each pair, over everybody, and with the model', () => {
    const { itemCount, answerCount, pairs, reviewers, model, alpha } = reviewAgreement(fifty, { unseenOnly: false, resamples: 200 });
    expect([itemCount, answerCount, pairs.length]).toEqual([50, 100, 1]);
    expect(pairs[0]).toMatchObject({ a: { keyId: 'a', keyName: 'A' }, b: { keyId: 'b', keyName: 'B' }, itemCount: 50, observed: 0.7 });
    expect(pairs[0]!.kappa.value).toBeCloseTo(0.4, 12);
    expect(pairs[0]!.kappa.interval!.low).toBeLessThan(0.4);
    // By hand: n = 55 yes and 45 no over 50 units, 15 of them disagree: α = 1 − 99 · 30 / (2 · 55 · 45).
    expect(alpha.value).toBeCloseTo(1 - (99 * 30) / (2 * 55 * 45), 12);
    expect(reviewers.map(({ keyId, answerCount: answers, medianSpentSeconds, withModel }) => [keyId, answers, medianSpentSeconds, withModel.observed])).toEqual([['a', 50, 6, 0.5], ['b', 50, null, 0.6]]);
    expect(model).toMatchObject({ itemCount: 50, observed: 0.5 });
    expect([model.low!, model.high!]).toEqual([expect.closeTo(0.3664, 3), expect.closeTo(0.6336, 3)]);
  });

  it('can be measured on answers that were given without a look at the model alone', () => {
    const { answerCount, pairs, reviewers } = reviewAgreement(fifty, { unseenOnly: true, resamples: 200 });
    expect([answerCount, pairs, reviewers.map(({ keyId }) => keyId)]).toEqual([24, [], ['a']]);
  });

  it('counts neither skips nor what was taken back, and is not defined over nothing', () => {
    const one = item('rec_1', null, 'sad', [said('a', 'sad'), said('b', 'angry', { undoneAt: AT }), { ...said('c', 'x'), kind: 'SKIP', label: null }]);
    expect(reviewAgreement([one], { unseenOnly: false })).toMatchObject({ itemCount: 1, answerCount: 1, pairs: [], alpha: { value: null, interval: null }, model: { itemCount: 0, observed: null, low: null, high: null } });
    expect(reviewAgreement([], { unseenOnly: false })).toMatchObject({ itemCount: 0, reviewers: [] });
  });
});

describe('the export of reviews', () => {
  it('has one line a decision under the header, taken back ones as well, and one for an item without any', () => {
    const items = [item('rec_1', 'happy', 'sad', [said('a', 'angry', { undoneAt: AT }), said('a', 'sad', { note: 'says "no", cries\nand =cmd', spentSeconds: 2.5 })]), item('rec_2', null, 'x', [], { status: 'DISMISSED', label: null, dismissReason: '=danger' })];
    const rows = parseCsv(`${REVIEW_CSV_HEADER}\n${items.map(reviewCsv).join('')}`).map(({ fields }) => fields);
    const column = (name: string) => rows.slice(1).map((row) => row[rows[0]!.indexOf(name)]);
    expect([column('recording_id'), column('decision_label'), column('note'), column('dismiss_reason')]).toEqual([['rec_1', 'rec_1', 'rec_2'], ['angry', 'sad', ''], ['', 'says "no", cries\nand =cmd', ''], ['', '', "'=danger"]]);
    expect(new Set(rows.map(({ length }) => length)).size).toBe(1);
    expect([column('undone_at'), column('saw_model_answer'), column('spent_seconds')]).toEqual([[AT.toISOString(), '', ''], ['true', 'true', ''], ['', '2.5', '']]);
  });

  it('as objects keeps reasons and decisions whole, without what belongs to the platform', () => {
    const json = reviewJson(fifty[0]!);
    expect(json).toMatchObject({ id: fifty[0]!.id, modelLabel: 'yes', decisions: [{ keyId: 'a' }, { keyId: 'b' }], reasons: [] });
    expect(Object.keys(json)).not.toContain('workspaceId');
  });
});
