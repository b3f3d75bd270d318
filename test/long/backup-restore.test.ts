import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFilesystemStore } from '../../src/storage/filesystem-store.js';
import { ChaosClients, seededRandom } from '../support/chaos-clients.js';
import { checkInvariants, type Ledger } from '../support/invariants.js';
import { startServer, TEST_ADMIN_KEY, type ServerProcess } from '../support/server-process.js';
import { jobsDone, settle, sweep } from '../support/settle.js';
import { asSystem } from '../../src/domain/workspace-scope.js';
import { openServerTestDatabase, urlSeeing, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';
import { needsServer } from './needs-server.js';

const serverUrl = needsServer();
const folders: string[] = [];
function newFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `ut-backup-${name}-`));
  folders.push(folder);
  return folder;
}
/** The commands of docs/backup.md, with the programs of the very PostgreSQL that runs. */
const program = (name: string, args: readonly string[], input?: Buffer): Buffer => {
  const done = spawnSync('scripts/postgres-chroot.sh', ['run', name, ...args], { maxBuffer: 1 << 30, ...(input === undefined ? {} : { input }) });
  if (done.status !== 0) throw new Error(`${name} ended with ${done.status}: ${done.stderr.toString()}`);
  return done.stdout;
};
const copyFiles = (from: string, to: string): void => { execFileSync('cp', ['-a', `${from}/.`, to]); };
/** What had been acknowledged when the backup began. */
const snapshotOf = (ledger: Ledger): Ledger => ({ uploads: new Map(ledger.uploads), analyses: new Set(ledger.analyses) });

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('a backup of a platform at work on a PostgreSQL server, as docs/backup.md has it (TEST_DATABASE_URL, root)', () => {
  let original: TestDatabase;
  let restored: TestDatabase;
  const blobRoot = join(newFolder('original'), 'blobs');
  const copyRoot = newFolder('copy');
  let promised: Ledger;
  let server: ServerProcess | undefined;

  beforeAll(async () => {
    original = await openServerTestDatabase(serverUrl);
    restored = await openServerTestDatabase(serverUrl);
    server = await startServer(newFolder('data'), { DATABASE_URL: original.db.connectionString, UNDERTONE_STORAGE_URL: `file://${blobRoot}` });
    const { url } = server;
    const clients = new ChaosClients({ url: () => url, key: TEST_ADMIN_KEY }, seededRandom(11));
    clients.start(3, 0);
    await until('some work is done and more is under way', () => clients.analyses.size >= 12, 120_000);
    promised = snapshotOf(clients);
    copyFiles(blobRoot, copyRoot);
    const dump = program('pg_dump', ['--format=custom', '--no-owner', '--enable-row-security', urlSeeing('*', original.db.connectionString)]);
    copyFiles(blobRoot, copyRoot);
    await clients.stop();
    await server.kill('SIGKILL');
    const { username, password, pathname } = new URL(restored.db.connectionString);
    const name = pathname.slice(1);
    const make = (): Buffer => program('psql', ['-q', '-v', `role=${username}`, '-v', `database=${name}`, '-v', `password=${password}`, serverUrl], readFileSync('deploy/database.sql'));
    // Twice: the second time there is a whole platform in the place of the one that comes back, as when an upgrade is taken back.
    for (let time = 0; time < 2; time++) {
      program('psql', ['-q', '-c', `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`, serverUrl]);
      make();
      program('pg_restore', ['--clean', '--if-exists', '--no-owner', '--exit-on-error', `--dbname=${restored.superuserUrl}`], dump);
      make();
    }
    server = await startServer(newFolder('data'), { DATABASE_URL: restored.db.connectionString, UNDERTONE_STORAGE_URL: `file://${copyRoot}` });
  });
  afterAll(async () => {
    await server?.kill('SIGTERM');
    await original.dispose();
    await restored.dispose();
  });

  it('keeps every promise that was made before it, finishes what was under way, and has nothing too much after a sweep', async () => {
    await settle(restored, copyRoot, promised);
    const everything = await asSystem(() => restored.db.client.analysis.findMany({ select: { id: true } }));
    await settle(restored, copyRoot, { analyses: new Set(everything.map(({ id }) => id)) });
    await jobsDone(restored);
    const blobs = await sweep(restored, copyRoot);
    const { violations, statuses } = await checkInvariants({ connectionString: restored.superuserUrl, blobs, ledger: promised, isWatched: false });
    expect(violations).toEqual([]);
    expect(statuses['SUCCEEDED']).toBeGreaterThanOrEqual(8);
  });

  it('goes on as a platform: the old key works, and new work is taken and done', async () => {
    const id = await server!.upload(readFileSync('samples/conversation.flac'), 'after.flac');
    const answer = await server!.query<{ analyzeRecording: { id: string } }>('mutation($id: ID!) { analyzeRecording(input: { recordingId: $id }) { ... on Analysis { id } } }', { id });
    await until('the new analysis is done', async () => (await server!.query<{ analysis: { status: string } }>('query($id: ID!) { analysis(id: $id) { status } }', { id: answer.analyzeRecording.id })).analysis.status === 'SUCCEEDED', 60_000);
  });

  it('would be found out: a copy that lacks one file breaks a promise', async () => {
    const lacking = newFolder('lacking');
    cpSync(copyRoot, lacking, { recursive: true });
    const blobs = await createFilesystemStore({ root: lacking, minFreeBytes: 0 });
    const { blobKey } = await asSystem(() => restored.db.client.recording.findFirstOrThrow({ select: { blobKey: true } }));
    await blobs.delete(blobKey);
    const { violations } = await checkInvariants({ connectionString: restored.superuserUrl, blobs, ledger: promised, isWatched: false });
    expect(violations.some((one) => one.includes('its file has nothing'))).toBe(true);
  });
});

describe('a backup of one machine with the embedded database, as docs/backup.md has it', () => {
  it('is a copy of the data folder of a stopped server, and starts as the same platform', async () => {
    const dataDir = newFolder('embedded');
    const copy = newFolder('embedded-copy');
    const first = await startServer(dataDir);
    const bytes = readFileSync('samples/conversation.flac');
    const id = await first.upload(bytes, 'conversation.flac');
    expect(await first.kill('SIGTERM')).toBe(0);
    copyFiles(dataDir, copy);
    rmSync(dataDir, { recursive: true });
    const second = await startServer(copy);
    try {
      const answer = await fetch(`${second.url}/recordings/${id}/audio`, { headers: { authorization: `Bearer ${TEST_ADMIN_KEY}` } });
      expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    } finally {
      await second.kill('SIGTERM');
    }
  });
});
