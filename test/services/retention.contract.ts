import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { RetentionConfirmation } from '../../src/services/retention.service.js';
import { retentionTrial, type RetentionStorage } from '../support/retention-trial.js';
import { addRecording, everythingOf } from '../support/retention-world.js';
import type { TestDatabase } from '../support/test-database.js';

const PAGE = { first: 50, after: null };

/** Policies, archives and what comes back from them, on any database that the platform runs on. */
export function retentionSuite(name: string, open: () => Promise<TestDatabase>, storage?: RetentionStorage): void {
  describe(`retention on ${name}`, () => {
    const trial = retentionTrial(open, storage);

    const run = () => trial.world.retention.services.retention.run(trial.me, { isDryRun: false });
    const blobsOf = async (id: string): Promise<string[]> => {
      const recording = await trial.db.client.recording.findUniqueOrThrow({ where: { id }, include: { analyses: true } });
      return [recording.blobKey, ...recording.analyses.map(({ trackKey }) => trackKey!)];
    };

    it('does nothing of itself, and shows what a policy that deletes would do before there is one', async () => {
      const old = await addRecording(trial.world, trial.me, { ageDays: 40 });
      expect((await run()).dueRecordingCount).toBe(0);
      const asked = await trial.world.retention.services.retention.setPolicy(trial.me, { name: 'p', kind: 'RECORDING', action: 'ARCHIVE_AND_DELETE', keepDays: 30, includeExisting: true }) as RetentionConfirmation;
      expect(asked.preview).toMatchObject({ isDryRun: true, dueRecordingCount: 1, policies: [{ recordingCount: 1, policy: { name: 'p' } }] });
      expect(asked.preview.policies[0]!.byteLength).toBeGreaterThan(3000);
      expect(await trial.world.retention.services.retention.policies(trial.me)).toEqual([]);
      await addRecording(trial.world, trial.me, { ageDays: 50 });
      await expect(trial.world.retention.services.retention.setPolicy(trial.me, { name: 'p', kind: 'RECORDING', action: 'ARCHIVE_AND_DELETE', keepDays: 30, includeExisting: true, confirmation: asked.confirmation })).rejects.toMatchObject({ code: 'CONFIRMATION_NEEDED' });
      expect(await everythingOf(trial.world, trial.me.workspaceId, old)).not.toBeNull();
    });

    it('leaves what was there before a policy alone unless it is told otherwise', async () => {
      await addRecording(trial.world, trial.me, { ageDays: 400 });
      const { id } = await trial.setPolicy({ includeExisting: false });
      expect((await trial.world.retention.services.retention.preview(trial.me)).dueRecordingCount).toBe(0);
      await trial.setPolicy({ id, includeExisting: true });
      expect((await trial.world.retention.services.retention.preview(trial.me)).dueRecordingCount).toBe(1);
    });

    it('archives what is due, reads it back, deletes it, and brings it back as it was in every field and byte', async () => {
      const ids = [await addRecording(trial.world, trial.me, { ageDays: 40, externalId: 'p-1', tags: ['x'] }), await addRecording(trial.world, trial.me, { ageDays: 35, isAnalysed: false })];
      const young = await addRecording(trial.world, trial.me, { ageDays: 5 });
      const before = await Promise.all([...ids, young].map((id) => everythingOf(trial.world, trial.me.workspaceId, id)));
      const keys = await blobsOf(ids[0]!);
      await trial.setPolicy();
      const report = await run();
      expect(report).toMatchObject({ archivedRecordingCount: 2, deletedRecordingCount: 2, isComplete: true, problems: [] });
      expect(await everythingOf(trial.world, trial.me.workspaceId, ids[0]!)).toBeNull();
      expect(await Promise.all(keys.map((key) => trial.world.blobs.raw.stat(key)))).toEqual([null, null]);
      expect(await everythingOf(trial.world, trial.me.workspaceId, young)).toBe(before[2]);
      const [archive] = (await trial.world.retention.services.archives.list(trial.me, PAGE)).items;
      expect(archive).toMatchObject({ state: 'COMPLETE', recordingCount: 2, problem: null });

      const one = await trial.world.retention.services.archives.restore(trial.me, archive!.id, ids[1]!);
      expect(one).toMatchObject({ restoredRecordingIds: [ids[1]], refused: [] });
      expect(await everythingOf(trial.world, trial.me.workspaceId, ids[0]!)).toBeNull();
      const all = await trial.world.retention.services.archives.restore(trial.me, archive!.id, null);
      expect(all).toMatchObject({ restoredRecordingIds: [ids[0]], unchangedRecordingIds: [ids[1]] });
      for (const [index, id] of ids.entries()) expect(await everythingOf(trial.world, trial.me.workspaceId, id)).toBe(before[index]);
      expect((await run()).dueRecordingCount).toBe(0);
    });

    it.each([
      ['ORIGINAL_AUDIO', 'the audio'], ['FRAME_TRACKS', 'the tracks'], ['EMBEDDINGS', 'the vectors'], ['TRANSCRIPTS', 'the texts'], ['PROCESSED_AUDIO', 'the waveform'], ['RESULTS', 'the analyses'],
    ] as const)('takes %s alone, and gives %s back', async (kind, _what) => {
      const id = await addRecording(trial.world, trial.me, { ageDays: 40 });
      const before = await everythingOf(trial.world, trial.me.workspaceId, id);
      const keys = await blobsOf(id);
      await trial.setPolicy({ kind });
      expect(await run()).toMatchObject({ deletedRecordingCount: 1, problems: [] });
      const { analyses, ...recording } = await trial.db.client.recording.findUniqueOrThrow({ where: { id }, include: { analyses: { include: { segments: true, embeddings: true } } } });
      const left = { audio: (await trial.world.blobs.raw.stat(keys[0]!)) !== null, track: (await trial.world.blobs.raw.stat(keys[1]!)) !== null, peaks: recording.peaks !== null, analyses: analyses.length, vectors: analyses[0]?.embeddings.length ?? 0, texts: analyses[0]?.segments.filter(({ text }) => text !== null).length ?? 0 };
      const whole = { audio: true, track: true, peaks: true, analyses: 1, vectors: 3, texts: 1 };
      const gone = { ORIGINAL_AUDIO: { audio: false }, FRAME_TRACKS: { track: false }, EMBEDDINGS: { vectors: 0 }, TRANSCRIPTS: { texts: 0 }, PROCESSED_AUDIO: { peaks: false }, RESULTS: { analyses: 0, vectors: 0, texts: 0, track: false } }[kind];
      expect(left).toEqual({ ...whole, ...gone });
      if (kind === 'ORIGINAL_AUDIO') await expect(trial.world.recordingService.openAudio(trial.me, id)).rejects.toMatchObject({ code: 'BLOB_MISSING' });
      const [archive] = (await trial.world.retention.services.archives.list(trial.me, PAGE)).items;
      expect(await trial.world.retention.services.archives.restore(trial.me, archive!.id, null)).toMatchObject({ restoredRecordingIds: [id], refused: [] });
      expect(await everythingOf(trial.world, trial.me.workspaceId, id)).toBe(before);
    });

    it.each(['ORIGINAL_AUDIO', 'FRAME_TRACKS', 'EMBEDDINGS', 'TRANSCRIPTS', 'RESULTS'] as const)('says which archive to restore first when one with %s alone is asked for after the recording has gone to another', async (kind) => {
      const id = await addRecording(trial.world, trial.me, { ageDays: 40 });
      const before = await everythingOf(trial.world, trial.me.workspaceId, id);
      await trial.setPolicy({ kind, name: 'parts' });
      await run();
      await trial.setPolicy({ kind: 'RECORDING', name: 'whole' });
      await run();
      expect(await everythingOf(trial.world, trial.me.workspaceId, id)).toBeNull();
      const { archives } = trial.world.retention.services;
      const [whole, part] = (await archives.list(trial.me, PAGE)).items;
      expect(await archives.restore(trial.me, part!.id, null)).toMatchObject({ restoredRecordingIds: [], unchangedRecordingIds: [], refused: [{ recordingId: id, code: 'CONFLICT', message: expect.stringContaining(`Restore ${whole!.id} first`) as string }] });
      expect(await archives.restore(trial.me, whole!.id, null)).toMatchObject({ restoredRecordingIds: [id], refused: [] });
      expect(await archives.restore(trial.me, part!.id, null)).toMatchObject({ restoredRecordingIds: [id], refused: [] });
      expect(await everythingOf(trial.world, trial.me.workspaceId, id)).toBe(before);
    });

    it('takes audio that a policy removed back from an upload of the same bytes', async () => {
      const bytes = Buffer.from('the very same bytes, once more');
      const id = await addRecording(trial.world, trial.me, { ageDays: 40, bytes });
      await trial.setPolicy({ kind: 'ORIGINAL_AUDIO' });
      await run();
      const { recording, isNew } = await trial.world.recordingService.upload(trial.me, { stream: Readable.from([bytes]), fileName: 'again.wav' }, {});
      expect([recording.id, isNew]).toEqual([id, false]);
      expect(await buffer((await trial.world.recordingService.openAudio(trial.me, id)).stream)).toEqual(bytes);
    });

    it('writes archives that tar lists and that hold no plain byte of a recording', async () => {
      const bytes = Buffer.from('words that nobody may read in an archive '.repeat(100));
      await addRecording(trial.world, trial.me, { ageDays: 40, bytes, externalId: 'secret-person' });
      await trial.setPolicy();
      await run();
      const [archive] = (await trial.world.retention.services.archives.list(trial.me, PAGE)).items;
      const { stream } = await trial.world.retention.services.archives.open(trial.me, archive!.id);
      const folder = mkdtempSync(join(tmpdir(), 'ut-archive-'));
      const file = join(folder, `a.${archive!.format}`);
      const content = await buffer(stream);
      writeFileSync(file, content);
      const list = execFileSync('tar', ['tf', file], { encoding: 'utf8' }).trim().split('\n');
      expect(list.map((path) => path.replace(/(rec|ana)_\w+/g, '$1'))).toEqual(['README.txt', 'recordings/rec/rows.jsonl.gz.sealed', 'recordings/rec/results.csv.sealed', 'recordings/rec/audio.sealed', 'recordings/rec/tracks/ana.sealed', 'manifest.json', 'manifest.json.sig']);
      execFileSync('tar', ['xf', file, '-C', folder]);
      const found = spawnSync('grep', ['-rlaE', 'words that nobody|secret-person|line two', folder], { encoding: 'utf8' });
      expect([found.status, found.stdout]).toEqual([1, '']);
      rmSync(folder, { recursive: true });
    });
  });
}
