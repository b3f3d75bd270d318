import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBossQueue } from '../../src/queue/boss-queue.js';
import { CLAIM, claimValues } from '../../src/queue/job-claim.js';
import type { JobQueue } from '../../src/queue/job-queue.js';
import { openServerTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';
import { needsServer } from './needs-server.js';

const JOB = 'analyze-recording';
const WAITING = 50_000;
const url = needsServer();
const quiet = { warn: () => undefined, error: () => undefined };

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly Plans?: readonly PlanNode[];
}

describe(`the queue with ${WAITING} jobs that wait (needs TEST_DATABASE_URL)`, () => {
  let database: TestDatabase;
  let client: pg.Client;
  let queue: JobQueue;
  beforeAll(async () => {
    database = await openServerTestDatabase(url);
    client = new pg.Client({ connectionString: database.db.connectionString });
    await client.connect();
    queue = createBossQueue({ connectionString: database.db.connectionString, reclaimActive: false, log: quiet, pollIntervalMs: 3_600_000 });
    await queue.start();
    await database.db.transaction((tx) => queue.enqueue(tx, JOB, { analysisId: 'pattern' }, { priority: 'bulk', key: 'pattern', workspaceId: 'ws_0', needs: 'm' }));
    // Copies of one real job, in three workspaces of very different size, and as many that are done.
    const columns = (await client.query<{ name: string }>("SELECT column_name AS name FROM information_schema.columns WHERE table_schema = 'pgboss' AND table_name = 'job' AND column_name NOT IN ('id', 'singleton_key', 'group_id', 'state', 'created_on')")).rows.map(({ name }) => name).join(', ');
    await client.query(`INSERT INTO pgboss.job (singleton_key, group_id, state, created_on, ${columns})
      SELECT 'k' || i, CASE WHEN i % 1000 = 0 THEN 'ws_2' WHEN i % 10 = 0 THEN 'ws_1' ELSE 'ws_0' END, (CASE WHEN i > ${WAITING} THEN 'completed' ELSE 'created' END)::pgboss.job_state, now() - (${2 * WAITING} - i) * interval '1 ms', ${columns}
      FROM pgboss.job, generate_series(1, ${2 * WAITING}) i WHERE singleton_key = 'pattern'`);
    await client.query('VACUUM ANALYZE pgboss.job');
  });
  afterAll(async () => {
    await queue.stop({ deadlineMs: 0 });
    await client.end();
    await database.dispose();
  });

  function* nodes(plan: PlanNode): Generator<PlanNode> {
    yield plan;
    for (const child of plan.Plans ?? []) yield* nodes(child);
  }
  async function planOf(sql: string, values: readonly unknown[]): Promise<PlanNode[]> {
    await client.query('BEGIN');
    try {
      const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${sql}`, [...values]);
      return [...nodes(rows[0]!['QUERY PLAN'][0].Plan)];
    } finally {
      await client.query('ROLLBACK');
    }
  }
  const isWholeRead = (node: PlanNode): boolean => node['Node Type'] === 'Seq Scan' && (node['Relation Name'] ?? '').startsWith('job');

  it('claims the next job from the index of the lanes, reading a few rows of each workspace', async () => {
    const plan = await planOf(CLAIM, claimValues(JOB, { limit: 2, minPriority: null, maxPriority: null, waitedSeconds: 0, holds: ['m', 'other'], served: ['ws_0', 'ws_1'] }));
    expect(plan.filter(isWholeRead)).toEqual([]);
    expect(Math.max(...plan.map((node) => node['Actual Rows'] ?? 0))).toBeLessThan(100);
  });

  it('sees the smallest workspace within the first claims of a worker', async () => {
    const seen: string[] = [];
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await queue.work(JOB, { concurrency: 6 }, async ({ analysisId }) => {
      seen.push(analysisId);
      await held;
    });
    await until('six run', () => seen.length === 6);
    const { rows } = await client.query<{ lane: string; count: number }>("SELECT group_id AS lane, count(*)::int AS count FROM pgboss.job WHERE name = $1 AND state = 'active' GROUP BY 1 ORDER BY 1", [JOB]);
    expect(rows).toEqual([{ lane: 'ws_0', count: 2 }, { lane: 'ws_1', count: 2 }, { lane: 'ws_2', count: 2 }]);
    release();
    await queue.stopWork({ deadlineMs: 1_000 });
  });

  it('finds keys without a job by their index', async () => {
    const keys = Array.from({ length: 400 }, (_, i) => `k${i + 1}`);
    expect(await queue.without(JOB, [...keys, 'nowhere'])).toContain('nowhere');
    const plan = await planOf(`SELECT w.key FROM unnest($2::text[]) AS w (key) WHERE (SELECT id FROM pgboss.job WHERE name = $1 AND COALESCE(singleton_key, '') = w.key AND state <= 'active' AND policy = 'exclusive' LIMIT 1) IS NULL`, [JOB, keys]);
    expect(plan.filter(isWholeRead)).toEqual([]);
  });
});
