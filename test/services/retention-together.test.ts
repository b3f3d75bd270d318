import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RetentionReport } from '../../src/services/retention-report.js';
import { retentionTrial } from '../support/retention-trial.js';
import { addRecording, everythingOf, openWorld } from '../support/retention-world.js';

describe('two nodes that keep house at once', () => {
  const trial = retentionTrial();

  it.each(['ARCHIVE', 'ARCHIVE_AND_DELETE'] as const)('put each recording into one archive where both found it due (%s)', async (action) => {
    const ids = [await addRecording(trial.world, trial.me, { ageDays: 40 }), await addRecording(trial.world, trial.me, { ageDays: 39 }), await addRecording(trial.world, trial.me, { ageDays: 38 })];
    await trial.setPolicy({ action });
    const run = (world: typeof trial.world): Promise<RetentionReport> => world.retention.services.retention.run(trial.me, { isDryRun: false });
    // The other node works while this one, which has seen all three to be due, writes its first archive.
    let other: RetentionReport | undefined;
    const slow = await openWorld(trial.db, join(trial.dataDir, 'data'), {
      maxArchiveBytes: 1,
      around: (store) => ({ ...store, stage: async (source, options) => {
        const staged = await store.stage(source, options);
        other ??= await run(trial.world);
        return staged;
      } }),
    });
    const mine = await run(slow);
    expect([mine, other!].map(({ archivedRecordingCount, problems }) => ({ archivedRecordingCount, problems }))).toEqual([{ archivedRecordingCount: 1, problems: [] }, { archivedRecordingCount: 2, problems: [] }]);
    const items = await trial.db.client.archiveItem.findMany({ where: { workspaceId: trial.me.workspaceId } });
    expect(items.map(({ recordingId, state }) => [recordingId, state]).sort()).toEqual([...ids].sort().map((id) => [id, 'DONE']));
    expect(await trial.db.client.archive.groupBy({ by: ['state'], where: { workspaceId: trial.me.workspaceId }, _count: true })).toEqual([{ state: 'COMPLETE', _count: 2 }]);
  });

  it('leave no recording that is restored without its bytes when the other still deletes them', async () => {
    const id = await addRecording(trial.world, trial.me, { ageDays: 40 });
    const before = await everythingOf(trial.world, trial.me.workspaceId, id);
    await trial.setPolicy();
    await trial.world.retention.services.retention.run(trial.me, { isDryRun: false });
    const { archiveId } = await trial.db.client.archiveItem.findFirstOrThrow({ where: { recordingId: id } });
    // The other node comes to its deletions just after the bytes are back, and before the rows.
    let deletions = 0;
    const unlucky = await openWorld(trial.db, join(trial.dataDir, 'data'), {
      around: (store) => ({ ...store, write: async (key, bytes) => {
        const info = await store.write(key, bytes);
        if (deletions++ === 0) await trial.world.retention.removal.deleteBlobs([key]);
        return info;
      } }),
    });
    expect(await unlucky.retention.services.archives.restore(trial.me, archiveId, null)).toMatchObject({ restoredRecordingIds: [id], unchangedRecordingIds: [], refused: [] });
    expect(deletions).toBe(2);
    expect(await everythingOf(trial.world, trial.me.workspaceId, id)).toBe(before);
  });

  it('delete a recording once for one archive: what was restored meanwhile stays', async () => {
    const ids = [await addRecording(trial.world, trial.me, { ageDays: 40 }), await addRecording(trial.world, trial.me, { ageDays: 39 })];
    const before = await Promise.all(ids.map((id) => everythingOf(trial.world, trial.me.workspaceId, id)));
    await trial.setPolicy();
    // This node stops between its first and its second deletion, longer than its lease; the other finishes the archive, and somebody restores it.
    const { workspaceId } = trial.me;
    const { services } = trial.world.retention;
    let takeovers = 0;
    const slow = await openWorld({ ...trial.db, transaction: async (work) => {
      if (takeovers === 0 && (await trial.db.client.recording.count({ where: { workspaceId } })) === 1) {
        takeovers += 1;
        await trial.db.client.archive.updateMany({ where: { workspaceId }, data: { leaseUntil: new Date(0) } });
        const { archiveIds } = await services.retention.run(trial.me, { isDryRun: false });
        expect((await services.archives.restore(trial.me, archiveIds[0]!, null)).restoredRecordingIds.length).toBe(2);
      }
      return trial.db.transaction(work);
    } }, join(trial.dataDir, 'data'));
    expect(await slow.retention.services.retention.run(trial.me, { isDryRun: false })).toMatchObject({ deletedRecordingCount: 1, problems: [] });
    expect(takeovers).toBe(1);
    for (const [index, id] of ids.entries()) expect(await everythingOf(trial.world, workspaceId, id)).toBe(before[index]);
    expect(await trial.db.client.archiveItem.groupBy({ by: ['state'], where: { workspaceId }, _count: true })).toEqual([{ state: 'DONE', _count: 2 }]);
  });
});
