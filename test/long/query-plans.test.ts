import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAnalysisRepository } from '../../src/db/analysis.repository.js';
import { createApiKeyRepository } from '../../src/db/api-key.repository.js';
import type { Database } from '../../src/db/database.js';
import { EXACT_UP_TO, createEmbeddingRepository } from '../../src/db/embedding.repository.js';
import { embeddingIndexName } from '../../src/db/embedding-index.js';
import { PrismaClient } from '../../src/db/generated/client.js';
import { asSystem, inWorkspace } from '../../src/domain/workspace-scope.js';
import { createRecordingRepository } from '../../src/db/recording.repository.js';
import { NEWEST_FIRST } from '../support/rows.js';
import { openServerTestDatabase, urlSeeing, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';
import { needsServer } from './needs-server.js';

const RECORDINGS = 5_000;
const SEGMENTS_EACH = 40;
const DIMENSION = 48;
/** Tables too large to be read whole for one page. */
const LARGE = ['Recording', 'Analysis', 'Segment', 'Embedding', 'Speaker'];

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

function* nodes(plan: PlanNode): Generator<PlanNode> {
  yield plan;
  for (const child of plan.Plans ?? []) yield* nodes(child);
}

const url = needsServer();

describe('the hot queries on 200,000 segments (needs TEST_DATABASE_URL)', () => {
  let database: TestDatabase;
  let db: Database;
  let client: pg.Client;
  let watched: PrismaClient<'query'>;
  let queries: { sql: string; values: unknown[] }[] = [];

  beforeAll(async () => {
    database = await openServerTestDatabase(url);
    // Plans of the ordinary role that the platform should run as: what its policies cost is in them.
    const connectionString = urlSeeing('*', database.db.connectionString);
    client = new pg.Client({ connectionString });
    await client.connect();
    expect(database.db.hasWall).toBe(true);
    await client.query(`
      SELECT setseed(0.5);
      INSERT INTO "Workspace" (id, name) VALUES ('ws_1', 'one'), ('ws_2', 'two');
      INSERT INTO "ApiKey" (id, "workspaceId", name, role, prefix, hash) SELECT 'key_' || i, 'ws_1', 'k', 'viewer', 'p', sha256(i::text::bytea) FROM generate_series(1, 500) i;
      INSERT INTO "Recording" (id, "workspaceId", sha256, "byteLength", "blobKey", "fileName", "externalId", tags, "durationSeconds", "createdAt")
        SELECT 'rec_' || i, CASE WHEN i % 10 = 0 THEN 'ws_2' ELSE 'ws_1' END, i, 1, 'sha256/' || i, 'file' || i, 'call-' || i, ARRAY['t' || i % 50], i, now() - i * interval '1 minute' FROM generate_series(1, ${RECORDINGS}) i;
      INSERT INTO "Analysis" (id, "workspaceId", "recordingId", status, "modelId", "modelDigest", "modelLabels", "summaryLabel", "trackKey", "createdAt")
        SELECT 'ana_' || substr(id, 5), "workspaceId", id, (CASE WHEN id LIKE '%00' THEN 'RUNNING' ELSE 'SUCCEEDED' END)::"AnalysisStatus", 'm', 'd', ARRAY['a', 'b'], 'l' || (random() * 8)::int, 'tracks/' || id, "createdAt" FROM "Recording";
      INSERT INTO "Speaker" (id, "workspaceId", "analysisId", key, "talkSeconds") SELECT 'spk_' || id, "workspaceId", id, 'A', 1 FROM "Analysis";
      INSERT INTO "Segment" (id, "workspaceId", "analysisId", index, "startSeconds", "endSeconds", "speechSeconds", gate, "speakerId", label, confidence, "frameOffset", "frameCount")
        SELECT a.id || '_' || i, a."workspaceId", a.id, i, i, i + 1, 1, 'speech', 'spk_' || a.id, 'l' || i % 8, random(), i, 1 FROM "Analysis" a, generate_series(1, ${SEGMENTS_EACH}) i;
      INSERT INTO "Embedding" (id, "workspaceId", "analysisId", "segmentId", "modelId", "modelDigest", kind, dimension, vector)
        SELECT 'emb_' || s.id, a."workspaceId", a.id, s.id, 'm', 'd', 'SEGMENT', ${DIMENSION}, (SELECT array_agg(random() - 0.5) FROM generate_series(1, ${DIMENSION} + 0 * s.index))::vector
        FROM "Segment" s JOIN "Analysis" a ON a.id = s."analysisId" WHERE s.index <= 4;
    `);
    await createEmbeddingRepository(database.db).ensureIndex('m', DIMENSION);
    await client.query('ANALYZE');
    watched = new PrismaClient({ adapter: new PrismaPg(connectionString), log: [{ emit: 'event', level: 'query' }] });
    watched.$on('query', ({ query, params }) => queries.push({ sql: query, values: JSON.parse(params) as unknown[] }));
    db = { ...database.db, client: watched };
  });
  afterAll(async () => {
    await watched.$disconnect();
    await client.end();
    await database.dispose();
  });

  /** Plans of what a call asked for, its counts of whole lists left out. */
  async function plansOf(call: () => Promise<unknown>): Promise<PlanNode[]> {
    queries = [];
    await call();
    const asked = queries.filter(({ sql }) => /^\s*SELECT/i.test(sql) && !/count\(\*\)/i.test(sql));
    expect(asked.length).toBeGreaterThan(0);
    const plans: PlanNode[] = [];
    for (const { sql, values } of asked) {
      const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(`EXPLAIN (FORMAT JSON) ${sql}`, values);
      plans.push(...nodes(rows[0]!['QUERY PLAN'][0].Plan));
    }
    return plans;
  }
  const wholeReads = (plan: readonly PlanNode[]): string[] => plan.filter((node) => node['Node Type'] === 'Seq Scan' && LARGE.includes(node['Relation Name'] ?? '')).map((node) => node['Relation Name']!);
  const indexesOf = (plan: readonly PlanNode[]): (string | undefined)[] => plan.map((node) => node['Index Name']);
  const sorts = (plan: readonly PlanNode[]): number => plan.filter((node) => node['Node Type'] === 'Sort').length;

  it('a page of recordings deep in the list comes straight from the index, unsorted', async () => {
    const recordings = createRecordingRepository(db);
    const { cursors } = await recordings.list('ws_1', { first: 200, after: null }, {}, NEWEST_FIRST);
    const plan = await plansOf(() => recordings.list('ws_1', { first: 50, after: cursors[199]! }, {}, NEWEST_FIRST));
    expect([wholeReads(plan), sorts(plan), indexesOf(plan).includes('Recording_workspaceId_createdAt_id_idx')]).toEqual([[], 0, true]);
  });

  it('a page of analyses deep in the list comes straight from the index, unsorted', async () => {
    const analyses = createAnalysisRepository(db);
    const { cursors } = await analyses.list('ws_1', { first: 200, after: null }, {});
    const plan = await plansOf(() => analyses.list('ws_1', { first: 50, after: cursors[199]! }, {}));
    expect([wholeReads(plan), sorts(plan), indexesOf(plan).includes('Analysis_workspaceId_createdAt_id_idx')]).toEqual([[], 0, true]);
  });

  it('a page of segments comes straight from the index', async () => {
    const analyses = createAnalysisRepository(db);
    const { cursors } = await analyses.segments('ws_1', 'ana_7', { first: 20, after: null }, {});
    const plan = await plansOf(() => analyses.segments('ws_1', 'ana_7', { first: 10, after: cursors[10]! }, {}));
    expect([wholeReads(plan), indexesOf(plan).includes('Segment_analysisId_index_key')]).toEqual([[], true]);
  });

  it.each<[string, (db: Database) => Promise<unknown>]>([
    ['recordings by name', (from) => createRecordingRepository(from).list('ws_1', { first: 20, after: null }, {}, { field: 'fileName', direction: 'desc' })],
    ['recordings of a customer', (from) => createRecordingRepository(from).list('ws_1', { first: 20, after: null }, { externalId: 'call-9' }, NEWEST_FIRST)],
    ['recordings of a tag', (from) => createRecordingRepository(from).list('ws_1', { first: 20, after: null }, { tag: 't7' }, NEWEST_FIRST)],
    ['recordings of a label', (from) => createRecordingRepository(from).list('ws_1', { first: 20, after: null }, { label: 'l3' }, NEWEST_FIRST)],
    ['a recording and its analyses', (from) => createAnalysisRepository(from).list('ws_1', { first: 20, after: null }, { recordingId: 'rec_9' })],
    ['analyses of a label', (from) => createAnalysisRepository(from).list('ws_1', { first: 20, after: null }, { label: 'l3' })],
    ['what a worker reads', (from) => createAnalysisRepository(from).findForWork('ana_9')],
    ['a segment', (from) => createAnalysisRepository(from).findSegment('ws_1', 'ana_9_3')],
    ['segments of a label', (from) => createAnalysisRepository(from).segments('ws_1', 'ana_9', { first: 20, after: null }, { label: 'l3' })],
    ['speakers of a page', (from) => createAnalysisRepository(from).speakers('ws_1', ['ana_9', 'ana_11'])],
    ['embeddings of a page', (from) => createEmbeddingRepository(from).findForSegments('ws_1', ['ana_9_1', 'ana_11_2'])],
    ['the embedding of an analysis', (from) => createEmbeddingRepository(from).findForAnalysis('ws_1', 'ana_9')],
    ['what may be swept', (from) => asSystem(() => createRecordingRepository(from).unreferencedBlobKeys(['sha256/5', 'tracks/rec_5', 'sha256/none']))],
    ['what has not ended', (from) => createAnalysisRepository(from).listUnfinished(new Date(), null)],
  ])('%s are found without reading a large table whole', async (_name, call) => {
    expect(wholeReads(await plansOf(() => call(db)))).toEqual([]);
  });

  it('a key is found by the index of its hash', async () => {
    const plan = await plansOf(() => createApiKeyRepository(db).countActive('admin').then(() => createApiKeyRepository(db).findByHash(new Uint8Array(32))));
    expect(indexesOf(plan)).toContain('ApiKey_hash_key');
  });

  it('neighbours among many come from the index of the model, are the true ones, and are as many as asked for behind a narrow filter', async () => {
    const embeddings = createEmbeddingRepository(database.db);
    const { rows } = await client.query<{ count: number }>("SELECT count(*)::int AS count FROM \"Embedding\" WHERE \"workspaceId\" = 'ws_1'");
    expect(rows[0]!.count).toBeGreaterThan(EXACT_UP_TO);
    const usedBefore = await indexScans();
    let [found, wanted] = [0, 0];
    for (let i = 0; i < 20; i++) {
      const to = (await inWorkspace('ws_1', () => embeddings.findById('ws_1', `emb_ana_${11 + 40 * i}_2`)))!;
      const neighbours = await inWorkspace('ws_1', () => embeddings.similarSegments('ws_1', to, 10, {}));
      const exact = await client.query<{ segmentId: string }>(
        'SELECT "segmentId" FROM "Embedding" WHERE "workspaceId" = \'ws_1\' AND id <> $1 ORDER BY vector <=> (SELECT vector FROM "Embedding" WHERE id = $1) LIMIT 10', [to.id]);
      const truth = new Set(exact.rows.map(({ segmentId }) => segmentId));
      expect(neighbours).toHaveLength(10);
      found += neighbours.filter(({ segment }) => truth.has(segment.id)).length;
      wanted += 10;
      // One recording in ten belongs to the other workspace, one in fifty has the tag.
      expect(await inWorkspace('ws_1', () => embeddings.similarSegments('ws_1', to, 10, { tag: 't7' }))).toHaveLength(10);
    }
    expect(found / wanted).toBeGreaterThan(0.9);
    await until('the server has counted 20 searches through the index', async () => (await indexScans()) >= usedBefore + 20);
  });

  async function indexScans(): Promise<number> {
    // Each connection reports what it did when it has been idle for a second; ending them all makes it known at once.
    await client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'undertone' AND state = 'idle'");
    await client.query('SELECT pg_stat_clear_snapshot()');
    const { rows } = await client.query<{ scans: string }>('SELECT idx_scan AS scans FROM pg_stat_user_indexes WHERE indexrelname = $1', [embeddingIndexName('m', DIMENSION)]);
    return Number(rows[0]!.scans);
  }
});
