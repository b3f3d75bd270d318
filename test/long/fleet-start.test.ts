import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate, readMigrations } from '../../src/db/migrations.js';
import { startServer, startWorker } from '../support/server-process.js';
import { makeServerDatabase, urlSeeing, type ServerDatabase } from '../support/test-database.js';
import { needsServer } from './needs-server.js';

const url = needsServer();

/** Tables, columns, indexes and constraints as text, to compare two databases by. */
const STRUCTURE = `
  SELECT 'column ' || table_name || '.' || column_name || ' ' || udt_name || ' ' || is_nullable || ' ' || coalesce(column_default, '') AS line FROM information_schema.columns WHERE table_schema = 'public'
  UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT 'policy ' || tablename || ' ' || policyname || ' ' || qual FROM pg_policies WHERE schemaname = 'public'
  ORDER BY 1`;

describe('a fresh database on a PostgreSQL server (TEST_DATABASE_URL)', () => {
  let folder: string;
  const made: ServerDatabase[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ut-start-'));
  });
  afterAll(async () => {
    for (const { drop } of made) await drop();
    await rm(folder, { recursive: true, force: true });
  });
  async function fresh(): Promise<string> {
    const database = await makeServerDatabase(url);
    made.push(database);
    return urlSeeing('*', database.url);
  }
  async function ask<Row extends pg.QueryResultRow>(address: string, sql: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: address });
    await client.connect();
    return client.query<Row>(sql).then(({ rows }) => rows).finally(() => client.end());
  }

  it('has the same structure from every earlier version as from empty, and keeps the rows that were there', { timeout: 120_000 }, async () => {
    const migrations = readMigrations();
    const whole = await fresh();
    expect(await migrate(whole)).toEqual(migrations.map(({ name }) => name));
    const wanted = await ask(whole, STRUCTURE);
    expect(wanted.length).toBeGreaterThan(50);
    for (let version = 1; version < migrations.length; version++) {
      const older = await fresh();
      await migrate(older, migrations.slice(0, version));
      await ask(older, `INSERT INTO "Workspace" (id, name) VALUES ('ws_old', 'kept');
        INSERT INTO "Recording" (id, "workspaceId", sha256, "byteLength", "blobKey", "fileName") VALUES ('rec_old', 'ws_old', 'ab', 1, 'sha256/ab/cd', 'a.wav');
        INSERT INTO "Analysis" (id, "workspaceId", "recordingId", "modelId", status) VALUES ('ana_old', 'ws_old', 'rec_old', 'm', 'SUCCEEDED')`);
      expect(await migrate(older)).toEqual(migrations.slice(version).map(({ name }) => name));
      expect(await ask(older, STRUCTURE), `from ${migrations[version - 1]!.name}`).toEqual(wanted);
      expect(await ask(older, `SELECT a.id FROM "Analysis" a JOIN "Recording" r ON r.id = a."recordingId" JOIN "Workspace" w ON w.id = a."workspaceId" WHERE w.name = 'kept'`)).toEqual([{ id: 'ana_old' }]);
      expect(await migrate(older)).toEqual([]);
    }
  });

  it('is made ready once by two servers and two workers that start at the same moment with one admin key', { timeout: 180_000 }, async () => {
    const address = await fresh();
    const environment = { DATABASE_URL: address, UNDERTONE_STORAGE_URL: `file://${join(folder, 'blobs')}`, UNDERTONE_LOG_LEVEL: 'warn' };
    const nodes = await Promise.all([
      startServer(join(folder, 'a'), environment), startServer(join(folder, 'b'), environment, ['--no-worker']), startWorker(join(folder, 'c'), environment), startWorker(join(folder, 'd'), environment),
    ]);
    try {
      const [{ keys, applied } = { keys: 0, applied: 0 }] = await ask<{ keys: number; applied: number }>(address, 'SELECT (SELECT count(*)::int FROM "ApiKey") AS keys, (SELECT count(*)::int FROM "_prisma_migrations" WHERE finished_at IS NOT NULL) AS applied');
      expect([keys, applied]).toEqual([1, readMigrations().length]);
      expect((await nodes[1].query<{ nodes: object[] }>('{ nodes { id } }')).nodes.length).toBeGreaterThan(2);
    } finally {
      expect(await Promise.all(nodes.map((node) => node.kill('SIGTERM')))).toEqual([0, 0, 0, 0]);
    }
  });
});
