import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { brokenAt } from '../../src/domain/audit.js';
import { openEmbeddedTestDatabase, type TestDatabase } from '../support/test-database.js';
import { ADMIN, addRecording, everythingOf, openWorld, type RetentionWorld } from '../support/retention-world.js';

const PAGE = { first: 100, after: null };

describe('legal holds and erasure', () => {
  let test: TestDatabase;
  let world: RetentionWorld;
  let me = ADMIN;
  let nextWorkspace = 1;
  beforeAll(async () => {
    test = await openEmbeddedTestDatabase();
    world = await openWorld(test.db, join(test.dataDir, 'data'));
  });
  afterAll(() => test.dispose());
  beforeEach(async () => {
    me = { ...ADMIN, workspaceId: `ws_${nextWorkspace++}` };
    await test.db.client.workspace.create({ data: { id: me.workspaceId, name: 'trial' } });
  });
  const everything = (id: string) => everythingOf(world, me.workspaceId, id);
  const hold = (input: object) => world.retention.services.holds.place(me, { reason: 'a court asks', ...input } as Parameters<typeof world.retention.services.holds.place>[1]);

  async function archiveAll(): Promise<string> {
    const input = { name: 'all', kind: 'RECORDING', action: 'ARCHIVE_AND_DELETE', keepDays: 0, includeExisting: true } as const;
    const asked = await world.retention.services.retention.setPolicy(me, input);
    if (!('confirmation' in asked)) throw new Error('it should ask first');
    await world.retention.services.retention.setPolicy(me, { ...input, confirmation: asked.confirmation });
    const { archiveIds } = await world.retention.services.retention.run(me, { isDryRun: false });
    return archiveIds[0]!;
  }

  it('keep a recording, a subject and what a query matched from policies, deletion, erasure and plain SQL', async () => {
    const [one, subject, query, free] = [await addRecording(world, me, { ageDays: 9 }), await addRecording(world, me, { ageDays: 9, externalId: 'p' }), await addRecording(world, me, { ageDays: 9, tags: ['case'] }), await addRecording(world, me, { ageDays: 9 })];
    const before = await Promise.all([one, subject, query].map(everything));
    await hold({ scope: 'RECORDING', recordingId: one });
    await hold({ scope: 'SUBJECT', externalId: 'p' });
    const byQuery = await hold({ scope: 'QUERY', filter: { tag: 'case' } });
    // It matched when the hold was placed: it stays held without its tag.
    await test.db.client.recording.update({ where: { id: query }, data: { tags: [] } });
    await test.db.client.recording.update({ where: { id: query }, data: { tags: ['case'] } });
    await archiveAll();
    expect(await everything(free)).toBeNull();
    for (const id of [one, subject, query]) await expect(world.recordingService.delete(me, id, 'please')).rejects.toMatchObject({ code: 'LEGAL_HOLD' });
    expect((await world.retention.services.erasures.eraseSubject(me, { externalId: 'p', reason: 'asked for' })).report).toMatchObject({ erasedRecordingIds: [], keptByHold: [{ recordingId: subject }] });
    for (const id of [one, subject, query]) await expect(test.db.client.recording.delete({ where: { id } })).rejects.toMatchObject({ code: 'LEGAL_HOLD' });
    await expect(test.db.client.analysis.deleteMany({ where: { recordingId: one } })).rejects.toMatchObject({ code: 'LEGAL_HOLD' });
    expect(await Promise.all([one, subject, query].map(everything))).toEqual(before);
    await world.retention.services.holds.release(me, byQuery.id, 'the case is over');
    await expect(world.retention.services.holds.release(me, byQuery.id, 'again')).rejects.toMatchObject({ code: 'CONFLICT' });
    await world.recordingService.delete(me, query, null);
    expect(await everything(query)).toBeNull();
  });

  it('refuse a hold without a reason, of another scope than what is given, and of what is not there', async () => {
    for (const bad of [{ scope: 'SUBJECT', externalId: 'p', reason: '' }, { scope: 'SUBJECT', recordingId: 'rec_1' }, { scope: 'QUERY', filter: {} }]) await expect(hold(bad)).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(hold({ scope: 'RECORDING', recordingId: 'rec_none' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(world.retention.services.holds.place({ ...me, role: 'analyst' }, { scope: 'SUBJECT', externalId: 'p', reason: 'a court asks' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('erase a subject live and in archives, so that no archive and no copy of the storage brings it back', async () => {
    const archived = await addRecording(world, me, { ageDays: 9, externalId: 'p' });
    const other = await addRecording(world, me, { ageDays: 9, externalId: 'q' });
    const othersBefore = await everything(other);
    const archiveId = await archiveAll();
    await world.retention.services.retention.deletePolicy(me, (await world.retention.services.retention.policies(me))[0]!.id);
    const live = await addRecording(world, me, { externalId: 'p' });
    const { blobKey } = await test.db.client.recording.findUniqueOrThrow({ where: { id: live } });
    const copy = await world.blobs.raw.readAll(blobKey);
    const tombstone = await world.retention.services.erasures.eraseSubject(me, { externalId: 'p', reason: 'asked for' });
    expect(tombstone.report).toMatchObject({ keptByHold: [], liveRecordingCount: 1, archiveIds: [archiveId] });
    expect([...tombstone.report.erasedRecordingIds].sort()).toEqual([archived, live].sort());
    expect(tombstone.hash).toMatch(/^[0-9a-f]{64}$/);
    await world.blobs.raw.write('tracks/copy', copy);
    await expect(world.blobs.readAll('tracks/copy')).rejects.toMatchObject({ code: 'ERASED' });
    const report = await world.retention.services.archives.restore(me, archiveId, null);
    expect(report).toMatchObject({ restoredRecordingIds: [other], refused: [{ recordingId: archived, code: 'ERASED' }] });
    expect([await everything(archived), await everything(other)]).toEqual([null, othersBefore]);
    expect((await world.retention.services.archives.verify(me, archiveId)).problems).toEqual([]);
    expect(JSON.stringify(await test.db.client.tombstone.findMany())).not.toContain('"p"');
  });

  it('find a changed archive out, and delete and restore nothing for it', async () => {
    const id = await addRecording(world, me, { ageDays: 9 });
    const archiveId = await archiveAll();
    const { blobKey } = await test.db.client.archive.findUniqueOrThrow({ where: { id: archiveId } });
    const good = await world.blobs.raw.readAll(blobKey!);
    for (const at of [600, Math.floor(good.length / 2), good.length - 700]) {
      const bad = Buffer.from(good);
      bad[at]! ^= 1;
      await world.blobs.raw.write(blobKey!, bad);
      expect((await world.retention.services.archives.verify(me, archiveId)).problems.length, `byte ${at}`).toBeGreaterThan(0);
    }
    await world.blobs.raw.write(blobKey!, good.subarray(0, good.length / 2));
    await expect(world.retention.services.archives.restore(me, archiveId, null)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    await world.blobs.raw.write(blobKey!, good);
    expect(await world.retention.services.archives.restore(me, archiveId, null)).toMatchObject({ restoredRecordingIds: [id] });
  });

  it('write everything down in a chain that shows every change', async () => {
    const id = await addRecording(world, me, { ageDays: 9 });
    const { id: holdId } = await hold({ scope: 'RECORDING', recordingId: id });
    await world.retention.services.holds.release(me, holdId, 'the case is over');
    await archiveAll();
    await Promise.all([1, 2, 3].map((n) => hold({ scope: 'SUBJECT', externalId: `p${n}` })));
    const { items } = await world.retention.services.audit.list(me, PAGE);
    const events = [...items].reverse();
    expect(events.map(({ action }) => action)).toEqual(['hold.placed', 'hold.released', 'policy.made', 'archive.written', 'archive.verified', 'retention.deleted', 'hold.placed', 'hold.placed', 'hold.placed']);
    expect(await world.retention.services.audit.verify(me)).toEqual({ checkedCount: 9, brokenAt: null });
    expect(brokenAt(events.map((event) => (event.sequence === 3 ? { ...event, reason: 'another' } : event)))).toBe(3);
    expect(brokenAt(events.filter((event) => event.sequence !== 4))).toBe(4);
    await expect(test.db.client.auditEvent.deleteMany({ where: { workspaceId: me.workspaceId } })).rejects.toThrow();
    await expect(world.retention.services.audit.list({ ...me, role: 'viewer' }, PAGE)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});
