import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAnalysisRepository } from '../../src/db/analysis.repository.js';
import { createRecordingRepository } from '../../src/db/recording.repository.js';
import type { Transaction } from '../../src/db/database.js';
import { createReviewRepository } from '../../src/db/review.repository.js';
import type { NewReviewItem, ReviewRepository } from '../../src/db/review-repositories.js';
import { newId } from '../../src/domain/ids.js';
import { DEFAULT_REVIEW_POLICY, reason, type ReviewSubject } from '../../src/domain/review-policy.js';
import type { ReviewDecisionRecord } from '../../src/domain/review.js';
import { newItem } from '../../src/services/review-intake.js';
import { anOutcome, aSegment } from '../support/outcome.js';
import { aRecording } from '../support/rows.js';
import type { TestDatabase } from '../support/test-database.js';

/** Where items are kept, and one finished analysis with three judged segments in it. */
export interface ReviewWorld {
  readonly reviews: ReviewRepository;
  readonly workspaceId: string;
  readonly analysisId: string;
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  dispose(): Promise<void>;
}

const NOW = new Date('2026-01-01T10:00:00Z');
const LATER = new Date('2026-01-01T11:00:00Z');
const PAGE = { first: 10, after: null };

export function reviewCases(open: () => Promise<ReviewWorld>): void {
  describe('review items', () => {
    let world: ReviewWorld;
    let subject: ReviewSubject;
    beforeAll(async () => {
      world = await open();
      subject = (await world.reviews.subject(world.workspaceId, world.analysisId))!;
    });
    afterAll(() => world.dispose());
    const item = (segment: number | null, priority = 40, changes: Partial<NewReviewItem> = {}): NewReviewItem =>
      ({ ...newItem(subject, segment === null ? subject.whole : subject.segments[segment]!, { isBlind: false, requiredCount: 1 }, [reason('LOW_CONFIDENCE', NOW, 'unsure', { value: 0.3, limit: 0.5 })], priority), ...changes });
    const insert = (...items: NewReviewItem[]) => world.transaction((tx) => world.reviews.insert(tx, items));
    const list = async (filter = {}, keyId = 'ann') => (await world.reviews.list(world.workspaceId, PAGE, filter, { keyId, now: NOW })).items.map(({ id }) => id);
    const decision = (reviewId: string, keyId: string, changes: Partial<ReviewDecisionRecord> = {}): ReviewDecisionRecord =>
      ({ id: newId('reviewDecision'), reviewId, keyId, keyName: keyId, kind: 'ANSWER', label: 'sad', isFreeLabel: false, isFinal: false, sawModelAnswer: true, note: null, spentSeconds: 3.5, createdAt: NOW, undoneAt: null, undoneBy: null, ...changes });
    const claim = (reviewId: string, keyId: string, expiresAt: Date) => world.transaction((tx) => world.reviews.putClaim(tx, world.workspaceId, { reviewId, keyId, keyName: keyId, claimedAt: NOW, expiresAt }));
    const [low, high, whole] = ['low', 'high', 'whole'].map(() => newId('review')) as [string, string, string];

    it('are about what a finished analysis found', async () => {
      expect(subject).toMatchObject({ workspaceId: world.workspaceId, analysisId: world.analysisId, whole: { segmentId: null, startSeconds: 0, abstained: false } });
      expect(subject.segments.map(({ label, agreement }) => [typeof label, agreement])).toEqual([['string', null], ['string', null], ['string', null]]);
      expect(subject.labels.length).toBeGreaterThan(1);
      expect(await world.reviews.analysisOfSegment(world.workspaceId, subject.segments[1]!.segmentId!)).toBe(world.analysisId);
      expect([await world.reviews.subject('ws_other', world.analysisId), await world.reviews.analysisOfSegment('ws_other', subject.segments[1]!.segmentId!)]).toEqual([null, null]);
      expect(await world.transaction((tx) => world.reviews.lockRecording(tx, world.workspaceId, subject.recordingId))).toBe(true);
      expect(await world.transaction((tx) => world.reviews.lockRecording(tx, 'ws_other', subject.recordingId))).toBe(false);
    });

    it('are one for each segment and one for the whole, however often they are made', async () => {
      expect(await insert(item(0, 40, { id: low }), item(1, 80, { id: high }))).toEqual(new Set([low, high]));
      expect(await insert(item(0), item(null, 20, { id: whole }))).toEqual(new Set([whole]));
      expect(await world.reviews.findById(world.workspaceId, low)).toMatchObject({ ...item(0, 40, { id: low }), status: 'PENDING', answerCount: 0, wasShown: false, claims: [], decisions: [], label: null, settledAt: null });
      expect(await world.reviews.findById('ws_other', low)).toBeNull();
      expect((await world.transaction((tx) => world.reviews.findOfSubject(tx, world.workspaceId, world.analysisId)))!.id).toBe(whole);
      expect((await world.reviews.forAnalyses(world.workspaceId, [world.analysisId])).map(({ id }) => id)).toContain(whole);
    });

    it('are listed by priority, page by page, and found by what is asked of them', async () => {
      expect(await list()).toEqual([high, low, whole]);
      const first = await world.reviews.list(world.workspaceId, { first: 2, after: null }, {}, { keyId: 'ann', now: NOW });
      expect(first).toMatchObject({ hasNextPage: true, totalCount: 3 });
      expect((await world.reviews.list(world.workspaceId, { first: 2, after: first.cursors[1]! }, {}, { keyId: 'ann', now: NOW })).items.map(({ id }) => id)).toEqual([whole]);
      await expect(world.reviews.list(world.workspaceId, { first: 2, after: 'x' }, {}, { keyId: 'ann', now: NOW })).rejects.toMatchObject({ code: 'BAD_CURSOR' });
      expect([await list({ minPriority: 40 }), await list({ reason: 'RULE' }), await list({ analysisId: 'ana_none' }), await list({ status: 'RESOLVED' })]).toEqual([[high, low], [], [], []]);
      expect([(await list({ reason: 'LOW_CONFIDENCE', recordingId: subject.recordingId })).length, (await list({ createdBefore: new Date(0) })).length, (await list({ createdAfter: new Date(0) })).length]).toEqual([3, 0, 3]);
    });

    it('are not free while others hold as many claims as there are places, and are again when a claim has expired', async () => {
      await claim(high, 'bob', LATER);
      await claim(low, 'bob', NOW);
      expect(await list({ isClaimable: true })).toEqual([low, whole]);
      expect(await list({ isClaimable: false })).toEqual([high]);
      expect([await list({ claimedBy: 'bob' }), await list({ isClaimable: true }, 'bob')]).toEqual([[high], [high, low, whole]]);
      expect(await world.reviews.nextFree(world.workspaceId, {}, { keyId: 'bob', now: NOW }, 10)).toEqual([low, whole]);
      await claim(high, 'bob', new Date(LATER.getTime() + 1));
      expect((await world.reviews.findById(world.workspaceId, high))!.claims).toEqual([{ reviewId: high, keyId: 'bob', keyName: 'bob', claimedAt: NOW, expiresAt: new Date(LATER.getTime() + 1) }]);
      expect(await world.transaction((tx) => world.reviews.deleteClaims(tx, high, 'ann'))).toBe(0);
      expect(await world.transaction((tx) => world.reviews.deleteClaims(tx, high, null))).toBe(1);
      await world.transaction((tx) => world.reviews.setState(tx, whole, { assigneeKeyIds: ['ann'] }));
      expect(await world.reviews.nextFree(world.workspaceId, {}, { keyId: 'ann', now: NOW }, 2)).toEqual([whole, high]);
      expect([await list({ assignedTo: 'ann' }), await list({ isClaimable: true }, 'bob')]).toEqual([[whole], [high, low]]);
    });

    it('keep what was said, and what was taken back with who did', async () => {
      const [first, second] = [decision(low, 'ann', { note: 'x' }), decision(low, 'bob', { createdAt: LATER, label: 'grief', isFreeLabel: true })];
      await world.transaction(async (tx) => {
        await world.reviews.insertDecision(tx, world.workspaceId, first);
        await world.reviews.insertDecision(tx, world.workspaceId, second);
        await world.reviews.undoDecision(tx, first.id, LATER, 'boss');
      });
      expect((await world.transaction((tx) => world.reviews.findForUpdate(tx, world.workspaceId, low)))!.decisions).toEqual([{ ...first, undoneAt: LATER, undoneBy: 'boss' }, second]);
      expect(await list({ isClaimable: true })).toContain(low);
      expect(await list({ isClaimable: true }, 'bob')).not.toContain(low);
    });

    it('that are blind are not found by their reason by those who have not answered', async () => {
      await world.transaction((tx) => world.reviews.setState(tx, low, { isBlind: true }));
      expect([await list({ reason: 'LOW_CONFIDENCE' }), await list({ reason: 'LOW_CONFIDENCE' }, 'bob')]).toEqual([[high, whole], [high, low, whole]]);
      expect(await list()).toContain(low);
    });

    it('once resolved, say what people said of segments and recordings', async () => {
      const settle = (id: string, label: string, settledAt: Date) => world.transaction((tx) => world.reviews.setState(tx, id, { status: 'RESOLVED', label, settledAt, settledBy: 'ann', answerCount: 1 }));
      await settle(low, 'sad', NOW);
      await world.transaction((tx) => world.reviews.insertDecision(tx, world.workspaceId, decision(whole, 'ann', { label: 'angry' })));
      await settle(whole, 'angry', LATER);
      await world.transaction((tx) => world.reviews.setState(tx, high, { status: 'DISMISSED', dismissReason: 'no', settledAt: LATER, settledBy: 'ann' }));
      expect(await world.reviews.segmentLabels(world.workspaceId, [world.analysisId])).toEqual(new Map([[subject.segments[0]!.segmentId, 'sad']]));
      expect(await world.reviews.segmentLabels('ws_other', [world.analysisId])).toEqual(new Map());
      const range = { after: null, before: null };
      expect(await world.reviews.recordingLabels(world.workspaceId, range)).toEqual([{ recordingId: subject.recordingId, label: 'angry', votes: { angry: 1 } }]);
      expect([await world.reviews.recordingLabels(world.workspaceId, { ...range, before: LATER }), await world.reviews.recordingLabels('ws_other', range)]).toEqual([[], []]);
    });

    it('that are settled are read in the order in which they were', async () => {
      const range = { after: null, before: null };
      const all = await world.reviews.settled(world.workspaceId, range, null, 10);
      expect(all.map(({ id }) => id)).toEqual([low, ...[high, whole].sort()]);
      expect((await world.reviews.settled(world.workspaceId, range, { settledAt: NOW, id: low }, 1)).map(({ id }) => id)).toEqual([all[1]!.id]);
      expect((await world.reviews.settled(world.workspaceId, { after: LATER, before: null }, null, 10)).map(({ id }) => id)).toEqual([high, whole].sort());
    });

    it('gather reasons', async () => {
      const reasons = [reason('LOW_CONFIDENCE', NOW, 'unsure'), reason('RULE', NOW, 'anger', { ruleId: 'rul_1', alertId: 'alr_1' })];
      await world.transaction((tx) => world.reviews.setState(tx, high, { status: 'PENDING', settledAt: null, reasons, priority: 90, requiredCount: 3 }));
      expect(await world.reviews.findById(world.workspaceId, high)).toMatchObject({ reasons, priority: 90, requiredCount: 3 });
      expect(await list({ reason: 'RULE' })).toEqual([high]);
    });

    it('follow a policy of the workspace, which is kept', async () => {
      expect(await world.reviews.policy(world.workspaceId)).toBeNull();
      for (const randomRate of [0.1, 0.2]) await world.transaction((tx) => world.reviews.savePolicy(tx, world.workspaceId, { ...DEFAULT_REVIEW_POLICY, randomRate }, 'boss', NOW));
      expect(await world.reviews.policy(world.workspaceId)).toEqual({ ...DEFAULT_REVIEW_POLICY, randomRate: 0.2 });
    });
  });
}

export function describeReviews(open: () => Promise<TestDatabase>): void {
  reviewCases(async () => databaseWorld(await open()));
}

async function databaseWorld(database: TestDatabase): Promise<ReviewWorld> {
  const { db } = database;
  const workspaceId = newId('workspace');
  await db.client.workspace.create({ data: { id: workspaceId, name: 'reviews' } });
  const { recording } = await db.transaction((tx) => createRecordingRepository(db).insertOrFind(tx, aRecording(workspaceId)));
  const analyses = createAnalysisRepository(db);
  const analysisId = newId('analysis');
  await db.transaction((tx) => analyses.insert(tx, { id: analysisId, workspaceId, recordingId: recording.id, modelId: 'starter', raw: false, speakersMode: 'none', idempotencyKey: null, requestDigest: null }));
  await analyses.begin(analysisId);
  await analyses.complete({ analysisId, outcome: anOutcome({ segments: [aSegment(0), aSegment(1), aSegment(2)] }), trackKey: `tracks/${analysisId}`, peaks: new Int8Array(2) });
  return { reviews: createReviewRepository(db), workspaceId, analysisId, transaction: (work) => db.transaction(work), dispose: () => database.dispose() };
}
