import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { composeReviews, type ComposedReviews } from '../../src/compose-reviews.js';
import { createApiKeyRepository } from '../../src/db/api-key.repository.js';
import type { EventBus } from '../../src/domain/events.js';
import type { Principal } from '../../src/domain/principal.js';
import type { ReviewState } from '../../src/domain/retention.js';
import { createEventBus } from '../../src/services/event-bus.js';
import { addRecording, ADMIN, everythingOf, openWorld, type RetentionWorld } from '../support/retention-world.js';
import type { TestDatabase } from '../support/test-database.js';

const PAGE = { first: 50, after: null };

/** Everything about reviews that needs a database, on any PostgreSQL. */
export function reviewsSuite(engine: string, open: () => Promise<TestDatabase>): void {
  describe(`human review on ${engine}`, () => {
    let test: TestDatabase;
    let world: RetentionWorld;
    let reviews: ComposedReviews;
    let heard: EventBus;
    let me: Principal;
    let nextWorkspace = 1;
    const as = (keyId: string): Principal => ({ ...me, keyId, keyName: keyId, role: 'analyst' });
    beforeAll(async () => {
      test = await open();
      world = await openWorld(test.db, join(test.dataDir, 'data'));
      const events = (heard = createEventBus((error) => { throw error as Error; }));
      const facts = { put: () => Promise.resolve(), announce: (fact: Parameters<typeof events.publish>[0]) => events.publish(fact), deliver: () => Promise.resolve() };
      reviews = composeReviews({ database: test.db, keys: createApiKeyRepository(test.db), audit: world.retention.audit, facts, events, contradictions: null });
    });
    afterAll(() => test.dispose());
    beforeEach(async () => {
      me = { ...ADMIN, workspaceId: `ws_rev_${nextWorkspace++}` };
      await test.db.client.workspace.create({ data: { id: me.workspaceId, name: 'trial' } });
    });
    async function add(options: Parameters<typeof addRecording>[2] = {}) {
      const recordingId = await addRecording(world, me, options);
      const { id: analysisId, segments } = await test.db.client.analysis.findFirstOrThrow({ where: { recordingId }, include: { segments: { orderBy: { index: 'asc' } } } });
      return { recordingId, analysisId, segmentIds: segments.map(({ id }) => id) };
    }
    const counts = async () => Promise.all([test.db.client.reviewItem.count({ where: { workspaceId: me.workspaceId } }), test.db.client.reviewClaim.count({ where: { workspaceId: me.workspaceId } }), test.db.client.reviewDecision.count({ where: { workspaceId: me.workspaceId } })]);

    it('gives an item that twelve ask for at once to exactly one, and takes one of twelve answers', async () => {
      const { segmentIds } = await add();
      const { id } = await reviews.services.reviews.enqueue(me, { segmentId: segmentIds[0]! });
      const twelve = Array.from({ length: 12 }, (_, i) => as(`key_${String(i)}`));
      const claims = await Promise.allSettled(twelve.map((one) => reviews.services.reviews.claim(one, id)));
      expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const { id: second } = await reviews.services.reviews.enqueue(me, { segmentId: segmentIds[1]! });
      const answers = await Promise.allSettled(twelve.map((one) => reviews.services.reviews.resolve(one, { id: second, label: 'sad' })));
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await reviews.services.reviews.find(me, second)).toMatchObject({ status: 'RESOLVED', answerCount: 1 });
      expect(await counts()).toEqual([2, 1, 1]);
    });

    it('tells of each claim that ended exactly once, however many nodes look at once, and of none that runs', async () => {
      const told: (string | null)[] = [];
      const stop = heard.watch((event) => { if (event.kind === 'review.queue' && event.workspaceId === me.workspaceId) told.push(event.reviewId); });
      const ids: string[] = [];
      for (let i = 0; i < 4; i++) for (const segmentId of (await add()).segmentIds) ids.push((await reviews.services.reviews.enqueue(me, { segmentId })).id);
      for (const id of ids) await reviews.services.reviews.claim(as('ann'), id);
      const [kept, ...ended] = ids;
      const end = (reviewIds: readonly string[]) => test.db.client.reviewClaim.updateMany({ where: { reviewId: { in: [...reviewIds] } }, data: { expiresAt: new Date(Date.now() - 1) } });
      await end(ended);
      const free = await reviews.services.reviews.queue(as('bob'), PAGE, { isClaimable: true });
      expect([free.items.map(({ id }) => id).sort(), free.items.flatMap(({ claims }) => claims)]).toEqual([[...ended].sort(), []]);

      told.length = 0;
      const signal = new AbortController().signal;
      expect(await reviews.claims.expire(signal, true)).toEqual({ endedCount: ended.length });
      const counted = await Promise.all(Array.from({ length: 6 }, () => reviews.claims.expire(signal, false)));
      expect(counted.reduce((sum, { endedCount }) => sum + endedCount, 0)).toBe(ended.length);
      expect([...told].sort()).toEqual([...ended].sort());
      expect((await reviews.services.reviews.find(as('bob'), kept!))?.claims).toHaveLength(1);
      expect(await counts()).toEqual([ids.length, 1, 0]);
      stop();
    });

    it('says once that the whole queue is another one when very many claims of a workspace end together', async () => {
      for (let i = 0; i < 11; i++) for (const segmentId of (await add()).segmentIds) await reviews.services.reviews.claim(as('ann'), (await reviews.services.reviews.enqueue(me, { segmentId })).id);
      await test.db.client.reviewClaim.updateMany({ where: { workspaceId: me.workspaceId }, data: { expiresAt: new Date(0) } });
      const told: (string | null)[] = [];
      const stop = heard.watch((event) => { if (event.kind === 'review.queue' && event.workspaceId === me.workspaceId) told.push(event.reviewId); });
      expect(await reviews.claims.expire(new AbortController().signal, false)).toEqual({ endedCount: 22 });
      expect(told).toEqual([null]);
      stop();
    });

    it('hands ten people who ask for the next at once ten different items', async () => {
      for (let i = 0; i < 5; i++) for (const segmentId of (await add()).segmentIds) await reviews.services.reviews.enqueue(me, { segmentId });
      const got = await Promise.all(Array.from({ length: 10 }, (_, i) => reviews.services.reviews.claimNext(as(`key_${String(i)}`), {})));
      expect(new Set(got.map((item) => item!.id)).size).toBe(10);
      expect(await reviews.services.reviews.claimNext(as('late'), {})).toBeNull();
    });

    it('makes the items of an analysis once, however many look at it at once, and never for one that is gone', async () => {
      const { analysisId, recordingId } = await add();
      await reviews.services.reviews.setPolicy(me, { randomRate: 1 });
      const looks = await Promise.all(Array.from({ length: 4 }, () => reviews.intake.consider(me.workspaceId, analysisId)));
      expect(looks.reduce((sum, { newCount }) => sum + newCount, 0)).toBe(2);
      expect((await reviews.services.reviews.queue(me, PAGE, { reason: 'RANDOM_SAMPLE' })).totalCount).toBe(2);
      await world.recordingService.delete(me, recordingId, 'test');
      expect([await reviews.intake.consider(me.workspaceId, analysisId), await counts()]).toEqual([{ newCount: 0 }, [0, 0, 0]]);
    });

    it('leaves every answer of the model as it was', async () => {
      const { recordingId, analysisId, segmentIds } = await add();
      const before = await everythingOf(world, me.workspaceId, recordingId);
      for (const input of [{ analysisId }, { segmentId: segmentIds[0]! }]) {
        const { id } = await reviews.services.reviews.enqueue(me, input);
        await reviews.services.reviews.resolve(as('ann'), { id, freeLabel: 'grief' });
      }
      expect(await everythingOf(world, me.workspaceId, recordingId)).toBe(before);
    });

    it('says of each recording whether it is reviewed, and policies of retention go by it', async () => {
      const [none, pending, resolved] = [await add({ ageDays: 40 }), await add({ ageDays: 40 }), await add({ ageDays: 40 })];
      await reviews.services.reviews.enqueue(me, { segmentId: pending.segmentIds[0]! });
      const done = await reviews.services.reviews.enqueue(me, { analysisId: resolved.analysisId });
      await reviews.services.reviews.resolve(as('ann'), { id: done.id, label: 'sad' });
      const due = async (state: ReviewState): Promise<number> => {
        const asked = await world.retention.services.retention.setPolicy(me, { name: state, kind: 'RECORDING', action: 'DELETE', keepDays: 30, includeExisting: true, reviewStates: [state], isEnabled: true });
        const { policies } = (asked as { readonly preview: { readonly policies: readonly { readonly recordingCount: number; readonly policy: { readonly name: string } }[] } }).preview;
        return policies.find(({ policy }) => policy.name === state)?.recordingCount ?? 0;
      };
      expect([await due('NONE'), await due('PENDING'), await due('RESOLVED')]).toEqual([1, 1, 1]);
      await reviews.services.reviews.enqueue(me, { segmentId: resolved.segmentIds[0]! });
      expect([await due('PENDING'), await due('RESOLVED')]).toEqual([2, 0]);
      const { items } = await reviews.services.reviews.queue(me, PAGE, { recordingId: pending.recordingId });
      await reviews.services.reviews.dismiss(me, items[0]!.id, 'a test');
      expect([await due('NONE'), none.recordingId]).toEqual([2, none.recordingId]);
    });

    it("are all that a reviewer's key reaches of what the model said: recordings are not searched by label with it", async () => {
      await add();
      const reviewer: Principal = { ...as('ann'), scopes: ['reviews:read', 'reviews:write', 'recordings:read'] };
      const order = { field: 'createdAt', direction: 'desc' } as const;
      expect((await world.recordingService.list(reviewer, PAGE, {}, order)).totalCount).toBe(1);
      await expect(world.recordingService.list(reviewer, PAGE, { label: 'happy' }, order)).rejects.toMatchObject({ code: 'FORBIDDEN', details: { neededScope: 'analyses:read' } });
      expect((await world.recordingService.list(me, PAGE, { label: 'nothing' }, order)).totalCount).toBe(0);
      expect((await reviews.services.reviews.queue(reviewer, PAGE, {})).totalCount).toBe(0);
    });

    it('come back from an archive with their claims, answers and reasons', async () => {
      const { recordingId, segmentIds, analysisId } = await add({ ageDays: 40 });
      const open = await reviews.services.reviews.enqueue(me, { segmentId: segmentIds[0]!, note: 'odd', requiredCount: 2 });
      await reviews.services.reviews.resolve(as('ann'), { id: open.id, label: 'sad', note: 'tears' });
      await reviews.services.reviews.undo(as('ann'), open.id, null);
      await reviews.services.reviews.resolve(as('ann'), { id: open.id, freeLabel: 'grief' });
      await reviews.services.reviews.claim(as('bob'), open.id);
      const before = await reviews.services.reviews.forAnalyses(as('bob'), [analysisId]);
      const rows = await counts();
      const input = { name: 'p', kind: 'RECORDING', action: 'ARCHIVE_AND_DELETE', keepDays: 30, includeExisting: true } as const;
      const asked = await world.retention.services.retention.setPolicy(me, input);
      await world.retention.services.retention.setPolicy(me, { ...input, confirmation: (asked as { readonly confirmation: string }).confirmation });
      expect(await world.retention.services.retention.run(me, { isDryRun: false })).toMatchObject({ deletedRecordingCount: 1, problems: [] });
      expect(await counts()).toEqual([0, 0, 0]);
      const [archive] = (await world.retention.services.archives.list(me, PAGE)).items;
      expect(await world.retention.services.archives.restore(me, archive!.id, null)).toMatchObject({ restoredRecordingIds: [recordingId], refused: [] });
      expect([await reviews.services.reviews.forAnalyses(as('bob'), [analysisId]), await counts()]).toEqual([before, rows]);
      expect(before[0]).toMatchObject({ reasons: [{ kind: 'BY_HAND', message: 'odd' }], claimedUntil: expect.any(Date) as Date, answerCount: 1 });
    });

    it('feed evaluation sets with the newest answer about each whole recording, and rules with those about segments', async () => {
      const [one, two] = [await add(), await add()];
      const resolve = async (input: Parameters<typeof reviews.services.reviews.enqueue>[1], ...labels: string[]) => {
        const { id } = await reviews.services.reviews.enqueue(me, { ...input, requiredCount: labels.length });
        for (const [i, label] of labels.entries()) await reviews.services.reviews.resolve(as(`key_${String(i)}`), { id, label });
      };
      await resolve({ analysisId: one.analysisId }, 'sad', 'angry', 'sad');
      await resolve({ segmentId: two.segmentIds[0]! }, 'happy');
      expect(await reviews.resolved.listResolved(me.workspaceId, { after: null, before: null })).toEqual([{ recordingId: one.recordingId, label: 'sad', votes: { sad: 2, angry: 1 } }]);
      expect(await reviews.reviewed.forAnalyses(me.workspaceId, [one.analysisId, two.analysisId])).toEqual(new Map([[two.segmentIds[0], 'happy']]));
    });
  });
}
