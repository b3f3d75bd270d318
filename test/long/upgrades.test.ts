import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { inWorkspace } from '../../src/domain/workspace-scope.js';
import { createRecordingRepository } from '../../src/db/recording.repository.js';
import { migrate, readMigrations } from '../../src/db/migrations.js';
import { openDatabase } from '../../src/db/open-database.js';
import { makeServerDatabase, silentLog } from '../support/test-database.js';
import { needsServer } from './needs-server.js';

const serverUrl = needsServer();
const migrations = readMigrations();

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

/** What the first version could already hold: only columns of the first migration are named. */
const DATA = `
  INSERT INTO "Workspace" (id, name) VALUES ('ws_old', 'from before');
  INSERT INTO "Recording" (id, "workspaceId", sha256, "byteLength", "blobKey", "fileName", tags) VALUES ('rec_old', 'ws_old', repeat('ab', 32), 123456789012, 'sha256/ab/${'ab'.repeat(31)}', 'old.wav', ARRAY['kept']);
  INSERT INTO "Analysis" (id, "workspaceId", "recordingId", status, progress, "modelId") VALUES ('ana_old', 'ws_old', 'rec_old', 'SUCCEEDED', 1, 'starter'), ('ana_waiting', 'ws_old', 'rec_old', 'QUEUED', 0, 'starter');
  INSERT INTO "Speaker" (id, "analysisId", key, "talkSeconds") VALUES ('spk_old', 'ana_old', 'A', 1);
  INSERT INTO "Segment" (id, "analysisId", index, "startSeconds", "endSeconds", "speechSeconds", gate, "speakerId", "frameOffset", "frameCount") VALUES ('seg_old', 'ana_old', 0, 0, 1, 1, 'speech', 'spk_old', 0, 50);`;

describe('an upgrade of a PostgreSQL database (TEST_DATABASE_URL)', () => {
  it.each(migrations.map(({ name }, i) => [name, i + 1] as const))('from the version whose last migration was %s keeps what was there, and reads it', async (_name, count) => {
    const { url, superuserUrl, drop } = await makeServerDatabase(serverUrl);
    const dataDir = mkdtempSync(join(tmpdir(), 'ut-upgrade-'));
    try {
      expect(await migrate(url, migrations.slice(0, count))).toHaveLength(count);
      await onServer(superuserUrl, DATA);
      const database = await openDatabase({ url, dataDir, log: silentLog });
      try {
        expect(database.appliedMigrations).toEqual(migrations.slice(count).map((migration) => migration.name));
        const recording = await inWorkspace('ws_old', () => createRecordingRepository(database).findById('ws_old', 'rec_old'));
        expect(recording).toMatchObject({ fileName: 'old.wav', byteLength: 123_456_789_012, tags: ['kept'] });
        const analyses = await inWorkspace('ws_old', () => database.client.analysis.findMany({ orderBy: { id: 'asc' } }));
        expect(analyses.map(({ id, status }) => [id, status])).toEqual([['ana_old', 'SUCCEEDED'], ['ana_waiting', 'QUEUED']]);
        const parts = await inWorkspace('ws_old', () => Promise.all([database.client.segment.findMany({ select: { id: true, workspaceId: true } }), database.client.speaker.findMany({ select: { id: true, workspaceId: true } })]));
        expect(parts).toEqual([[{ id: 'seg_old', workspaceId: 'ws_old' }], [{ id: 'spk_old', workspaceId: 'ws_old' }]]);
      } finally {
        await database.close();
      }
    } finally {
      await drop();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});
