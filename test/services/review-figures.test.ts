import { describe, expect, it } from 'vitest';
import type { Principal } from '../../src/domain/principal.js';
import { createReviewFigures } from '../../src/services/review-figures.service.js';
import { fakeReviews, judged, reviewSubject } from '../support/fake-reviews.js';

const as = (keyId: string, role: Principal['role'] = 'analyst'): Principal => ({ keyId, keyName: keyId, workspaceId: 'ws_1', role });
const boss = as('boss', 'admin');

async function settled(count: number) {
  const world = fakeReviews();
  world.memory.subjects.push(reviewSubject(Array.from({ length: count }, (_, i) => judged(`seg_${String(i)}`, { label: 'sad' }))));
  for (let i = 0; i < count; i++) {
    const { id } = await world.service.enqueue(boss, { segmentId: `seg_${String(i)}`, requiredCount: 2, isBlind: i % 2 === 0 });
    for (const key of ['ann', 'bob']) await world.service.resolve(as(key), { id, label: i % 3 === 0 ? 'angry' : 'sad' });
    world.pass(1);
  }
  return world;
}

describe('figures of reviews', () => {
  it('are taken over all pages, by time, reason and whether the model was seen', async () => {
    const world = await settled(12);
    expect(await world.figures.agreement(as('eve', 'viewer'), {})).toMatchObject({ itemCount: 12, answerCount: 24, isComplete: true, alpha: { value: 1 }, pairs: [{ itemCount: 12, kappa: { value: 1 } }], model: { observed: 8 / 12 } });
    expect(await world.figures.agreement(boss, { unseenOnly: true })).toMatchObject({ itemCount: 6, answerCount: 12 });
    expect(await world.figures.agreement(boss, { reason: 'RULE' })).toMatchObject({ itemCount: 0 });
    expect(await world.figures.agreement(boss, { after: new Date('2026-01-01T10:04:00Z'), before: new Date('2026-01-01T10:07:00Z') })).toMatchObject({ itemCount: 3 });
    expect(await createReviewFigures(world.memory.repository, 5).agreement(boss, {})).toMatchObject({ isComplete: false });
    expect(await world.figures.agreement({ ...boss, workspaceId: 'ws_2' }, {})).toMatchObject({ itemCount: 0 });
  });

  it('leave out what is open, and what was dismissed', async () => {
    const world = await settled(2);
    world.memory.subjects.push(reviewSubject([judged('seg_x'), judged('seg_y')], { analysisId: 'ana_2' }));
    const { id: open } = await world.service.enqueue(boss, { segmentId: 'seg_x', requiredCount: 2 });
    await world.service.resolve(as('ann'), { id: open, label: 'happy' });
    const { id: dismissed } = await world.service.enqueue(boss, { segmentId: 'seg_y' });
    await world.service.dismiss(boss, dismissed, 'a test');
    expect(await world.figures.agreement(boss, {})).toMatchObject({ itemCount: 2 });
    const exported: string[] = [];
    for await (const page of world.figures.export(boss, { after: null, before: null })) exported.push(...page.map(({ id }) => id));
    expect([exported.length, exported.includes(open), exported.includes(dismissed)]).toEqual([3, false, true]);
  });

  it('refuse a range without anything in it before they begin', async () => {
    const world = await settled(1);
    const range = { after: new Date(1000), before: new Date(1000) };
    expect(() => world.figures.export(boss, range)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }) as Error);
    await expect(world.figures.agreement(boss, range)).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });
});
