import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import pino from 'pino';
import { composePlatform, type Platform } from '../../src/compose.js';
import { readSettings } from '../../src/config.js';
import { formatMasterKey, newMasterKey } from '../../src/domain/envelope.js';
import { DEFAULT_WORKSPACE_ID } from '../../src/services/key.service.js';
import { openEmbeddedTestDatabase, type TestDatabase } from '../support/test-database.js';

const admin = { keyId: 'k', keyName: 'k', workspaceId: DEFAULT_WORKSPACE_ID, role: 'admin' } as const;
const SECRET_TEXT = 'this is said in a recording and must not lie on any disk as it is';

describe('encryption of what is stored', () => {
  let database: TestDatabase;
  let dataDir: string;
  let platform: Platform;
  const start = (extra: Record<string, string> = {}) => composePlatform(readSettings({ UNDERTONE_DATA_DIR: dataDir, UNDERTONE_LOG_LEVEL: 'silent', ...extra }, '/nonexistent'), pino({ level: 'silent' }));
  const upload = async (bytes: Buffer) => (await platform.services.recordings.upload(admin, { stream: Readable.from([bytes]), fileName: 'a.wav' }, { externalId: 'person-1' })).recording;
  const played = async (id: string, range?: { start: number; end: number }) => buffer((await platform.services.recordings.openAudio(admin, id, range)).stream);

  beforeAll(async () => {
    database = await openEmbeddedTestDatabase();
    dataDir = database.dataDir;
    await database.db.close();
    platform = await start();
  });
  afterAll(async () => {
    await platform.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('leaves no plain byte of an upload in the data folder, plays any range of it, and knows the same bytes again', async () => {
    const bytes = Buffer.from(SECRET_TEXT.repeat(3000));
    const recording = await upload(bytes);
    expect((await upload(bytes)).id).toBe(recording.id);
    expect((await played(recording.id)).equals(bytes)).toBe(true);
    expect((await played(recording.id, { start: 70_000, end: 70_100 })).equals(bytes.subarray(70_000, 70_100))).toBe(true);
    const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((path) => readFileSync(path).includes(SECRET_TEXT))).toEqual([]);
  });

  it('gives one blob to the second upload of the same bytes, and a blob and key of its own to another workspace', async () => {
    const bytes = Buffer.from('shared by two workspaces');
    await platform.database.client.workspace.createMany({ data: [{ id: 'ws_2', name: 'two' }], skipDuplicates: true });
    const mine = await upload(bytes);
    const theirs = (await platform.services.recordings.upload({ ...admin, workspaceId: 'ws_2' }, { stream: Readable.from([bytes]), fileName: 'b.wav' }, {})).recording;
    expect(theirs.sha256).toBe(mine.sha256);
    expect(theirs.blobKey).not.toBe(mine.blobKey);
    await platform.services.recordings.delete(admin, mine.id, null);
    expect((await platform.blobs.readAll(theirs.blobKey)).equals(bytes)).toBe(true);
  });

  it('makes a copy of a deleted recording unreadable', async () => {
    const recording = await upload(Buffer.from('deleted, but somebody kept a copy of the storage'));
    const copy = await platform.blobs.raw.readAll(recording.blobKey);
    await platform.services.recordings.delete(admin, recording.id, null);
    await platform.blobs.raw.write('tracks/copy', copy);
    await expect(platform.blobs.readAll('tracks/copy')).rejects.toMatchObject({ code: 'ERASED' });
    await platform.blobs.delete('tracks/copy');
  });

  it('wraps every key anew in a rotation, after which the old key is not needed', { timeout: 120_000 }, async () => {
    const bytes = Buffer.from('kept through a rotation');
    const recording = await upload(bytes);
    const stored = await platform.blobs.raw.readAll(recording.blobKey);
    const before = await platform.encryption.status(admin);
    const rotated = await platform.encryption.rotate(admin);
    expect(rotated.currentKeyId).not.toBe(before.currentKeyId);
    expect(rotated.keys).toEqual([{ id: rotated.currentKeyId, isConfigured: true, wrappedCount: rotated.rewrappedCount }]);
    expect((await platform.blobs.raw.readAll(recording.blobKey)).equals(stored)).toBe(true);
    await platform.stop();
    const current = readFileSync(join(dataDir, 'encryption.key'), 'utf8').split('\n').find((line) => line.startsWith('utk_'))!;
    rmSync(join(dataDir, 'encryption.key'));
    platform = await start({ UNDERTONE_WORKSPACE_KEY: current });
    expect((await played(recording.id)).equals(bytes)).toBe(true);
    await expect(platform.encryption.rotate({ ...admin, role: 'analyst' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('starts with no other key than the one that the data needs, and makes none in its place', { timeout: 120_000 }, async () => {
    await platform.stop();
    await expect(start()).rejects.toMatchObject({ code: 'ENCRYPTION_KEY_MISSING' });
    await expect(start({ UNDERTONE_WORKSPACE_KEY: formatMasterKey(newMasterKey()) })).rejects.toMatchObject({ code: 'ENCRYPTION_KEY_MISSING' });
    expect(readdirSync(dataDir)).not.toContain('encryption.key');
  });
});
