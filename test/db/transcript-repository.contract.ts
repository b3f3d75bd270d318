import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAnalysisRepository } from '../../src/db/analysis.repository.js';
import { createRecordingRepository } from '../../src/db/recording.repository.js';
import { createTranscriptRepository } from '../../src/db/transcript.repository.js';
import { newId } from '../../src/domain/ids.js';
import type { CrossCheck, Transcript } from '../../src/domain/transcript.js';
import { anOutcome, aSegment } from '../support/outcome.js';
import { aRecording } from '../support/rows.js';
import type { TestDatabase } from '../support/test-database.js';

const CHECK: CrossCheck = { lexicon: 'l@1', language: 'en', reason: null, agreement: 0.25, readings: [{ segmentIndex: 0, valence: -0.5, feelings: { sad: 1 }, strength: 0.5, agreement: 0.25 }], contradictions: [] };
const FROM_ENGINE: Transcript = {
  source: 'engine', engine: 'sherpa-onnx', engineDigest: 'ab', language: 'en', crossCheck: null,
  words: [{ text: 'one', startSeconds: 0.1, endSeconds: 0.25, confidence: 0.9, speaker: 'channel-0', segmentIndex: 0 }, { text: 'two\0', startSeconds: 2.12345, endSeconds: 2.5, confidence: null, speaker: null, segmentIndex: null }],
};
const IMPORTED: Transcript = { ...FROM_ENGINE, source: 'import', engine: 'srt', language: null, words: [FROM_ENGINE.words[0]!], crossCheck: CHECK };

export function describeTranscripts(open: () => Promise<TestDatabase>): void {
  describe('transcripts', () => {
    let database: TestDatabase;
    let workspaceId: string;
    let recordingId: string;
    let analysisId: string;
    const transcripts = () => createTranscriptRepository(database.db);
    const replace = (id: string, transcript = IMPORTED, workspace = workspaceId) => database.db.transaction((tx) => transcripts().replace(tx, workspace, id, {
      transcript, segments: [{ index: 0, text: 'one', agreement: 0.25 }, { index: 1, text: null, agreement: null }], warningPrefix: 'PLUGIN_WORDS_', warnings: [{ code: 'PLUGIN_WORDS_AGAINST_VOICE', message: 'new' }],
    }));
    const add = async (outcome = anOutcome()): Promise<string> => {
      const analyses = createAnalysisRepository(database.db);
      const id = newId('analysis');
      await database.db.transaction((tx) => analyses.insert(tx, { id, workspaceId, recordingId, modelId: 'starter', raw: false, speakersMode: 'none', idempotencyKey: null, requestDigest: null }));
      await analyses.begin(id);
      expect(await analyses.complete({ analysisId: id, outcome, trackKey: `tracks/${id}`, peaks: new Int8Array(2) })).toBe(true);
      return id;
    };

    beforeAll(async () => {
      database = await open();
      const { db } = database;
      workspaceId = newId('workspace');
      await db.client.workspace.create({ data: { id: workspaceId, name: 'transcripts' } });
      recordingId = (await db.transaction((tx) => createRecordingRepository(db).insertOrFind(tx, aRecording(workspaceId)))).recording.id;
      analysisId = await add(anOutcome({ transcript: FROM_ENGINE, warnings: [{ code: 'RAW', message: 'kept' }, { code: 'PLUGIN_WORDS_UNREAD', message: 'old' }], segments: [aSegment(0, { text: 'before', agreement: 0.9 }), aSegment(1, { text: 'gone' })] }));
    });
    afterAll(() => database.dispose());

    it('come back with their words, to the millisecond, and belong to their workspace', async () => {
      const [first, second] = FROM_ENGINE.words;
      expect(await transcripts().find(workspaceId, [analysisId, 'ana_none'])).toEqual([{ ...FROM_ENGINE, words: [first, { ...second, text: 'two', startSeconds: 2.123 }], analysisId, createdAt: expect.any(Date) as Date }]);
      expect(await transcripts().find('ws_other', [analysisId])).toEqual([]);
      expect(await replace(analysisId, IMPORTED, 'ws_other')).toBeNull();
    });

    it('are replaced whole, with the texts, the agreement and the warnings that go with them', async () => {
      expect(await replace(analysisId)).toMatchObject({ analysisId, source: 'import', crossCheck: CHECK });
      expect(await transcripts().find(workspaceId, [analysisId])).toMatchObject([{ ...IMPORTED }]);
      const analyses = createAnalysisRepository(database.db);
      const { items } = await analyses.segments(workspaceId, analysisId, { first: 10, after: null }, {});
      expect(items.map(({ text, agreement }) => [text, agreement])).toEqual([['one', 0.25], [null, null]]);
      expect((await analyses.findById(workspaceId, analysisId))!.warnings).toEqual([{ code: 'RAW', message: 'kept' }, { code: 'PLUGIN_WORDS_AGAINST_VOICE', message: 'new' }]);
    });

    it('are put beside a result that had none, and beside nothing that has not succeeded', async () => {
      expect(await replace(await add())).not.toBeNull();
      const id = newId('analysis');
      await database.db.transaction((tx) => createAnalysisRepository(database.db).insert(tx, { id, workspaceId, recordingId, modelId: 'starter', raw: false, speakersMode: 'none', idempotencyKey: null, requestDigest: null }));
      expect(await replace(id)).toBeNull();
      expect(await transcripts().find(workspaceId, [id])).toEqual([]);
    });

    it('are not written over under a legal hold, and go with their recording after it', async () => {
      const { client } = database.db;
      const holdId = newId('legalHold');
      await client.legalHold.create({ data: { id: holdId, workspaceId, scope: 'RECORDING', recordingId, reason: 'a case', placedBy: 'key_1' } });
      await expect(replace(analysisId, FROM_ENGINE)).rejects.toMatchObject({ code: 'LEGAL_HOLD' });
      await expect(client.transcript.deleteMany({ where: { analysisId } })).rejects.toMatchObject({ code: 'LEGAL_HOLD' });
      expect(await transcripts().find(workspaceId, [analysisId])).toMatchObject([{ source: 'import' }]);
      await client.legalHold.update({ where: { id: holdId }, data: { releasedAt: new Date() } });
      await database.db.transaction((tx) => createRecordingRepository(database.db).delete(tx, workspaceId, recordingId));
      expect(await client.transcript.count({ where: { workspaceId } })).toBe(0);
    });
  });
}
