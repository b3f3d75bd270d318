import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAnalysisRepository } from '../../src/db/analysis.repository.js';
import { createApiKeyRepository } from '../../src/db/api-key.repository.js';
import { createEmbeddingIndexes, embeddingIndexName } from '../../src/db/embedding-index.js';
import { createEmbeddingRepository } from '../../src/db/embedding.repository.js';
import { createRecordingRepository } from '../../src/db/recording.repository.js';
import type { AnalysisRepository, EmbeddingRepository } from '../../src/db/repositories.js';
import { newId } from '../../src/domain/ids.js';
import type { EmbeddingRecord, SimilarityFilter } from '../../src/domain/records.js';
import { anOutcome, aPrediction, aSegment } from '../support/outcome.js';
import { aRecording, type NewRecording } from '../support/rows.js';
import type { TestDatabase } from '../support/test-database.js';

const MODEL = { id: "it's a model", version: '1', digest: 'd1', labels: ['angry', 'happy', 'neutral', 'sad'] };

/** A unit vector at an angle: neighbours of 0 are the smallest angles. */
const at = (degrees: number): Float32Array => Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180), 0);

export function describeEmbeddings(open: () => Promise<TestDatabase>): void {
  describe('embeddings', () => {
    let database: TestDatabase;
    let embeddings: EmbeddingRepository;
    let analyses: AnalysisRepository;
    const workspaceId = newId('workspace');
    const other = newId('workspace');
    beforeAll(async () => {
      database = await open();
      embeddings = createEmbeddingRepository(database.db);
      analyses = createAnalysisRepository(database.db);
      for (const id of [workspaceId, other]) await createApiKeyRepository(database.db).ensureWorkspace(id, 'test');
    });
    afterAll(() => database.dispose());

    /** Stores an analysis with one segment an angle; answers the ids of the recording and the segments. */
    async function store(angles: readonly number[], changes: { recording?: Partial<NewRecording>; model?: Partial<typeof MODEL>; label?: string; workspace?: string } = {}) {
      const owner = changes.workspace ?? workspaceId;
      const { recording } = await database.db.transaction((tx) => createRecordingRepository(database.db).insertOrFind(tx, aRecording(owner, changes.recording)));
      const id = newId('analysis');
      const model = { ...MODEL, ...changes.model };
      await database.db.transaction((tx) => analyses.insert(tx, { id, workspaceId: owner, recordingId: recording.id, modelId: model.id, raw: false, speakersMode: 'none', idempotencyKey: null, requestDigest: null }));
      await analyses.begin(id);
      const segments = angles.map((angle, index) => aSegment(index, { embedding: at(angle), prediction: aPrediction({ label: changes.label ?? 'happy' }) }));
      await analyses.complete({ analysisId: id, outcome: anOutcome({ model, segments, embedding: at(0) }), trackKey: `tracks/${id}`, peaks: new Int8Array() });
      const page = await analyses.segments(owner, id, { first: 100, after: null }, {});
      return { analysisId: id, recordingId: recording.id, segmentIds: page.items.map((segment) => segment.id) };
    }
    const embeddingOf = async (segmentId: string): Promise<EmbeddingRecord> => (await embeddings.findForSegments(workspaceId, [segmentId]))[0]!;

    it('reads vectors back bit for bit, for segments and for the whole recording', async () => {
      const { analysisId, segmentIds } = await store([1, 2]);
      const whole = (await embeddings.findForAnalysis(workspaceId, analysisId))!;
      expect(whole).toMatchObject({ workspaceId, analysisId, segmentId: null, modelId: MODEL.id, modelDigest: 'd1', kind: 'UTTERANCE', dimension: 3 });
      expect(whole.values).toEqual(at(0));
      const ofSegments = await embeddings.findForSegments(workspaceId, [...segmentIds, 'seg_none']);
      expect(new Map(ofSegments.map(({ segmentId, values }) => [segmentId, values]))).toEqual(new Map([[segmentIds[0], at(1)], [segmentIds[1], at(2)]]));
      expect(await embeddings.findById(workspaceId, ofSegments[0]!.id)).toEqual(ofSegments[0]);
      expect([await embeddings.findById(other, whole.id), await embeddings.findForAnalysis(other, analysisId), await embeddings.findForSegments(other, segmentIds)]).toEqual([null, null, []]);
    });

    it('finds neighbours nearest first, without the target, of the same model, digest and workspace only', async () => {
      const model = { id: 'neighbours' };
      const mine = await store([0, 10, 40, 25, 179], { model });
      await store([1], { model: { ...model, digest: 'd2' } });
      await store([2], { model: { id: 'neighbours-large' } });
      await store([3], { model, workspace: other });
      const target = await embeddingOf(mine.segmentIds[0]!);
      const found = await embeddings.similarSegments(workspaceId, target, 10, {});
      expect(found.map(({ segment }) => segment.index)).toEqual([1, 3, 2, 4]);
      expect(found[0]).toMatchObject({ analysisId: mine.analysisId, recordingId: mine.recordingId, segment: { id: mine.segmentIds[1], prediction: { label: 'happy' } } });
      expect(found[0]!.similarity).toBeCloseTo(Math.cos(Math.PI / 18), 5);
      expect((await embeddings.similarSegments(workspaceId, target, 2, {})).map(({ segment }) => segment.index)).toEqual([1, 3]);
    });

    it('finds the segments that are nearest to a whole recording', async () => {
      const { analysisId } = await store([30, 5], { model: { id: 'whole' } });
      const whole = (await embeddings.findForAnalysis(workspaceId, analysisId))!;
      expect((await embeddings.similarSegments(workspaceId, whole, 5, {})).map(({ segment }) => segment.index)).toEqual([1, 0]);
    });

    it('filters neighbours by label, recording, tag, time and similarity', async () => {
      const model = { id: 'filters' };
      const target = await store([0, 20], { model });
      const sad = await store([10], { model, label: 'sad', recording: { tags: ['urgent'] } });
      const to = await embeddingOf(target.segmentIds[0]!);
      const found = async (filter: SimilarityFilter): Promise<string[]> => (await embeddings.similarSegments(workspaceId, to, 10, filter)).map(({ segment }) => segment.id);
      const [own, foreign] = [target.segmentIds[1]!, sad.segmentIds[0]!];
      expect(await found({})).toEqual([foreign, own]);
      expect(await found({ label: 'sad' })).toEqual([foreign]);
      expect(await found({ recordingId: target.recordingId })).toEqual([own]);
      expect(await found({ excludeRecordingId: target.recordingId })).toEqual([foreign]);
      expect(await found({ tag: 'urgent' })).toEqual([foreign]);
      expect(await found({ minSimilarity: Math.cos((15 * Math.PI) / 180) })).toEqual([foreign]);
      expect(await found({ createdAfter: new Date(Date.now() + 60_000) })).toEqual([]);
      expect(await found({ createdBefore: new Date(Date.now() + 60_000) })).toEqual([foreign, own]);
    });

    it('makes the index of a model once, however many ask at once, and still finds the same', async () => {
      const { segmentIds } = await store([0, 10, 20], { model: { id: 'indexed' } });
      const to = await embeddingOf(segmentIds[0]!);
      const before = await embeddings.similarSegments(workspaceId, to, 5, {});
      await Promise.all(Array.from({ length: 4 }, () => embeddings.ensureIndex('indexed', 3)));
      await embeddings.ensureIndex('indexed', 3);
      const indexes = await database.db.client.$queryRaw<{ indexdef: string }[]>`SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'Embedding_hnsw_%'`;
      expect(indexes).toHaveLength(database.db.embedded ? 0 : 1);
      expect(await embeddings.similarSegments(workspaceId, to, 5, {})).toEqual(before);
      await store([5], { model: { id: 'indexed' } });
      expect(await embeddings.similarSegments(workspaceId, to, 5, {})).toHaveLength(3);
    });

    it('takes a valid index for granted for ten minutes and makes one that was dropped again after', async () => {
      let nowMs = 0;
      const ensure = createEmbeddingIndexes(database.db, () => nowMs);
      const name = embeddingIndexName('granted', 3);
      const indexCount = async (): Promise<number> => (await database.db.client.$queryRaw<unknown[]>`SELECT 1 FROM pg_indexes WHERE indexname = ${name}`).length;
      await ensure('granted', 3);
      const made = database.db.embedded ? 0 : 1;
      expect(await indexCount()).toBe(made);
      await database.db.client.$executeRawUnsafe(`DROP INDEX IF EXISTS "${name}"`);
      nowMs = 599_999;
      await ensure('granted', 3);
      expect(await indexCount()).toBe(0);
      nowMs = 600_000;
      await ensure('granted', 3);
      expect(await indexCount()).toBe(made);
    });
  });
}
