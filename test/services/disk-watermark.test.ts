import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRetentionRepository } from '../../src/db/retention.repository.js';
import { UndertoneError } from '../../src/domain/errors.js';
import type { Fact } from '../../src/domain/events.js';
import { createDiskWatermark, type DiskWatermark } from '../../src/services/disk-watermark.js';
import type { BlobStore } from '../../src/storage/blob-store.js';
import { retentionTrial } from '../support/retention-trial.js';
import { addRecording, openWorld, type RetentionWorld } from '../support/retention-world.js';

const LOW = 100_000;
const SIZE = 20_000;
const NO_TIME_LIMIT = { isDryRun: false, timeoutMs: 60_000 };

describe('the watermark of the disk', () => {
  const trial = retentionTrial();
  const { signal } = new AbortController();

  /** A disk of which so much is free now, and more as stored files go. */
  async function disk(free: number, world: RetentionWorld, changes: { readonly holdsRecordings?: boolean; readonly lowBytes?: number; readonly graceMs?: number; readonly now?: () => number } = {}): Promise<{ readonly watermark: DiskWatermark; readonly told: readonly Fact[]; readonly waste: () => number }> {
    const stored = async (): Promise<number> => {
      let sum = 0;
      for await (const { byteLength } of world.blobs.raw.list('')) sum += byteLength;
      return sum;
    };
    const capacity = free + (await stored());
    const told: Fact[] = [];
    let wasteRuns = 0;
    const repository = createRetentionRepository(trial.db);
    const watermark = createDiskWatermark({
      freeBytes: async () => capacity - (await stored()), lowBytes: LOW, holdsRecordings: true, run: world.retention.run, operatorsWorkspaceId: 'ws_operators',
      retention: { workspaces: () => Promise.resolve([trial.me.workspaceId]), policies: (id) => repository.policies(id) },
      removeWaste: () => Promise.resolve(++wasteRuns), notify: (fact) => Promise.resolve(void told.push(fact)), graceMs: 0, ...changes,
    });
    return { watermark, told, waste: () => wasteRuns };
  }
  const old = (tag: string, changes: object = {}) => addRecording(trial.world, trial.me, { ageDays: 40, tags: [tag], bytes: randomBytes(SIZE), isAnalysed: false, ...changes });
  const left = async (): Promise<string[]> => (await trial.db.client.recording.findMany({ where: { workspaceId: trial.me.workspaceId }, orderBy: { id: 'asc' } })).map(({ id }) => id);

  it('says nothing with room, tells from twice the watermark, and takes nothing away there', async () => {
    await trial.setPolicy({ action: 'DELETE' });
    const id = await old('a');
    const roomy = await disk(2 * LOW, trial.world);
    expect([await roomy.watermark.check(signal, NO_TIME_LIMIT), roomy.told]).toEqual([{}, []]);
    const shorter = await disk(2 * LOW - 1, trial.world);
    await shorter.watermark.check(signal, NO_TIME_LIMIT);
    expect(shorter.told).toEqual([{ kind: 'disk.low', workspaceId: 'ws_operators', freeBytes: 2 * LOW - 1, lowBytes: LOW }]);
    expect([await left(), shorter.waste()]).toEqual([[id], 0]);
    const unwatched = await disk(1, trial.world, { lowBytes: 0 });
    expect([await unwatched.watermark.check(signal, NO_TIME_LIMIT), unwatched.told]).toEqual([{}, []]);
  });

  it('takes what is due policy by policy, the more important first, and stops with room, leaving what is held and what is young', async () => {
    await trial.setPolicy({ name: 'late', action: 'DELETE', tags: ['late'], priority: 1 });
    await trial.setPolicy({ name: 'early', action: 'DELETE', tags: ['early'], priority: 9 });
    const late = [await old('late'), await old('late')];
    const early = [await old('early'), await old('early'), await old('early')];
    const held = await old('early');
    const young = await old('early', { ageDays: 3 });
    await trial.world.retention.services.holds.place(trial.me, { scope: 'RECORDING', recordingId: held, reason: 'a court asks' });
    const { watermark, told, waste } = await disk(LOW - 10_000, trial.world);
    expect(await watermark.check(signal, NO_TIME_LIMIT)).toMatchObject({ deletedCount: 2, wasteCount: 1 });
    expect([told.length, waste()]).toEqual([1, 1]);
    expect(await left()).toEqual([...late, early[2], held, young].sort());
  });

  it('fails with the figures when nothing more is due, and takes nothing that is not', async () => {
    await trial.setPolicy({ action: 'DELETE' });
    await old('a');
    const young = await old('a', { ageDays: 29 });
    const { watermark } = await disk(10, trial.world);
    await expect(watermark.check(signal, NO_TIME_LIMIT)).rejects.toThrow(/bytes are free, less than UNDERTONE_LOW_DISK_BYTES \(100000\), after 1 rests and the data of 1 recordings went/);
    expect(await left()).toEqual([young]);
  });

  it('archives before it deletes where a policy says so, after those that need no archive', async () => {
    await trial.setPolicy({ name: 'archived', action: 'ARCHIVE_AND_DELETE', tags: ['kept'], priority: 9 });
    await trial.setPolicy({ name: 'outright', action: 'DELETE', tags: ['gone'] });
    const kept = await old('kept');
    const gone = [await old('gone'), await old('gone')];
    const { watermark } = await disk(LOW - 10_000, trial.world);
    expect(await watermark.check(signal, NO_TIME_LIMIT)).toMatchObject({ deletedCount: 2, archivedCount: 0 });
    expect(await left()).toEqual([kept]);
    const again = await disk(LOW - 1, trial.world);
    await again.watermark.check(signal, NO_TIME_LIMIT).catch(() => undefined);
    expect(await left()).toEqual([]);
    const [archive] = (await trial.world.retention.services.archives.list(trial.me, { first: 5, after: null })).items;
    expect(await trial.world.retention.services.archives.restore(trial.me, archive!.id, null)).toMatchObject({ restoredRecordingIds: [kept] });
    expect(gone).toHaveLength(2);
  });

  it('goes on with what needs no archive where there is no space for one', async () => {
    const full = (store: BlobStore): BlobStore => ({ ...store, stage: () => Promise.reject(new UndertoneError('STORAGE_FULL', 'No space is left.')) });
    const world = await openWorld(trial.db, join(trial.dataDir, 'data'), { around: full });
    await trial.setPolicy({ name: 'archived', tags: ['kept'] });
    await trial.setPolicy({ name: 'outright', action: 'DELETE', tags: ['gone'] });
    const kept = await old('kept');
    await old('gone');
    const report = await world.retention.run(trial.me.workspaceId, { deadlineMs: Date.now() + 60_000, signal });
    expect(report).toMatchObject({ deletedRecordingCount: 1, archivedRecordingCount: 0, isComplete: true, problems: [expect.stringMatching(/^arc_\w+ waits for space: No space is left/) as string] });
    expect(await left()).toEqual([kept]);
  });

  it('tells first and acts only when space is still short some minutes later', async () => {
    await trial.setPolicy({ action: 'DELETE' });
    const id = await old('a');
    let nowMs = Date.now();
    const repository = createRetentionRepository(trial.db);
    const told: Fact[] = [];
    const watermark = createDiskWatermark({
      lowBytes: LOW, freeBytes: async () => ((await left()).length === 0 ? 2 * LOW : LOW - 1), holdsRecordings: true, run: trial.world.retention.run, operatorsWorkspaceId: 'ws_operators', graceMs: 60_000, now: () => nowMs,
      retention: { workspaces: () => Promise.resolve([trial.me.workspaceId]), policies: (workspaceId) => repository.policies(workspaceId) }, removeWaste: () => Promise.resolve(0), notify: (fact) => Promise.resolve(void told.push(fact)),
    });
    expect(await watermark.check(signal, NO_TIME_LIMIT)).toMatchObject({ actsInSeconds: 60 });
    nowMs += 59_000;
    expect(await watermark.check(signal, NO_TIME_LIMIT)).toMatchObject({ actsInSeconds: 1 });
    expect([told.length, await left()]).toEqual([2, [id]]);
    nowMs += 1000;
    expect(await watermark.check(signal, { ...NO_TIME_LIMIT, timeoutMs: 600_000 })).toMatchObject({ deletedCount: 1 });
    expect(await left()).toEqual([]);
  });

  it('goes beyond what is due only where a policy gives fewer days for a full disk, in its order, never past a hold, and archives first where it says so', async () => {
    await trial.setPolicy({ name: 'silent', action: 'DELETE', tags: ['silent'] });
    await trial.setPolicy({ name: 'short', action: 'DELETE', tags: ['short'], keepDaysWhenShort: 5 });
    await trial.setPolicy({ name: 'archived', tags: ['archived'], keepDaysWhenShort: 5 });
    const silent = await old('silent', { ageDays: 29 });
    const young = await old('short', { ageDays: 4 });
    const held = await old('short', { ageDays: 20 });
    await trial.world.retention.services.holds.place(trial.me, { scope: 'RECORDING', recordingId: held, reason: 'a court asks' });
    await old('short', { ageDays: 20 });
    const archived = await old('archived', { ageDays: 20 });
    const service = trial.world.retention.services.retention;
    expect(await service.preview(trial.me)).toMatchObject({ dueRecordingCount: 0 });
    expect(await service.preview(trial.me, true)).toMatchObject({ dueRecordingCount: 2, heldCount: 1 });
    expect(await trial.world.retention.run(trial.me.workspaceId, { deadlineMs: Date.now() + 60_000, signal })).toMatchObject({ dueRecordingCount: 0 });
    const { watermark } = await disk(10, trial.world);
    await expect(watermark.check(signal, NO_TIME_LIMIT)).rejects.toThrow('the data of 2 recordings went');
    expect(await left()).toEqual([silent, young, held].sort());
    const [archive] = (await trial.world.retention.services.archives.list(trial.me, { first: 5, after: null })).items;
    expect(await trial.world.retention.services.archives.restore(trial.me, archive!.id, null)).toMatchObject({ restoredRecordingIds: [archived] });
  });

  it('shows what a full disk would take before such a policy is stored, and refuses days that are more, or of a policy that keeps', async () => {
    await old('a', { ageDays: 20 });
    const service = trial.world.retention.services.retention;
    const input = { name: 'x', kind: 'RECORDING', action: 'DELETE', keepDays: 30, keepDaysWhenShort: 5, includeExisting: true } as const;
    const asked = await service.setPolicy(trial.me, input);
    expect(asked).toMatchObject({ preview: { dueRecordingCount: 0 }, previewWhenShort: { dueRecordingCount: 1 } });
    await old('a', { ageDays: 20 });
    await expect(service.setPolicy(trial.me, { ...input, confirmation: 'confirmation' in asked ? asked.confirmation : '' })).rejects.toMatchObject({ code: 'CONFIRMATION_NEEDED' });
    await expect(service.setPolicy(trial.me, { ...input, keepDaysWhenShort: 31 })).rejects.toMatchObject({ code: 'BAD_INPUT', details: { field: 'keepDaysWhenShort' } });
    await expect(service.setPolicy(trial.me, { ...input, action: 'ARCHIVE' })).rejects.toMatchObject({ code: 'BAD_INPUT', details: { field: 'keepDaysWhenShort' } });
  });

  it('removes rests alone where recordings lie in a bucket, and in a dry run nothing', async () => {
    await trial.setPolicy({ action: 'DELETE' });
    const id = await old('a');
    const bucket = await disk(10, trial.world, { holdsRecordings: false });
    await expect(bucket.watermark.check(signal, NO_TIME_LIMIT)).rejects.toThrow('0 recordings');
    const dry = await disk(10, trial.world);
    expect(await dry.watermark.check(signal, { ...NO_TIME_LIMIT, isDryRun: true })).toEqual({ freeBytes: 10, lowBytes: LOW, wouldTell: 1, wouldAct: 1 });
    expect([await left(), bucket.waste(), dry.waste(), dry.told]).toEqual([[id], 1, 0, []]);
  });
});
