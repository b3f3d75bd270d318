import { describe, expect, it } from 'vitest';
import { candidatesOf, DEFAULT_REVIEW_POLICY, isSampled, type ReviewPolicy } from '../../src/domain/review-policy.js';
import { isHiddenFrom, openSlots, outcomeOf, type ReviewDecisionRecord } from '../../src/domain/review.js';
import { judged, reviewSubject } from '../support/fake-reviews.js';

const NOW = new Date('2026-01-01T00:00:00Z');
const at = (changes: Partial<ReviewPolicy>): ReviewPolicy => ({ ...DEFAULT_REVIEW_POLICY, ...changes });
let made = 0;
const said = (keyId: string, label: string | null, changes: Partial<ReviewDecisionRecord> = {}): ReviewDecisionRecord => ({
  id: `rvd_${String(made++)}`, reviewId: 'rev_1', keyId, keyName: keyId, kind: label === null ? 'SKIP' : 'ANSWER', label, isFreeLabel: false, isFinal: false, sawModelAnswer: true, note: null, spentSeconds: null, createdAt: NOW, undoneAt: null, undoneBy: null, ...changes,
});
const kinds = (policy: ReviewPolicy, subject = reviewSubject([]), contradictions: Parameters<typeof candidatesOf>[2] = []) =>
  candidatesOf(policy, subject, contradictions, NOW).map((one) => [one.judged.segmentId, one.reasons.map(({ kind }) => kind)]);

describe('what a policy sends to review', () => {
  const unsure = judged('seg_1', { confidence: 0.3, abstained: true });
  const sure = judged('seg_2', { confidence: 0.9 });
  const unjudged = judged('seg_3', { label: null, confidence: null, abstained: true });
  const torn = judged('seg_4', { confidence: 0.95, agreement: 0.1 });

  it('is by default only where words go against the voice', () => {
    expect(kinds(DEFAULT_REVIEW_POLICY, reviewSubject([unsure, sure, unjudged, torn]))).toEqual([['seg_4', ['CONTRADICTION']]]);
  });

  it('names every reason of a segment, and never one that was not judged', () => {
    expect(kinds(at({ abstained: true, lowConfidenceBelow: 0.5 }), reviewSubject([unsure, sure, unjudged]))).toEqual([['seg_1', ['ABSTAINED', 'LOW_CONFIDENCE']]]);
  });

  it('takes contradictions that a cross-check found, once for each segment', () => {
    const found = [{ segmentIndex: 2, message: 'sad words, happy voice', agreement: 0.3 }, { segmentIndex: 4, message: 'again', agreement: 0.1 }, { segmentIndex: 99, message: 'x', agreement: 0 }];
    expect(kinds(DEFAULT_REVIEW_POLICY, reviewSubject([sure, torn]), found).sort()).toEqual([['seg_2', ['CONTRADICTION']], ['seg_4', ['CONTRADICTION']]]);
    expect(kinds(at({ contradictionBelow: null }), reviewSubject([sure, torn]), found)).toEqual([]);
  });

  it('looks at whole analyses where it is told to', () => {
    const subject = reviewSubject([unsure], { whole: judged(null, { confidence: 0.2 }) });
    expect(kinds(at({ unit: 'ANALYSIS', lowConfidenceBelow: 0.5 }), subject)).toEqual([[null, ['LOW_CONFIDENCE']]]);
  });

  it('keeps the most urgent and then the least sure where there are too many, and the sample whole', () => {
    const many = Array.from({ length: 40 }, (_, i) => judged(`seg_${String(i)}`, { confidence: 0.49 - i / 100, ...(i === 3 ? { agreement: 0 } : {}) }));
    expect(kinds(at({ lowConfidenceBelow: 0.5, maxItemsPerAnalysis: 3 }), reviewSubject(many)).map(([id]) => id)).toEqual(['seg_3', 'seg_39', 'seg_38']);
    expect(kinds(at({ lowConfidenceBelow: 0.5, maxItemsPerAnalysis: 0, randomRate: 1 }), reviewSubject(many))).toHaveLength(40);
  });

  it('draws the sample by the id alone: at its rate, the same whenever it is asked, and within any larger one', () => {
    const ids = Array.from({ length: 20_000 }, (_, i) => `seg_${String(i)}`);
    const tenth = ids.filter((id) => isSampled(id, 0.1));
    // Four standard deviations of a binomial draw.
    expect(Math.abs(tenth.length - 2000)).toBeLessThan(4 * Math.sqrt(20_000 * 0.1 * 0.9));
    expect(ids.filter((id) => isSampled(id, 0.1))).toEqual(tenth);
    expect(tenth.every((id) => isSampled(id, 0.3))).toBe(true);
    expect([ids.filter((id) => isSampled(id, 0)).length, ids.filter((id) => isSampled(id, 1)).length]).toEqual([0, 20_000]);
  });
});

describe('what answers come to', () => {
  it('is open until there are as many as are required', () => {
    expect(outcomeOf([said('a', 'sad')], 2)).toEqual({ status: 'PENDING', label: null, isDisputed: false, answerCount: 1 });
    expect(outcomeOf([said('a', 'sad'), said('b', 'sad')], 2)).toEqual({ status: 'RESOLVED', label: 'sad', isDisputed: false, answerCount: 2 });
  });

  it('is the label with the most votes, and at a tie waits for one more person', () => {
    const tie = [said('a', 'sad'), said('b', 'angry')];
    expect(outcomeOf(tie, 2)).toEqual({ status: 'PENDING', label: null, isDisputed: true, answerCount: 2 });
    expect(openSlots({ status: 'PENDING', requiredCount: 2, answerCount: 2 })).toBe(1);
    expect(outcomeOf([...tie, said('c', 'angry')], 2)).toEqual({ status: 'RESOLVED', label: 'angry', isDisputed: true, answerCount: 3 });
  });

  it('counts neither skips nor what was taken back', () => {
    expect(outcomeOf([said('a', null), said('b', 'sad', { undoneAt: NOW }), said('c', 'happy')], 1)).toMatchObject({ status: 'RESOLVED', label: 'happy', answerCount: 1 });
    expect(outcomeOf([said('a', null)], 1)).toMatchObject({ status: 'PENDING', answerCount: 0 });
  });

  it("is an admin's last word, whatever the others said", () => {
    expect(outcomeOf([said('a', 'sad'), said('b', 'sad'), said('boss', 'happy', { isFinal: true })], 5)).toMatchObject({ status: 'RESOLVED', label: 'happy', isDisputed: true });
  });
});

describe('a blind item', () => {
  it('is hidden from those who have not answered, until it is settled', () => {
    const item = { isBlind: true, status: 'PENDING', decisions: [said('a', 'sad'), said('b', null), said('c', 'sad', { undoneAt: NOW })] } as const;
    expect(['a', 'b', 'c', 'd'].map((keyId) => isHiddenFrom(item, keyId))).toEqual([false, true, true, true]);
    expect(isHiddenFrom({ ...item, status: 'RESOLVED' }, 'd')).toBe(false);
    expect(isHiddenFrom({ ...item, isBlind: false }, 'd')).toBe(false);
  });
});
