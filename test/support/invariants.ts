import { createHash } from 'node:crypto';
import pg from 'pg';
import type { BlobStore } from '../../src/storage/blob-store.js';

/** What the platform has acknowledged to its clients: the promises that are checked. */
export interface Ledger {
  /** By recording id, of the bytes that were sent. */
  readonly uploads: ReadonlyMap<string, { readonly sha256: string; readonly byteLength: number }>;
  /** Ids of analyses that were accepted. */
  readonly analyses: ReadonlySet<string>;
}

export interface InvariantReport {
  /** One sentence for each promise that was broken; none is how it must be. */
  readonly violations: readonly string[];
  readonly statuses: Readonly<Record<string, number>>;
  readonly problems: Readonly<Record<string, number>>;
}

/** Written by `watchEnds`: one row each time an analysis comes to an end. */
const ENDS = 'test_analysis_end';

/** Makes the database write down every end of an analysis, so that one that ends twice is seen. Survives restarts. */
export async function watchEnds(connectionString: string): Promise<void> {
  await withClient(connectionString, async (client) => {
    await client.query(`CREATE TABLE IF NOT EXISTS ${ENDS} (id TEXT NOT NULL, status TEXT NOT NULL, at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp())`);
    await client.query(`CREATE OR REPLACE FUNCTION ${ENDS}_log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO ${ENDS} (id, status) VALUES (NEW.id, NEW.status::text); RETURN NEW; END $$`);
    await client.query(`CREATE OR REPLACE TRIGGER ${ENDS} AFTER UPDATE OF status ON "Analysis" FOR EACH ROW WHEN (NEW.status IN ('SUCCEEDED', 'FAILED', 'CANCELLED')) EXECUTE FUNCTION ${ENDS}_log()`);
  });
}

/**
 * Compares everything that is stored with what was acknowledged. To be called when nothing is at work any more and the
 * sweeper has run. `isWatched`: whether `watchEnds` was called (a restored copy has no such table).
 */
export async function checkInvariants(options: { readonly connectionString: string; readonly blobs: Pick<BlobStore, 'readAll' | 'stat' | 'list'>; readonly ledger: Ledger; readonly isWatched: boolean }): Promise<InvariantReport> {
  const { blobs, ledger } = options;
  const violations: string[] = [];
  return withClient(options.connectionString, async (client) => {
    const all = async <Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> => (await client.query<Row>(sql)).rows;
    const none = async (sql: string, sentence: (row: { id: string; detail: string }) => string): Promise<void> => {
      for (const row of await all<{ id: string; detail: string }>(sql)) violations.push(sentence(row));
    };

    const recordings = new Map((await all<{ id: string; sha256: string; bytes: string; blobKey: string }>('SELECT id, sha256, "byteLength"::text AS bytes, "blobKey" FROM "Recording"')).map((row) => [row.id, row]));
    for (const [id, sent] of ledger.uploads) {
      const row = recordings.get(id);
      if (row === undefined) violations.push(`upload ${id} was acknowledged and its row is gone`);
      else if (row.sha256 !== sent.sha256 || Number(row.bytes) !== sent.byteLength) violations.push(`upload ${id} was acknowledged for other bytes than its row says`);
    }
    const referenced = new Set((await all<{ blobKey: string }>('SELECT "blobKey" FROM "Archive" WHERE "blobKey" IS NOT NULL')).map(({ blobKey }) => blobKey));
    for (const { id, sha256, blobKey } of recordings.values()) {
      referenced.add(blobKey);
      const digest = await blobs.readAll(blobKey).then((bytes) => createHash('sha256').update(bytes).digest('hex'), () => 'nothing');
      if (digest !== sha256) violations.push(`recording ${id}: its file has ${digest}`);
    }

    const analyses = await all<{ id: string; status: string; problemCode: string | null; trackKey: string | null }>('SELECT id, status::text AS status, "problemCode", "trackKey" FROM "Analysis"');
    const byId = new Map(analyses.map((row) => [row.id, row]));
    for (const id of ledger.analyses) {
      const row = byId.get(id);
      if (row === undefined) violations.push(`analysis ${id} was accepted and is gone`);
      else if (!['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(row.status)) violations.push(`analysis ${id} was accepted and is ${row.status} for ever`);
    }
    for (const { id, trackKey } of analyses.filter((row) => row.status === 'SUCCEEDED')) {
      if (trackKey !== null) referenced.add(trackKey);
      if (trackKey === null || (await blobs.stat(trackKey)) === null) violations.push(`analysis ${id} has succeeded without its frames`);
    }
    if (options.isWatched) await none(`SELECT id, count(*)::text AS detail FROM ${ENDS} GROUP BY id HAVING count(*) <> 1`, ({ id, detail }) => `analysis ${id} came to an end ${detail} times`);
    await none(
      `SELECT a.id, (CASE WHEN s.count > 0 THEN s.count || ' segments' WHEN e.count > 0 THEN e.count || ' embeddings' ELSE 'frames' END) AS detail FROM "Analysis" a
       CROSS JOIN LATERAL (SELECT count(*) FROM "Segment" WHERE "analysisId" = a.id) s CROSS JOIN LATERAL (SELECT count(*) FROM "Embedding" WHERE "analysisId" = a.id) e
       WHERE a.status <> 'SUCCEEDED' AND (s.count > 0 OR e.count > 0 OR a."trackKey" IS NOT NULL)`,
      ({ id, detail }) => `analysis ${id} has not succeeded and has ${detail}`);
    await none(
      `SELECT a.id, s.count || ' segments up to number ' || s.last || ', ' || s.judged || ' judged, ' || e.count || ' with embeddings, ' || u.count || ' of the whole' AS detail FROM "Analysis" a
       CROSS JOIN LATERAL (SELECT count(*), coalesce(max(index), -1) AS last, count(label) AS judged FROM "Segment" WHERE "analysisId" = a.id) s
       CROSS JOIN LATERAL (SELECT count(*) FROM "Embedding" WHERE "analysisId" = a.id AND "segmentId" IS NOT NULL) e
       CROSS JOIN LATERAL (SELECT count(*) FROM "Embedding" WHERE "analysisId" = a.id AND "segmentId" IS NULL) u
       WHERE a.status = 'SUCCEEDED' AND (s.last <> s.count - 1 OR s.judged <> e.count OR u.count <> (CASE WHEN s.judged > 0 THEN 1 ELSE 0 END) OR (a.summary IS NULL) <> (s.judged = 0) OR a."modelDigest" IS NULL OR a."finishedAt" IS NULL)`,
      ({ id, detail }) => `analysis ${id} has half a result: ${detail}`);

    await none(`SELECT id::text, state::text || ' ' || name AS detail FROM pgboss.job WHERE state <= 'active' AND name <> 'dead-letters'`, ({ id, detail }) => `job ${id} is ${detail} for ever`);
    for (const prefix of ['sha256/', 'tracks/']) {
      for await (const { key } of blobs.list(prefix)) if (!referenced.has(key)) violations.push(`${key} belongs to nobody`);
    }
    const counted = (keys: readonly (string | null)[]): Record<string, number> => {
      const counts: Record<string, number> = {};
      for (const key of keys) if (key !== null) counts[key] = (counts[key] ?? 0) + 1;
      return counts;
    };
    return { violations, statuses: counted(analyses.map(({ status }) => status)), problems: counted(analyses.map(({ problemCode }) => problemCode)) };
  });
}

export async function withClient<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
