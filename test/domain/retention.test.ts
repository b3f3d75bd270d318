import { describe, expect, it } from 'vitest';
import { clearingOrder, decide, winner, type DataKind, type RetentionFacts, type RetentionPolicyRecord } from '../../src/domain/retention.js';

const NOW = new Date('2027-01-31T00:00:00Z');
const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * 24 * 3600 * 1000);
const ALL: Partial<Record<DataKind, number>> = { RECORDING: 100, ORIGINAL_AUDIO: 80, PROCESSED_AUDIO: 4, FRAME_TRACKS: 10, EMBEDDINGS: 5, RESULTS: 15 };

function facts(changes: Partial<RetentionFacts> = {}): RetentionFacts {
  return { recordingId: 'rec_1', createdAt: daysAgo(100), lastAnalyzedAt: daysAgo(100), restoredAt: null, tags: [], label: 'neutral', review: 'NONE', isHeld: false, isBusy: false, bytes: ALL, archived: {}, ...changes };
}
function policy(changes: Partial<RetentionPolicyRecord> = {}): RetentionPolicyRecord {
  return { id: 'rtn_1', workspaceId: 'ws', name: 'p', kind: 'RECORDING', action: 'ARCHIVE_AND_DELETE', keepDays: 30, keepDaysWhenShort: null, priority: 0, isEnabled: true, tags: [], labels: [], reviewStates: [], appliesFrom: null, createdAt: NOW, updatedAt: NOW, ...changes };
}
const kinds = (policies: readonly RetentionPolicyRecord[], about: RetentionFacts = facts()): string[] => decide(policies, about, NOW).map(({ kind }) => kind);

describe('retention', () => {
  it('keeps everything without a policy, and what is held or in work whatever the policies say', () => {
    expect(kinds([])).toEqual([]);
    expect(kinds([policy()])).toEqual(['RECORDING']);
    expect(kinds([policy()], facts({ isHeld: true }))).toEqual([]);
    expect(kinds([policy()], facts({ isBusy: true }))).toEqual([]);
  });

  it('counts days from the upload, or for what an analysis made from the last analysis', () => {
    expect(kinds([policy({ keepDays: 100 })])).toEqual(['RECORDING']);
    expect(kinds([policy({ keepDays: 101 })])).toEqual([]);
    const analysedYesterday = facts({ lastAnalyzedAt: daysAgo(1) });
    expect(kinds([policy(), policy({ id: 'rtn_2', kind: 'ORIGINAL_AUDIO' })], analysedYesterday)).toEqual(['ORIGINAL_AUDIO']);
  });

  it('leaves what came back from an archive for as many days as if it were new', () => {
    expect(kinds([policy()], facts({ restoredAt: daysAgo(29) }))).toEqual([]);
    expect(kinds([policy()], facts({ restoredAt: daysAgo(30) }))).toEqual(['RECORDING']);
  });

  it('lets the policy with the higher priority decide, then the one with more conditions, then the one that keeps longer', () => {
    const long = policy({ id: 'rtn_2', keepDays: 500 });
    const tagged = policy({ id: 'rtn_3', tags: ['vip'], keepDays: 10 });
    const first = policy({ id: 'rtn_4', priority: 5, action: 'KEEP' });
    const about = facts({ tags: ['vip'] });
    expect(winner([policy(), long], about, 'RECORDING')!.id).toBe('rtn_2');
    expect(winner([policy(), long, tagged], about, 'RECORDING')!.id).toBe('rtn_3');
    expect(winner([policy(), long, tagged, first], about, 'RECORDING')!.id).toBe('rtn_4');
    expect(winner([policy(), long, tagged, first].reverse(), about, 'RECORDING')!.id).toBe('rtn_4');
    expect(winner([{ ...first, isEnabled: false }, policy()], about, 'RECORDING')!.id).toBe('rtn_1');
  });

  it('matches by tag, verdict and state of review, and leaves alone what was there before the policy', () => {
    expect(kinds([policy({ tags: ['a', 'b'] })], facts({ tags: ['b'] }))).toEqual(['RECORDING']);
    expect(kinds([policy({ tags: ['a'] })], facts({ tags: ['b'] }))).toEqual([]);
    expect(kinds([policy({ labels: ['angry'] })])).toEqual([]);
    expect(kinds([policy({ labels: ['angry'] })], facts({ label: null }))).toEqual([]);
    expect(kinds([policy({ reviewStates: ['RESOLVED'] })], facts({ review: 'RESOLVED' }))).toEqual(['RECORDING']);
    expect(kinds([policy({ reviewStates: ['RESOLVED'] })])).toEqual([]);
    expect(kinds([policy({ appliesFrom: daysAgo(50) })])).toEqual([]);
    expect(kinds([policy({ appliesFrom: daysAgo(150) })])).toEqual(['RECORDING']);
  });

  it('keeps a whole while one of its parts has a policy that still keeps it, and lists no part beside its whole', () => {
    const results = (changes: Partial<RetentionPolicyRecord>) => policy({ id: 'rtn_2', kind: 'RESULTS', ...changes });
    expect(kinds([policy(), results({})])).toEqual(['RECORDING']);
    expect(kinds([policy(), results({ keepDays: 3650 })])).toEqual([]);
    expect(kinds([policy(), results({ action: 'KEEP' })])).toEqual([]);
    expect(kinds([policy(), results({ keepDays: 3650 }), policy({ id: 'rtn_3', kind: 'ORIGINAL_AUDIO' })])).toEqual(['ORIGINAL_AUDIO']);
    expect(kinds([policy(), results({ keepDays: 3650 })], facts({ bytes: { RECORDING: 1, ORIGINAL_AUDIO: 1 } }))).toEqual(['RECORDING']);
  });

  it('deletes no whole without an archive while a part of it is meant for one', () => {
    const tracks = policy({ id: 'rtn_2', kind: 'FRAME_TRACKS', action: 'ARCHIVE_AND_DELETE' });
    expect(kinds([policy({ action: 'DELETE' }), tracks])).toEqual(['FRAME_TRACKS']);
    expect(kinds([policy({ action: 'DELETE' }), tracks], facts({ bytes: { RECORDING: 1, RESULTS: 1 } }))).toEqual(['RECORDING']);
    expect(kinds([policy(), tracks])).toEqual(['RECORDING']);
  });

  it('archives a copy once, and again when there is something newer', () => {
    const copy = policy({ action: 'ARCHIVE' });
    expect(kinds([copy])).toEqual(['RECORDING']);
    expect(kinds([copy], facts({ archived: { RECORDING: daysAgo(20) } }))).toEqual([]);
    expect(kinds([copy], facts({ archived: { RECORDING: daysAgo(120) } }))).toEqual(['RECORDING']);
  });

  it('makes room first by what needs no archive, then by precedence, and never by what deletes nothing', () => {
    const policies = [
      policy({ id: 'archived', priority: 9 }), policy({ id: 'outright', action: 'DELETE' }), policy({ id: 'tagged', action: 'DELETE', tags: ['vip'] }), policy({ id: 'first', action: 'DELETE', priority: 5 }),
      policy({ id: 'kept', action: 'KEEP' }), policy({ id: 'copied', action: 'ARCHIVE' }), policy({ id: 'off', action: 'DELETE', isEnabled: false }),
    ];
    expect(clearingOrder(policies).map(({ id }) => id)).toEqual(['first', 'tagged', 'outright', 'archived']);
  });
});
