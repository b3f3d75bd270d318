import { beforeEach, describe, expect, it } from 'vitest';
import type { Principal } from '../../src/domain/principal.js';
import type { ReviewQueueChange } from '../../src/services/review-contracts.js';
import { fakeReviews, judged, reviewSubject } from '../support/fake-reviews.js';

const as = (keyId: string, role: Principal['role'] = 'analyst', workspaceId = 'ws_1'): Principal => ({ keyId, keyName: `name of ${keyId}`, workspaceId, role });
const [ann, bob, boss, viewer] = [as('ann'), as('bob'), as('boss', 'admin'), as('eve', 'viewer')];
const PAGE = { first: 50, after: null };

describe('the review queue', () => {
  let world: ReturnType<typeof fakeReviews>;
  beforeEach(() => {
    world = fakeReviews();
    world.memory.subjects.push(reviewSubject([judged('seg_1', { confidence: 0.3 }), judged('seg_2', { label: 'sad', startSeconds: 2, endSeconds: 4 }), judged('seg_3', { label: null, confidence: null })]));
  });
  const enqueue = (input: Partial<Parameters<typeof world.service.enqueue>[1]> = {}) => world.service.enqueue(ann, { segmentId: 'seg_1', ...input });
  const ids = async (principal: Principal, filter = {}) => (await world.service.queue(principal, PAGE, filter)).items.map(({ segmentId }) => segmentId);

  it('takes what the policy names of a finished analysis, once however often it is told', async () => {
    await world.service.setPolicy(boss, { lowConfidenceBelow: 0.5 });
    expect([await world.intake.consider('ws_1', 'ana_1'), await world.intake.consider('ws_1', 'ana_1'), await world.intake.consider('ws_1', 'ana_none')]).toEqual([{ newCount: 1 }, { newCount: 0 }, { newCount: 0 }]);
    const { items: [item] } = await world.service.queue(viewer, PAGE, {});
    expect(item).toMatchObject({ segmentId: 'seg_1', analysisId: 'ana_1', status: 'PENDING', priority: 40, modelLabel: 'happy', modelConfidence: 0.3, requiredCount: 1, reasons: [{ kind: 'LOW_CONFIDENCE', value: 0.3, limit: 0.5 }] });
  });

  it('takes each segment that a rule fired on, and adds the reason to an item that is there', async () => {
    await enqueue({ note: 'odd' });
    const alert = { id: 'alr_1', workspaceId: 'ws_1', ruleId: 'rul_1', ruleName: 'Anger', severity: 'warning', analysisId: 'ana_1', recordingId: 'rec_1', segmentIds: ['seg_1', 'seg_2'], startSeconds: 0, endSeconds: 4 } as const;
    for (let time = 0; time < 2; time++) await world.memory.transaction((tx) => world.intake.ofRule(tx, { alert, input: { priority: 'high' } }));
    const { items } = await world.service.queue(ann, PAGE, {});
    expect(items.map(({ segmentId, priority, reasons }) => [segmentId, priority, reasons!.map(({ kind, message, alertId }) => [kind, message, alertId])])).toEqual([
      ['seg_1', 80, [['BY_HAND', 'odd', null], ['RULE', 'The rule “Anger” fired.', 'alr_1']]], ['seg_2', 80, [['RULE', 'The rule “Anger” fired.', 'alr_1']]],
    ]);
    await world.memory.transaction((tx) => world.intake.ofRule(tx, { alert: { ...alert, segmentIds: [] }, input: {} }));
    expect(await ids(ann, { reason: 'RULE' })).toEqual(['seg_1', 'seg_2', null]);
  });

  it('gives an item that two ask for at once to exactly one of them', async () => {
    const { id } = await enqueue();
    const results = await Promise.allSettled([world.service.claim(ann, id), world.service.claim(bob, id)]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find((one) => one.status === 'rejected')).toMatchObject({ reason: { code: 'CONFLICT', details: { until: '2026-01-01T10:30:00.000Z' } } });
  });

  it('gives as many places as answers are required, and no more', async () => {
    const { id } = await enqueue({ requiredCount: 2 });
    const claims = await Promise.allSettled(['a', 'b', 'c'].map((key) => world.service.claim(as(key), id)));
    expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  });

  it('frees an item whose claim has expired, and one that is given back', async () => {
    const { id } = await enqueue();
    await world.service.claim(ann, id);
    world.pass(29);
    await expect(world.service.resolve(bob, { id, label: 'sad' })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await world.service.claim(ann, id)).claimedUntil).toEqual(new Date('2026-01-01T10:59:00Z'));
    world.pass(31);
    expect((await world.service.claim(bob, id)).claims.map(({ keyId }) => keyId)).toEqual(['bob']);
    await expect(world.service.claim(ann, id)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(world.service.release(ann, id, 'bob')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await world.service.release(boss, id, 'bob');
    expect((await world.service.claim(ann, id)).claimedUntil).not.toBeNull();
  });

  it('hands out different items to those who ask for the next, own assignments first, and none twice', async () => {
    world.keys.set('bob', { id: 'bob', workspaceId: 'ws_1', name: 'bob', role: 'analyst', prefix: 'b', createdAt: new Date(0), expiresAt: null, lastUsedAt: null, revokedAt: null, scopes: [], allowedNetworks: [], previousSecretUntil: null });
    const first = await enqueue({ priority: 90 });
    const second = await enqueue({ segmentId: 'seg_2', priority: 10, assigneeKeyIds: ['bob'] });
    const [forAnn, forBob] = await Promise.all([world.service.claimNext(ann, {}), world.service.claimNext(bob, {})]);
    expect([forAnn!.id, forBob!.id]).toEqual([first.id, second.id]);
    expect(await world.service.claimNext(as('carl'), {})).toBeNull();
    await world.service.skip(bob, second.id, 'not my language');
    expect(await world.service.claimNext(bob, {})).toBeNull();
  });

  it('refuses to assign to a key that is not there or cannot review, and others to claim what is assigned', async () => {
    const { id } = await enqueue();
    world.keys.set('eve', { id: 'eve', workspaceId: 'ws_1', name: 'eve', role: 'viewer', prefix: 'e', createdAt: new Date(0), expiresAt: null, lastUsedAt: null, revokedAt: null, scopes: [], allowedNetworks: [], previousSecretUntil: null });
    for (const key of ['nobody', 'eve']) await expect(world.service.assign(ann, id, [key])).rejects.toMatchObject({ code: 'BAD_INPUT', details: { field: 'keyIds' } });
    await world.service.claim(bob, id);
    expect(await world.service.assign(ann, id, ['oidc_ann'])).toMatchObject({ assigneeKeyIds: ['oidc_ann'], claims: [] });
    await expect(world.service.claim(bob, id)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await world.service.claim(as('oidc_ann'), id)).status).toBe('PENDING');
  });

  it('resolves with the last answer, keeps note and time, and tells the fact once', async () => {
    const { id } = await enqueue({ requiredCount: 2 });
    await world.service.claim(ann, id);
    world.pass(2);
    expect(await world.service.resolve(ann, { id, label: 'Sad', note: ' low voice ' })).toMatchObject({ status: 'PENDING', answerCount: 1, label: null, decisions: [{ label: 'sad', isFreeLabel: false, note: 'low voice', spentSeconds: 120, sawModelAnswer: true }] });
    expect(world.facts).toEqual([]);
    expect(await world.service.resolve(bob, { id, freeLabel: 'sad', spentSeconds: 7 })).toMatchObject({ status: 'RESOLVED', label: 'sad', settledBy: 'name of bob', isDisputed: false, decisions: [{ keyId: 'ann' }, { keyId: 'bob', spentSeconds: 7, isFreeLabel: false }], claims: [] });
    expect(world.facts).toEqual([{ kind: 'review.resolved', workspaceId: 'ws_1', reviewId: id, analysisId: 'ana_1' }]);
    await expect(world.service.resolve(as('carl'), { id, label: 'sad' })).rejects.toMatchObject({ code: 'CONFLICT', details: { status: 'RESOLVED' } });
  });

  it('takes one of two last answers that come at once', async () => {
    const { id } = await enqueue();
    const results = await Promise.allSettled([world.service.resolve(ann, { id, label: 'sad' }), world.service.resolve(bob, { id, label: 'angry' })]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await world.service.find(viewer, id))!.answerCount).toBe(1);
  });

  it('refuses a label that the model does not have with the nearest, and takes it as a free one', async () => {
    const { id } = await enqueue();
    await expect(world.service.resolve(ann, { id, label: 'anger' })).rejects.toMatchObject({ code: 'BAD_INPUT', message: expect.stringContaining('did you mean "angry"?') as string });
    await expect(world.service.resolve(ann, { id })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(world.service.resolve(ann, { id, label: 'sad', freeLabel: 'grief' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    expect(await world.service.resolve(ann, { id, freeLabel: 'grief' })).toMatchObject({ status: 'RESOLVED', label: 'grief', decisions: [{ isFreeLabel: true }] });
  });

  it("settles by an admin's last word, over a tie", async () => {
    const { id } = await enqueue({ requiredCount: 2 });
    await world.service.resolve(ann, { id, label: 'sad' });
    expect(await world.service.resolve(bob, { id, label: 'angry' })).toMatchObject({ status: 'PENDING', isDisputed: true });
    await expect(world.service.resolve(as('carl'), { id, label: 'angry', isFinal: true })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await world.service.resolve(boss, { id, label: 'neutral', isFinal: true })).toMatchObject({ status: 'RESOLVED', label: 'neutral', settledBy: 'name of boss' });
  });

  it('opens an item again when an answer is taken back, and tells of the next resolution anew', async () => {
    const { id } = await enqueue();
    await world.service.resolve(ann, { id, label: 'sad' });
    await expect(world.service.undo(bob, id, null)).rejects.toMatchObject({ code: 'CONFLICT' });
    const undone = await world.service.undo(ann, id, null);
    expect(undone).toMatchObject({ status: 'PENDING', label: null, answerCount: 0, settledAt: null, settledBy: null, decisions: [{ label: 'sad', undoneBy: 'name of ann' }] });
    expect(await world.service.resolve(ann, { id, label: 'angry' })).toMatchObject({ status: 'RESOLVED', label: 'angry' });
    expect(world.facts).toHaveLength(2);
  });

  it("lets admins take back anybody's answer by its id, and nobody else", async () => {
    const { id } = await enqueue();
    const { decisions: [decision] } = await world.service.resolve(ann, { id, label: 'sad' });
    await expect(world.service.undo(bob, id, decision!.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await world.service.undo(boss, id, decision!.id)).toMatchObject({ status: 'PENDING' });
    await expect(world.service.undo(boss, id, decision!.id)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('dismisses with a reason, and puts back what was dismissed', async () => {
    const { id } = await enqueue();
    await world.service.claim(ann, id);
    await expect(world.service.dismiss(bob, id, ' ')).rejects.toMatchObject({ code: 'BAD_INPUT' });
    expect(await world.service.dismiss(bob, id, 'a test call')).toMatchObject({ status: 'DISMISSED', dismissReason: 'a test call', settledBy: 'name of bob', claims: [] });
    await expect(world.service.dismiss(bob, id, 'again')).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await ids(ann)).toEqual([]);
    expect(await ids(ann, { status: 'DISMISSED' })).toEqual(['seg_1']);
    expect(await world.service.undo(ann, id, null)).toMatchObject({ status: 'PENDING', dismissReason: null, settledAt: null });
  });

  it('opens a settled item again where more answers are asked for by hand', async () => {
    const { id } = await enqueue();
    await world.service.resolve(ann, { id, label: 'sad' });
    expect(await enqueue()).toMatchObject({ id, status: 'RESOLVED', label: 'sad' });
    expect(await enqueue({ requiredCount: 2, note: 'a second ear' })).toMatchObject({ id, status: 'PENDING', label: null, answerCount: 1, requiredCount: 2 });
    expect(await world.service.resolve(bob, { id, label: 'sad' })).toMatchObject({ status: 'RESOLVED', label: 'sad', answerCount: 2 });
  });

  it('refuses what is not there, is of another workspace, or names two things at once', async () => {
    const { id } = await enqueue();
    const other = as('other', 'admin', 'ws_2');
    for (const input of [{ segmentId: 'seg_none' }, { segmentId: null, analysisId: 'ana_none' }]) await expect(enqueue(input)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(enqueue({ analysisId: 'ana_1' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    for (const call of [() => world.service.claim(other, id), () => world.service.resolve(other, { id, label: 'sad' }), () => world.service.undo(other, id, null), () => world.service.enqueue(other, { segmentId: 'seg_1' })]) await expect(call()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect([await world.service.find(other, id), await ids(other)]).toEqual([null, []]);
  });

  it('lets viewers read and nothing else, and analysts not change the policy', async () => {
    const { id } = await enqueue();
    for (const call of [() => world.service.claim(viewer, id), () => world.service.claimNext(viewer, {}), () => world.service.resolve(viewer, { id, label: 'sad' }), () => world.service.skip(viewer, id, null), () => world.service.dismiss(viewer, id, 'x'), () => world.service.assign(viewer, id, []), () => world.service.release(viewer, id, null), () => world.service.undo(viewer, id, null), () => world.service.enqueue(viewer, { segmentId: 'seg_1' }), () => world.service.setPolicy(ann, {})]) {
      await expect(call()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
    expect(await ids(viewer)).toEqual(['seg_1']);
  });

  it('keeps what a change of the policy does not name, and takes null for never', async () => {
    expect(await world.service.setPolicy(boss, { lowConfidenceBelow: 0.4, randomRate: 0.05, isBlind: true })).toMatchObject({ lowConfidenceBelow: 0.4, contradictionBelow: 0.2, randomRate: 0.05, isBlind: true });
    expect(await world.service.setPolicy(boss, { lowConfidenceBelow: null, randomRate: null })).toMatchObject({ lowConfidenceBelow: null, randomRate: 0.05, isBlind: true });
    await expect(world.service.setPolicy(boss, { randomRate: 2 })).rejects.toMatchObject({ code: 'BAD_INPUT', details: { field: 'randomRate' } });
    expect(await world.service.policy(as('other', 'viewer', 'ws_2'))).toMatchObject({ randomRate: 0, isBlind: false });
  });

  it('writes down who claimed, answered and took back, without what was said', async () => {
    const { id } = await enqueue();
    await world.service.claim(ann, id);
    await world.service.claim(ann, id);
    await world.service.resolve(ann, { id, label: 'sad', note: 'private' });
    await world.service.undo(ann, id, null);
    expect(world.audited.map(({ action, subjectId, by }) => [action, subjectId, by])).toEqual(['review.enqueued', 'review.claimed', 'review.answered', 'review.undone'].map((action) => [action, id, 'name of ann']));
    expect(JSON.stringify(world.audited)).not.toMatch(/sad|private/);
  });
});

describe('who watches the review queue', () => {
  function watch(principal: Principal) {
    const world = fakeReviews();
    world.memory.subjects.push(reviewSubject([judged('seg_1', { confidence: 0.3 }), judged('seg_2', { confidence: 0.2 })]));
    const leaving = new AbortController();
    const changes = world.service.changes(principal, leaving.signal)[Symbol.asyncIterator]();
    /** The first change that `act` makes. */
    const seenOf = async (act: () => unknown) => {
      const next = changes.next();
      await act();
      return (await next).value as ReviewQueueChange;
    };
    return { ...world, seenOf, leaving, changes };
  }

  it('is told of each item that comes in, is claimed and is settled, as it is then, and how many wait', async () => {
    const { service, seenOf, leaving, changes } = watch(viewer);
    const { item, pendingCount } = await seenOf(() => service.enqueue(ann, { segmentId: 'seg_1' }));
    expect([item!.status, pendingCount]).toEqual(['PENDING', 1]);
    expect((await seenOf(() => service.claim(ann, item!.id))).item!.claims).toMatchObject([{ keyId: 'ann' }]);
    expect(await seenOf(() => service.resolve(ann, { id: item!.id, label: 'sad' }))).toMatchObject({ item: { status: 'RESOLVED', label: 'sad' }, pendingCount: 0 });
    expect(await seenOf(() => service.undo(ann, item!.id, null))).toMatchObject({ item: { status: 'PENDING' }, pendingCount: 1 });
    const end = changes.next();
    leaving.abort();
    expect(await end).toEqual({ done: true, value: undefined });
  });

  it('reads the queue again where an analysis brought several items, a recording went, or something was missed', async () => {
    const { service, intake, events, seenOf } = watch(viewer);
    await service.setPolicy(boss, { lowConfidenceBelow: 0.5 });
    for (const act of [() => intake.consider('ws_1', 'ana_1'), () => events.publish({ kind: 'recording.deleted', workspaceId: 'ws_1', recordingId: 'rec_1' }), () => events.relay({ kind: 'events.missed' }, null)]) {
      expect(await seenOf(act)).toEqual({ item: null, pendingCount: 2 });
    }
  });

  it('hears of no other workspace, sees no more than in the queue, and needs to be let in', async () => {
    const { service, events, seenOf } = watch(viewer);
    expect(await seenOf(() => {
      events.publish({ kind: 'review.queue', workspaceId: 'ws_2', reviewId: null });
      events.publish({ kind: 'recording.deleted', workspaceId: 'ws_2', recordingId: 'rec_2' });
      return service.enqueue(ann, { segmentId: 'seg_1', isBlind: true });
    })).toMatchObject({ item: { isHidden: true, modelLabel: null, reasons: null }, pendingCount: 1 });
    await expect(watch({ ...viewer, scopes: ['recordings:read'] }).changes.next()).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('a blind review', () => {
  let world: ReturnType<typeof fakeReviews>;
  let id: string;
  beforeEach(async () => {
    world = fakeReviews();
    world.memory.subjects.push(reviewSubject([judged('seg_1', { label: 'angry', confidence: 0.4321 })]));
    await world.service.setPolicy(boss, { isBlind: true, requiredCount: 2, lowConfidenceBelow: 0.5 });
    await world.intake.consider('ws_1', 'ana_1');
    id = (await world.service.queue(boss, PAGE, {})).items[0]!.id;
  });

  it('hides the answer of the model and of others until one has answered', async () => {
    await world.service.resolve(bob, { id, label: 'neutral' });
    const seen = (await world.service.find(ann, id))!;
    expect(seen).toMatchObject({ isHidden: true, reasons: null, modelLabel: null, modelConfidence: null, modelAbstained: null, decisions: [], isDisputed: false, answerCount: 1 });
    expect(JSON.stringify({ ...seen, labels: [] })).not.toMatch(/angry|0\.4321|LOW_CONFIDENCE|neutral/);
    expect(await world.service.find(bob, id)).toMatchObject({ isHidden: false, modelLabel: 'angry', modelConfidence: 0.4321 });
  });

  it('is not found by its reason by those from whom the reason is hidden', async () => {
    expect((await world.service.queue(ann, PAGE, { reason: 'LOW_CONFIDENCE' })).totalCount).toBe(0);
    await world.service.resolve(ann, { id, label: 'sad' });
    expect((await world.service.queue(ann, PAGE, { reason: 'LOW_CONFIDENCE' })).totalCount).toBe(1);
  });

  it('says of each answer whether the model was seen before it', async () => {
    await world.service.resolve(ann, { id, label: 'sad' });
    await world.service.undo(ann, id, null);
    const again = await world.service.resolve(ann, { id, label: 'angry' });
    expect(again.decisions.map(({ label, sawModelAnswer }) => [label, sawModelAnswer])).toEqual([['sad', false], ['angry', true]]);
    const settled = await world.service.resolve(bob, { id, label: 'angry' });
    expect(settled.decisions.at(-1)).toMatchObject({ keyId: 'bob', sawModelAnswer: false });
    await world.service.undo(bob, id, null);
    expect((await world.service.resolve(bob, { id, label: 'angry' })).decisions.at(-1)).toMatchObject({ sawModelAnswer: true });
  });
});
