import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAnalysisRepository } from '../../src/db/analysis.repository.js';
import { createApiKeyRepository } from '../../src/db/api-key.repository.js';
import { createRecordingRepository } from '../../src/db/recording.repository.js';
import type { AnalysisRepository } from '../../src/db/repositories.js';
import type { AnalysisOutcome, SegmentResult } from '../../src/domain/analysis.js';
import { newId } from '../../src/domain/ids.js';
import type { AnalysisRecord } from '../../src/domain/records.js';
import { anOutcome, aSpeaker, aPrediction, aSegment } from '../support/outcome.js';
import { aRecording } from '../support/rows.js';
import type { TestDatabase } from '../support/test-database.js';

export function describeAnalyses(open: () => Promise<TestDatabase>): void {
  describe('analyses', () => {
    let database: TestDatabase;
    let analyses: AnalysisRepository;
    const workspaceId = newId('workspace');
    const other = newId('workspace');
    let recordingId: string;
    beforeAll(async () => {
      database = await open();
      analyses = createAnalysisRepository(database.db);
      for (const id of [workspaceId, other]) await createApiKeyRepository(database.db).ensureWorkspace(id, 'test');
      recordingId = (await database.db.transaction((tx) => createRecordingRepository(database.db).insertOrFind(tx, aRecording(workspaceId)))).recording.id;
    });
    afterAll(() => database.dispose());

    const insert = (changes: Partial<Parameters<AnalysisRepository['insert']>[1]> = {}): Promise<AnalysisRecord> =>
      database.db.transaction((tx) => analyses.insert(tx, { id: newId('analysis'), workspaceId, recordingId, modelId: 'starter', raw: false, speakersMode: 'none', idempotencyKey: null, requestDigest: null, ...changes }));
    const running = async (): Promise<string> => {
      const { id } = await insert();
      await analyses.begin(id);
      return id;
    };
    const complete = (analysisId: string, outcome: AnalysisOutcome = anOutcome()): Promise<boolean> => analyses.complete({ analysisId, outcome, trackKey: `tracks/${analysisId}`, peaks: Int8Array.of(-1, 1) });
    const part = (analysisId: string, attempt: number, segments: readonly SegmentResult[]): Promise<boolean> => analyses.addPartial({ analysisId, attempt, model: anOutcome().model, segments, trackBytes: Uint8Array.of(1, 2, 3) });
    const status = async (id: string): Promise<string | undefined> => (await analyses.findById(workspaceId, id))?.status;

    it('inserts a queued analysis and finds it by id, by ids, for work and by its idempotency key', async () => {
      const made = await insert({ idempotencyKey: 'key-1', requestDigest: 'digest', raw: true, speakersMode: 'channels' });
      expect(made).toMatchObject({ status: 'QUEUED', progress: 0, attempt: 0, raw: true, speakersMode: 'channels', problem: null, gate: null, warnings: [], summary: null, trackKey: null, startedAt: null, finishedAt: null });
      expect(await analyses.findById(workspaceId, made.id)).toEqual(made);
      expect(await analyses.findByIds(workspaceId, [made.id, 'ana_none'])).toEqual([made]);
      expect(await analyses.findByIdempotencyKey(workspaceId, 'key-1')).toEqual(made);
      expect((await analyses.findForWork(made.id))?.recording.id).toBe(recordingId);
      expect([await analyses.findForWork('ana_none'), await analyses.findByIdempotencyKey(workspaceId, 'key-0')]).toEqual([null, null]);
    });

    it('refuses a second analysis with the same idempotency key in one workspace, also at the same moment', async () => {
      const results = await Promise.allSettled(Array.from({ length: 5 }, () => insert({ idempotencyKey: 'key-2' })));
      expect(results.filter(({ status: outcome }) => outcome === 'fulfilled')).toHaveLength(1);
      for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'CONFLICT' });
    });

    it('answers nothing about an analysis of another workspace', async () => {
      const id = await running();
      await complete(id);
      const [segment] = (await analyses.segments(workspaceId, id, { first: 1, after: null }, {})).items;
      expect([await analyses.findById(other, id), await analyses.cancel(other, id), await analyses.findSegment(other, segment!.id)]).toEqual([null, null, null]);
      expect([await analyses.findByIds(other, [id]), await analyses.speakers(other, [id])]).toEqual([[], []]);
      expect((await analyses.segments(other, id, { first: 1, after: null }, {})).totalCount).toBe(0);
      expect((await analyses.list(other, { first: 10, after: null }, {})).totalCount).toBe(0);
    });

    it('begins again after a lost delivery with a higher attempt, and never after the end', async () => {
      const { id } = await insert();
      expect([await analyses.begin(id), await analyses.setProgress(id, 0.5), await analyses.begin(id)]).toEqual([true, true, true]);
      expect(await analyses.findById(workspaceId, id)).toMatchObject({ status: 'RUNNING', attempt: 2, progress: 0 });
      await complete(id);
      expect([await analyses.begin(id), await analyses.begin('ana_none')]).toEqual([false, false]);
    });

    it('keeps progress between 0 and 1 and only while it runs', async () => {
      const { id } = await insert();
      expect(await analyses.setProgress(id, 0.1)).toBe(false);
      await analyses.begin(id);
      expect([await analyses.setProgress(id, 7), (await analyses.findById(workspaceId, id))?.progress]).toEqual([true, 1]);
      await analyses.cancel(workspaceId, id);
      expect(await analyses.setProgress(id, 0.2)).toBe(false);
    });

    it('cancels what waits or runs, says false after the end and null where there is none', async () => {
      const [waits, runs] = [(await insert()).id, await running()];
      expect([await analyses.cancel(workspaceId, waits), await analyses.cancel(workspaceId, runs)]).toEqual([true, true]);
      expect([await status(waits), await status(runs)]).toEqual(['CANCELLED', 'CANCELLED']);
      expect([await analyses.cancel(workspaceId, waits), await analyses.cancel(workspaceId, 'ana_none')]).toEqual([false, null]);
      expect(await complete(runs)).toBe(false);
      expect((await analyses.segments(workspaceId, runs, { first: 1, after: null }, {})).totalCount).toBe(0);
    });

    it('fails what waits or runs, with its problem, and nothing that has ended', async () => {
      const id = await running();
      expect(await analyses.fail(id, { code: 'NOT_AUDIO', message: 'no audio' })).toBe(true);
      expect(await analyses.findById(workspaceId, id)).toMatchObject({ status: 'FAILED', problem: { code: 'NOT_AUDIO', message: 'no audio' } });
      expect(await analyses.fail(id, { code: 'INTERNAL', message: 'again' })).toBe(false);
    });

    it('writes a whole result and reads it back as it was', async () => {
      const id = await running();
      const outcome = anOutcome({
        warnings: [{ code: 'CLIPPED', message: 'clipped' }],
        summary: aPrediction({ scores: { sad: 0.2, angry: 0.8 }, abstained: true }),
        speakers: [aSpeaker('B', { role: 'agent', roleSource: 'channel', channel: 1, talkSeconds: 2, summary: aPrediction() }), aSpeaker('A')],
        segments: [
          aSegment(0, { speaker: 'A', frameCount: 3, text: 'hello "there"\n' }),
          aSegment(1, { gate: 'music', prediction: null, embedding: null, frameCount: 0 }),
          aSegment(2, { speaker: 'B', frameCount: 5, prediction: aPrediction({ label: 'sad', calibrated: false, predictionSet: ['sad', 'neutral'], logits: [0.1, 1 / 3, -1e-7, 2e9] }) }),
        ],
      });
      expect(await complete(id, outcome)).toBe(true);
      const analysis = await analyses.findById(workspaceId, id);
      expect(analysis).toMatchObject({ status: 'SUCCEEDED', progress: 1, modelVersion: '1.0.0', modelDigest: outcome.model.digest, modelLabels: outcome.model.labels, gate: outcome.gate, warnings: outcome.warnings, summary: outcome.summary, trackKey: `tracks/${id}` });
      expect(Object.keys(analysis!.summary!.scores)).toEqual(['sad', 'angry']);
      const speakers = await analyses.speakers(workspaceId, [id]);
      const expected = [outcome.speakers[1]!, outcome.speakers[0]!].map(({ figures: _figures, ...speaker }) => speaker);
      expect(speakers.map(({ id: _id, analysisId: _analysisId, ...speaker }) => speaker)).toEqual(expected);
      const { items } = await analyses.segments(workspaceId, id, { first: 10, after: null }, {});
      expect(items.map(({ prediction }) => prediction)).toEqual(outcome.segments.map(({ prediction }) => prediction));
      expect(Object.keys(items[0]!.prediction!.scores)).toEqual(outcome.model.labels);
      expect(items.map(({ frameOffset, frameCount, speakerId, text, gate }) => [frameOffset, frameCount, speakerId, text, gate])).toEqual([
        [0, 3, speakers[0]!.id, 'hello "there"\n', 'speech'],
        [3, 0, null, null, 'music'],
        [3, 5, speakers[1]!.id, null, 'speech'],
      ]);
      expect(await analyses.findSegment(workspaceId, items[2]!.id)).toEqual(items[2]);
      const recording = await createRecordingRepository(database.db).findById(workspaceId, recordingId);
      expect(recording).toMatchObject({ durationSeconds: 4, quality: outcome.quality, speechRegions: outcome.speechRegions });
    });

    it('shows windows that are finished while it runs, under ids that the final result keeps', async () => {
      const id = await running();
      expect(await part(id, 1, [aSegment(1, { speaker: 'A' }), aSegment(0)])).toBe(true);
      const shown = await analyses.segments(workspaceId, id, { first: 10, after: null }, {});
      expect(shown.items.map(({ index, prediction, speakerId }) => [index, prediction?.label, speakerId])).toEqual([[0, 'happy', null], [1, 'happy', null]]);
      expect(Object.keys(shown.items[0]!.prediction!.scores)).toEqual(anOutcome().model.labels);
      expect((await analyses.partialTracks(workspaceId, id)).map((bytes) => [...bytes])).toEqual([[1, 2, 3]]);
      expect(await analyses.partialTracks(other, id)).toEqual([]);
      expect(await complete(id)).toBe(true);
      const final = await analyses.segments(workspaceId, id, { first: 10, after: null }, {});
      expect(final.items.map((segment) => segment.id)).toEqual(shown.items.map((segment) => segment.id));
      expect(await analyses.partialTracks(workspaceId, id)).toEqual([]);
      expect(await part(id, 1, [aSegment(2)])).toBe(false);
    });

    it.each(['begun again', 'failed', 'cancelled'] as const)('leaves nothing of what was shown when it is %s', async (how) => {
      const id = await running();
      await part(id, 1, [aSegment(0)]);
      if (how === 'begun again') await analyses.begin(id);
      else if (how === 'failed') await analyses.fail(id, { code: 'INTERNAL', message: 'broken' });
      else await analyses.cancel(workspaceId, id);
      expect((await analyses.segments(workspaceId, id, { first: 10, after: null }, {})).totalCount).toBe(0);
      expect(await analyses.partialTracks(workspaceId, id)).toEqual([]);
      // The delivery that was given up may still be at work.
      expect(await part(id, 1, [aSegment(1)])).toBe(false);
      expect((await analyses.segments(workspaceId, id, { first: 10, after: null }, {})).totalCount).toBe(0);
    });

    it('writes a result once, however often and at once it is delivered', async () => {
      const id = await running();
      const done = await Promise.all(Array.from({ length: 6 }, () => complete(id)));
      expect(done.filter(Boolean)).toHaveLength(1);
      expect((await analyses.segments(workspaceId, id, { first: 10, after: null }, {})).totalCount).toBe(2);
      expect(await complete(id)).toBe(false);
    });

    it('writes nothing at all of a result that cannot be written whole', async () => {
      const id = await running();
      const outcome = anOutcome({ segments: [aSegment(0), aSegment(0)] });
      await expect(complete(id, outcome)).rejects.toThrow();
      expect(await status(id)).toBe('RUNNING');
      expect((await analyses.segments(workspaceId, id, { first: 10, after: null }, {})).totalCount).toBe(0);
      expect(await complete(id)).toBe(true);
    });

    it('takes a result in which nothing was judged', async () => {
      const id = await running();
      expect(await complete(id, anOutcome({ summary: null, segments: [], speakers: [], embedding: null, gate: { kind: 'silence', speechSeconds: 0, leftOutSeconds: 4, reason: 'silence' } }))).toBe(true);
      expect(await analyses.findById(workspaceId, id)).toMatchObject({ status: 'SUCCEEDED', summary: null, gate: { kind: 'silence' } });
    });

    it('writes 2,000 segments with embeddings of 256 in one go', async () => {
      const id = await running();
      const segments = Array.from({ length: 2000 }, (_, i) => aSegment(i, { embedding: Float32Array.from({ length: 256 }, (_unused, d) => Math.sin(i * 7 + d)) }));
      expect(await complete(id, anOutcome({ segments }))).toBe(true);
      const page = await analyses.segments(workspaceId, id, { first: 200, after: null }, {});
      expect([page.totalCount, page.items.length, page.items[199]!.frameOffset, page.hasNextPage]).toEqual([2000, 200, 199 * 50, true]);
      const next = await analyses.segments(workspaceId, id, { first: 2, after: page.cursors[199]! }, {});
      expect(next.items.map(({ index }) => index)).toEqual([200, 201]);
    });

    it('filters segments by label, speaker, confidence and gate', async () => {
      const id = await running();
      await complete(id, anOutcome({
        speakers: [aSpeaker('A')],
        segments: [aSegment(0, { speaker: 'A' }), aSegment(1, { prediction: aPrediction({ label: 'sad', confidence: 0.9 }) }), aSegment(2, { gate: 'noise', prediction: null, embedding: null })],
      }));
      const [speaker] = await analyses.speakers(workspaceId, [id]);
      const found = async (filter: Parameters<AnalysisRepository['segments']>[3]): Promise<number[]> => {
        const page = await analyses.segments(workspaceId, id, { first: 10, after: null }, filter);
        expect(page.totalCount).toBe(page.items.length);
        return page.items.map(({ index }) => index);
      };
      expect([await found({ label: 'sad' }), await found({ speakerId: speaker!.id }), await found({ minConfidence: 0.8 }), await found({ gate: 'noise' })]).toEqual([[1], [0], [1], [2]]);
      await expect(analyses.segments(workspaceId, id, { first: 1, after: 'nonsense' }, {})).rejects.toMatchObject({ code: 'BAD_CURSOR' });
    });

    it('lists analyses newest first, page by page, with filters', async () => {
      const mine = (await database.db.transaction((tx) => createRecordingRepository(database.db).insertOrFind(tx, aRecording(workspaceId)))).recording.id;
      const made: string[] = [];
      for (let i = 0; i < 5; i++) made.push((await insert({ recordingId: mine, modelId: i === 0 ? 'large' : 'starter' })).id);
      await analyses.begin(made[1]!);
      await complete(made[1]!, anOutcome({ summary: aPrediction({ label: 'sad' }) }));
      const seen: string[] = [];
      for (let after: string | null = null; ; ) {
        const page = await analyses.list(workspaceId, { first: 2, after }, { recordingId: mine });
        expect(page.totalCount).toBe(5);
        seen.push(...page.items.map(({ id }) => id));
        if (!page.hasNextPage) break;
        after = page.cursors.at(-1)!;
      }
      expect(seen).toEqual([...made].reverse());
      const found = async (filter: Parameters<AnalysisRepository['list']>[2]): Promise<string[]> => (await analyses.list(workspaceId, { first: 10, after: null }, { recordingId: mine, ...filter })).items.map(({ id }) => id);
      expect([await found({ status: 'SUCCEEDED' }), await found({ modelId: 'large' }), await found({ label: 'sad' }), await found({ label: 'happy' })]).toEqual([[made[1]], [made[0]], [made[1]], []]);
    });

    it('lists what has not ended and was not begun since a time', async () => {
      const old = await insert();
      const begun = await running();
      const ended = await running();
      await complete(ended);
      const ids = async (before: Date): Promise<string[]> => (await analyses.listUnfinished(before, null)).map(({ id }) => id);
      const later = await ids(new Date(Date.now() + 60_000));
      expect([later.includes(old.id), later.includes(begun), later.includes(ended)]).toEqual([true, true, false]);
      expect(await ids(old.createdAt)).not.toContain(old.id);
      expect((await analyses.listUnfinished(new Date(Date.now() + 60_000), null)).find(({ id }) => id === begun)).toMatchObject({ id: begun, attempt: 1, workspaceId, modelId: 'starter' });
      expect((await analyses.listUnfinished(new Date(Date.now() + 60_000), begun)).map(({ id }) => id)).not.toContain(begun);
    });

    it('opens a failed analysis again as if it had just been accepted, and none that has succeeded, was cancelled or is another workspace\'s', async () => {
      const failed = await running();
      await analyses.fail(failed, { code: 'INFERENCE_CRASHED', message: 'It crashed.' });
      const reopen = (of: string, id: string) => database.db.transaction((tx) => analyses.reopen(tx, of, id));
      expect(await reopen(other, failed)).toBe(false);
      expect(await reopen(workspaceId, failed)).toBe(true);
      expect(await analyses.findById(workspaceId, failed)).toMatchObject({ status: 'QUEUED', attempt: 0, progress: 0, problem: null, startedAt: null, finishedAt: null });
      const done = await running();
      await complete(done);
      const cancelled = await running();
      await analyses.cancel(workspaceId, cancelled);
      expect([await reopen(workspaceId, done), await reopen(workspaceId, cancelled), await reopen(workspaceId, 'ana_none')]).toEqual([false, false, false]);
    });
  });
}
