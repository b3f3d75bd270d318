import { describe, expect, it } from 'vitest';
import { brokenAt } from '../../src/domain/audit.js';
import { retentionTrial } from '../support/retention-trial.js';
import { addRecording, everythingOf } from '../support/retention-world.js';

const PAGE = { first: 100, after: null };

describe('legal holds and erasure', () => {
  const trial = retentionTrial();
  const everything = (id: string) => everythingOf(trial.world, trial.me.workspaceId, id);
  const hold = (input: object) => trial.world.retention.services.holds.place(trial.me, { reason: 'a court asks', ...input } as Parameters<typeof trial.world.retention.services.holds.place>[1]);

  async function archiveAll(): Promise<string> {
    await trial.setPolicy({ name: 'all', keepDays: 0 });
    const { archiveIds } = await trial.world.retention.services.retention.run(trial.me, { isDryRun: false });
    return archiveIds[0]!;
  }

  it('keep a recording, a subject and what a query matched from policies, deletion, erasure and plain SQL', async () => {
    const [one, subject, query, free] = [await addRecording(trial.world, trial.me, { ageDays: 9 }), await addRecording(trial.world, trial.me, { ageDays: 9, externalId: 'p' }), await addRecording(trial.world, trial.me, { ageDays: 9, tags: ['case'] }), await addRecording(trial.world, trial.me, { ageDays: 9 })];
    const before = await Promise.all([one, subject, query].map(everything));
    await hold({ scope: 'RECORDING', recordingId: one });
    await hold({ scope: 'SUBJECT', externalId: 'p' });
    const byQuery = await hold({ scope: 'QUERY', filter: { tag: 'case' } });
    // It matched when the hold was placed: it stays held without its tag.
    await trial.db.client.recording.update({ where: { id: query }, data: { tags: [] } });
    await trial.db.client.recording.update({ where: { id: query }, data: { tags: ['case'] } });
    await archiveAll();
    expect(await everything(free)).toBeNull();
    for (const id of [one, subject, query]) await expect(trial.world.recordingService.delete(trial.me, id, 'please')).rejects.toMatchObject({ code: 'LEGAL_HOLD' });
    expect((await trial.world.retention.services.erasures.eraseSubject(trial.me, { externalId: 'p', reason: 'asked for' })).report).toMatchObject({ erasedRecordingIds: [], keptByHold: [{ recordingId: subject }] });
    for (const id of [one, subject, query]) await expect(trial.db.client.recording.delete({ where: { id } })).rejects.toMatchObject({ code: 'LEGAL_HOLD' });
    await expect(trial.db.client.analysis.deleteMany({ where: { recordingId: one } })).rejects.toMatchObject({ code: 'LEGAL_HOLD' });
    expect(await Promise.all([one, subject, query].map(everything))).toEqual(before);
    await trial.world.retention.services.holds.release(trial.me, byQuery.id, 'the case is over');
    await expect(trial.world.retention.services.holds.release(trial.me, byQuery.id, 'again')).rejects.toMatchObject({ code: 'CONFLICT' });
    await trial.world.recordingService.delete(trial.me, query, null);
    expect(await everything(query)).toBeNull();
  });

  it('refuse a hold without a reason, of another scope than what is given, and of what is not there', async () => {
    for (const bad of [{ scope: 'SUBJECT', externalId: 'p', reason: '' }, { scope: 'SUBJECT', recordingId: 'rec_1' }, { scope: 'QUERY', filter: {} }]) await expect(hold(bad)).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(hold({ scope: 'RECORDING', recordingId: 'rec_none' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(trial.world.retention.services.holds.place({ ...trial.me, role: 'analyst' }, { scope: 'SUBJECT', externalId: 'p', reason: 'a court asks' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('erase a subject live and in archives, so that no archive and no copy of the storage brings it back', async () => {
    const archived = await addRecording(trial.world, trial.me, { ageDays: 9, externalId: 'p' });
    const other = await addRecording(trial.world, trial.me, { ageDays: 9, externalId: 'q' });
    const othersBefore = await everything(other);
    const archiveId = await archiveAll();
    await trial.world.retention.services.retention.deletePolicy(trial.me, (await trial.world.retention.services.retention.policies(trial.me))[0]!.id);
    const live = await addRecording(trial.world, trial.me, { externalId: 'p' });
    const { blobKey } = await trial.db.client.recording.findUniqueOrThrow({ where: { id: live } });
    const copy = await trial.world.blobs.raw.readAll(blobKey);
    const tombstone = await trial.world.retention.services.erasures.eraseSubject(trial.me, { externalId: 'p', reason: 'asked for' });
    expect(tombstone.report).toMatchObject({ keptByHold: [], liveRecordingCount: 1, archiveIds: [archiveId] });
    expect([...tombstone.report.erasedRecordingIds].sort()).toEqual([archived, live].sort());
    expect(tombstone.hash).toMatch(/^[0-9a-f]{64}$/);
    await trial.world.blobs.raw.write('tracks/copy', copy);
    await expect(trial.world.blobs.readAll('tracks/copy')).rejects.toMatchObject({ code: 'ERASED' });
    const report = await trial.world.retention.services.archives.restore(trial.me, archiveId, null);
    expect(report).toMatchObject({ restoredRecordingIds: [other], refused: [{ recordingId: archived, code: 'ERASED' }] });
    expect([await everything(archived), await everything(other)]).toEqual([null, othersBefore]);
    expect((await trial.world.retention.services.archives.verify(trial.me, archiveId)).problems).toEqual([]);
    expect(JSON.stringify(await trial.db.client.tombstone.findMany())).not.toContain('"p"');
  });

  it('find a changed archive out, and delete and restore nothing for it', async () => {
    const id = await addRecording(trial.world, trial.me, { ageDays: 9 });
    const archiveId = await archiveAll();
    const { blobKey } = await trial.db.client.archive.findUniqueOrThrow({ where: { id: archiveId } });
    const good = await trial.world.blobs.raw.readAll(blobKey!);
    for (const at of [600, Math.floor(good.length / 2), good.length - 700]) {
      const bad = Buffer.from(good);
      bad[at]! ^= 1;
      await trial.world.blobs.raw.write(blobKey!, bad);
      expect((await trial.world.retention.services.archives.verify(trial.me, archiveId)).problems.length, `byte ${at}`).toBeGreaterThan(0);
    }
    await trial.world.blobs.raw.write(blobKey!, good.subarray(0, good.length / 2));
    await expect(trial.world.retention.services.archives.restore(trial.me, archiveId, null)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    await trial.world.blobs.raw.write(blobKey!, good);
    expect(await trial.world.retention.services.archives.restore(trial.me, archiveId, null)).toMatchObject({ restoredRecordingIds: [id] });
  });

  it('write everything down in a chain that shows every change', async () => {
    const id = await addRecording(trial.world, trial.me, { ageDays: 9 });
    const { id: holdId } = await hold({ scope: 'RECORDING', recordingId: id });
    await trial.world.retention.services.holds.release(trial.me, holdId, 'the case is over');
    await archiveAll();
    await Promise.all([1, 2, 3].map((n) => hold({ scope: 'SUBJECT', externalId: `p${n}` })));
    const { items } = await trial.world.retention.services.audit.list(trial.me, PAGE);
    const events = [...items].reverse();
    expect(events.map(({ action }) => action)).toEqual(['hold.placed', 'hold.released', 'policy.made', 'retention.requested', 'archive.written', 'archive.verified', 'retention.deleted', 'hold.placed', 'hold.placed', 'hold.placed']);
    expect(await trial.world.retention.services.audit.verify(trial.me)).toEqual({ checkedCount: 10, brokenAt: null });
    expect(brokenAt(events.map((event) => (event.sequence === 3 ? { ...event, reason: 'another' } : event)))).toBe(3);
    expect(brokenAt(events.filter((event) => event.sequence !== 4))).toBe(4);
    await expect(trial.db.client.auditEvent.deleteMany({ where: { workspaceId: trial.me.workspaceId } })).rejects.toThrow();
    await expect(trial.world.retention.services.audit.list({ ...trial.me, role: 'viewer' }, PAGE)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});
