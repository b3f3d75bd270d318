import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAnalysisRepository } from '../../src/db/analysis.repository.js';
import { createApiKeyRepository } from '../../src/db/api-key.repository.js';
import { createRecordingRepository } from '../../src/db/recording.repository.js';
import type { AnalysisRepository, RecordingRepository } from '../../src/db/repositories.js';
import { newId } from '../../src/domain/ids.js';
import type { RecordingOrder, RecordingRecord } from '../../src/domain/records.js';
import { asSystem } from '../../src/domain/workspace-scope.js';
import { anOutcome, aPrediction } from '../support/outcome.js';
import { aRecording, idsOf, NEWEST_FIRST, type NewRecording } from '../support/rows.js';
import type { TestDatabase } from '../support/test-database.js';

export function describeRecordings(open: () => Promise<TestDatabase>): void {
  describe('recordings', () => {
    let database: TestDatabase;
    let recordings: RecordingRepository;
    let analyses: AnalysisRepository;
    let workspaceId: string;
    let other: string;
    beforeAll(async () => {
      database = await open();
      recordings = createRecordingRepository(database.db);
      analyses = createAnalysisRepository(database.db);
    });
    afterAll(() => database.dispose());
    beforeEach(async () => {
      [workspaceId, other] = [newId('workspace'), newId('workspace')];
      for (const id of [workspaceId, other]) await createApiKeyRepository(database.db).ensureWorkspace(id, 'test');
    });

    const insert = async (changes: Partial<NewRecording> = {}): Promise<RecordingRecord> =>
      (await database.db.transaction((tx) => recordings.insertOrFind(tx, aRecording(workspaceId, changes)))).recording;
    async function analysed(recordingId: string, label: string, durationSeconds = 4): Promise<string> {
      const id = newId('analysis');
      await database.db.transaction((tx) => analyses.insert(tx, { id, workspaceId, recordingId, modelId: 'starter', raw: false, speakersMode: 'none', idempotencyKey: null, requestDigest: null }));
      await analyses.begin(id);
      await analyses.complete({ analysisId: id, outcome: anOutcome({ durationSeconds, summary: aPrediction({ label }) }), trackKey: `tracks/${id}`, peaks: Int8Array.of(-128, 127) });
      return id;
    }
    async function pages(order: RecordingOrder, first: number): Promise<string[]> {
      const ids: string[] = [];
      for (let after: string | null = null; ; ) {
        const page = await recordings.list(workspaceId, { first, after }, {}, order);
        ids.push(...idsOf(page.items));
        if (!page.hasNextPage) return ids;
        after = page.cursors.at(-1)!;
      }
    }

    it('are not looked for by a text that the database cannot hold', async () => {
      await expect(recordings.findById(workspaceId, 'rec_\u0000')).rejects.toMatchObject({ code: 'BAD_INPUT' });
      await expect(insert({ title: 'a\u0000b' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    });

    it('inserts a recording and reads the same back', async () => {
      const row = aRecording(workspaceId, { byteLength: 5_000_000_000, title: 'Ünï', externalId: 'call-7', language: 'de', tags: ['a', 'b'], recordedAt: new Date('2026-01-02T03:04:05.678Z') });
      const { recording, isNew } = await database.db.transaction((tx) => recordings.insertOrFind(tx, row));
      expect(isNew).toBe(true);
      expect(recording).toEqual({ ...row, durationSeconds: null, quality: null, speechRegions: null, createdAt: recording.createdAt });
      expect(await recordings.findById(workspaceId, row.id)).toEqual(recording);
      expect(await recordings.peaks(workspaceId, row.id)).toBeNull();
    });

    it('finds the first recording when the same bytes come again, and makes a second one in another workspace', async () => {
      const first = await insert({ sha256: 'same' });
      const again = await database.db.transaction((tx) => recordings.insertOrFind(tx, aRecording(workspaceId, { sha256: 'same', title: 'another title' })));
      expect(again).toEqual({ recording: first, isNew: false });
      const elsewhere = await database.db.transaction((tx) => recordings.insertOrFind(tx, aRecording(other, { sha256: 'same' })));
      expect(elsewhere.isNew).toBe(true);
    });

    it('makes one recording of ten uploads of the same bytes at once', async () => {
      const results = await Promise.all(Array.from({ length: 10 }, () => database.db.transaction((tx) => recordings.insertOrFind(tx, aRecording(workspaceId, { sha256: 'same' })))));
      expect(results.filter(({ isNew }) => isNew)).toHaveLength(1);
      expect(new Set(idsOf(results.map(({ recording }) => recording))).size).toBe(1);
    });

    it('answers nothing about a recording of another workspace', async () => {
      const { id } = await insert();
      expect(await recordings.findById(other, id)).toBeNull();
      expect(await recordings.findByIds(other, [id])).toEqual([]);
      expect(await recordings.peaks(other, id)).toBeNull();
      expect(await database.db.transaction((tx) => recordings.delete(tx, other, id))).toBeNull();
      expect((await recordings.list(other, { first: 10, after: null }, {}, NEWEST_FIRST)).totalCount).toBe(0);
      expect(await recordings.findById(workspaceId, id)).not.toBeNull();
    });

    it('lists page by page in every order, each recording once', async () => {
      const durations = [3, 1, null, 2, null, 1];
      const made: RecordingRecord[] = [];
      for (const [index, duration] of durations.entries()) {
        const recording = await insert({ fileName: `file ${'cabbed'[index]!}.wav` });
        made.push(recording);
        if (duration !== null) await analysed(recording.id, 'happy', duration);
      }
      const at = (...indexes: number[]): string[] => indexes.map((index) => made[index]!.id);
      const [first, last] = [made[1]!.id < made[5]!.id ? 1 : 5, made[1]!.id < made[5]!.id ? 5 : 1];
      for (const size of [1, 2, 4, 100]) {
        expect(await pages(NEWEST_FIRST, size)).toEqual(at(5, 4, 3, 2, 1, 0));
        expect(await pages({ field: 'createdAt', direction: 'asc' }, size)).toEqual(at(0, 1, 2, 3, 4, 5));
        expect(await pages({ field: 'durationSeconds', direction: 'asc' }, size)).toEqual(at(first, last, 3, 0, 2, 4));
        expect(await pages({ field: 'durationSeconds', direction: 'desc' }, size)).toEqual(at(0, 3, last, first, 4, 2));
        const names = await pages({ field: 'fileName', direction: 'asc' }, size);
        expect([names[0], names[1], names.at(-1)]).toEqual([made[1]!.id, [made[2]!.id, made[3]!.id].sort()[0], made[4]!.id]);
        expect(await pages({ field: 'fileName', direction: 'desc' }, size)).toEqual([...names].reverse());
      }
    });

    it('neither repeats nor loses a recording when others come and go between two pages', async () => {
      const made = [await insert(), await insert(), await insert(), await insert()];
      const firstPage = await recordings.list(workspaceId, { first: 2, after: null }, {}, NEWEST_FIRST);
      expect(idsOf(firstPage.items)).toEqual([made[3]!.id, made[2]!.id]);
      await insert();
      await database.db.transaction((tx) => recordings.delete(tx, workspaceId, made[2]!.id));
      const secondPage = await recordings.list(workspaceId, { first: 2, after: firstPage.cursors[1]! }, {}, NEWEST_FIRST);
      expect(idsOf(secondPage.items)).toEqual([made[1]!.id, made[0]!.id]);
      expect([secondPage.hasNextPage, secondPage.totalCount]).toEqual([false, 4]);
    });

    it('refuses what is not a cursor of this list in this order', async () => {
      await insert();
      await insert();
      const { cursors } = await recordings.list(workspaceId, { first: 1, after: null }, {}, NEWEST_FIRST);
      for (const after of ['', 'nonsense', 'WyJyZWNvcmRpbmdzIl0', Buffer.from('["recordings:fileName:asc","a\\u0000","b"]').toString('base64url'), cursors[0]!]) {
        await expect(recordings.list(workspaceId, { first: 1, after }, {}, { field: 'fileName', direction: 'asc' }), after).rejects.toMatchObject({ code: 'BAD_CURSOR' });
      }
    });

    it('filters by tag, external id, time, text and the label of the newest succeeded analysis', async () => {
      const tagged = await insert({ tags: ['urgent', 'de'], externalId: 'call-1', title: '100% Angry_customer' });
      const plain = await insert({ fileName: 'Interview.mp3' });
      await analysed(tagged.id, 'angry');
      await analysed(tagged.id, 'sad');
      await analysed(plain.id, 'angry');
      const found = async (filter: Parameters<RecordingRepository['list']>[2]): Promise<string[]> => {
        const page = await recordings.list(workspaceId, { first: 10, after: null }, filter, NEWEST_FIRST);
        expect(page.totalCount).toBe(page.items.length);
        return idsOf(page.items);
      };
      expect(await found({ tag: 'urgent' })).toEqual([tagged.id]);
      expect(await found({ tag: 'urg' })).toEqual([]);
      expect(await found({ externalId: 'call-1' })).toEqual([tagged.id]);
      expect(await found({ search: 'INTERVIEW' })).toEqual([plain.id]);
      expect(await found({ search: '100%' })).toEqual([tagged.id]);
      expect(await found({ search: 'y_c' })).toEqual([tagged.id]);
      expect(await found({ search: '1%A' })).toEqual([]);
      expect(await found({ label: 'sad' })).toEqual([tagged.id]);
      expect(await found({ label: 'angry' })).toEqual([plain.id]);
      expect(await found({ createdAfter: tagged.createdAt })).toContain(tagged.id);
      expect(await found({ createdAfter: new Date(Math.max(tagged.createdAt.getTime(), plain.createdAt.getTime()) + 1) })).toEqual([]);
      expect(await found({ createdBefore: new Date(plain.createdAt.getTime() + 1), tag: 'urgent', label: 'sad' })).toEqual([tagged.id]);
    });

    it('deletes a recording with all under it and names its blobs', async () => {
      const { id, blobKey } = await insert();
      const analysisId = await analysed(id, 'happy');
      expect([...(await recordings.peaks(workspaceId, id))!]).toEqual([-128, 127]);
      expect(await database.db.transaction((tx) => recordings.delete(tx, workspaceId, id))).toEqual({ blobKey, trackKeys: [`tracks/${analysisId}`] });
      expect([await recordings.findById(workspaceId, id), await analyses.findById(workspaceId, analysisId)]).toEqual([null, null]);
      const left = await database.db.client.$queryRaw`SELECT (SELECT count(*)::int FROM "Segment" WHERE "analysisId" = ${analysisId}) + (SELECT count(*)::int FROM "Embedding" WHERE "analysisId" = ${analysisId}) AS rows`;
      expect(left).toEqual([{ rows: 0 }]);
    });

    it('counts who refers to a blob, and tells which blobs nobody refers to', async () => {
      const shared = await insert({ sha256: 'same', blobKey: 'sha256/same' });
      await database.db.transaction((tx) => recordings.insertOrFind(tx, aRecording(other, { sha256: 'same', blobKey: 'sha256/same' })));
      const analysisId = await analysed(shared.id, 'happy');
      const count = (key: string): Promise<number> => asSystem(() => database.db.transaction((tx) => recordings.countBlobReferences(tx, key)));
      expect([await count('sha256/same'), await count(`tracks/${analysisId}`), await count('sha256/none')]).toEqual([2, 1, 0]);
      await expect(recordings.unreferencedBlobKeys(['sha256/none'])).rejects.toThrow('all workspaces');
      expect(await asSystem(() => recordings.unreferencedBlobKeys(['sha256/same', 'sha256/none', `tracks/${analysisId}`, 'tracks/none']))).toEqual(['sha256/none', 'tracks/none']);
      expect(await asSystem(() => recordings.unreferencedBlobKeys([]))).toEqual([]);
    });

    it('lets one transaction at a time hold the lock of a blob', async () => {
      const order: string[] = [];
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      let isHeld: () => void = () => undefined;
      const taken = new Promise<void>((resolve) => (isHeld = resolve));
      const first = database.db.transaction(async (tx) => {
        await recordings.lockBlob(tx, 'sha256/x');
        isHeld();
        await held;
        order.push('first');
      });
      await taken;
      const second = database.db.transaction(async (tx) => {
        await recordings.lockBlob(tx, 'sha256/x');
        order.push('second');
      });
      release();
      await Promise.all([first, second]);
      expect(order).toEqual(['first', 'second']);
    });
  });
}
