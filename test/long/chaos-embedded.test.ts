import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/db/open-database.js';
import { createFilesystemStore } from '../../src/storage/filesystem-store.js';
import { checkArchiving, endLeases, watchArchiving } from '../support/archive-invariants.js';
import { ChaosArchivist } from '../support/chaos-archivist.js';
import { ChaosClients, pause, seededRandom } from '../support/chaos-clients.js';
import { killChild, Phoenix } from '../support/chaos-processes.js';
import { checkInvariants, watchEnds } from '../support/invariants.js';
import { startServer, TEST_ADMIN_KEY, TEST_WORKSPACE_KEY } from '../support/server-process.js';
import { queuesEmpty, settle, sweep } from '../support/settle.js';
import { silentLog } from '../support/test-database.js';

const ROUNDS = Number(process.env['UT_TEST_CHAOS_ROUNDS'] ?? 22);
const SEED = Number(process.env['UT_TEST_CHAOS_SEED'] ?? Date.now() % 1_000_000);

describe(`one server with the embedded database, and its model hosts, killed at random (seed ${SEED})`, () => {
  let folder: string;
  beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'ut-chaos-')); });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it(`lose nothing that was acknowledged in ${ROUNDS} kills during uploads, analyses, archiving and restoring, end every accepted analysis once, archive nothing twice, leave no rest behind, and share the folder with nobody`, { timeout: 1_200_000 }, async () => {
    const random = seededRandom(SEED);
    const environment = { UNDERTONE_WORKSPACE_KEY: TEST_WORKSPACE_KEY, UNDERTONE_LOG_LEVEL: 'silent', UNDERTONE_MODEL_THREADS: '1', UNDERTONE_MIN_FREE_BYTES: '0' };
    const server = new Phoenix((onSpawn) => startServer(folder, environment, [], onSpawn));
    await server.rise();
    // The server's own socket: one more client of the database in it.
    const connectionString = `postgresql://postgres@localhost/postgres?host=${encodeURIComponent(join(folder, 'run'))}`;
    await watchEnds(connectionString);
    await watchArchiving(connectionString);
    const last = new Phoenix((onSpawn) => startServer(folder, environment, [], onSpawn));
    const target = { url: () => (server.now ?? last.now)?.url ?? null, key: TEST_ADMIN_KEY };
    const clients = new ChaosClients(target, random);
    const archivist = new ChaosArchivist(target, connectionString, clients, random);
    clients.start(2, 300);
    await archivist.start(800);
    const kills = { server: 0, host: 0 };
    let rising = Promise.resolve();
    for (let round = 0; round < ROUNDS; round++) {
      await pause(200 + 1300 * random());
      if (random() < 0.7) {
        // Most kills hit a server that works, some one that is just starting.
        if (random() < 0.8) {
          await rising;
          await pause(1500 * random());
        }
        kills.server += 1;
        await server.fall();
        // What its dead predecessor was at is free at once; it may be dead again by then.
        rising = server.rise().then(() => endLeases(connectionString).catch(() => undefined));
      } else {
        await rising;
        while (!killChild(server.now?.child.pid, random)) await pause(50);
        kills.host += 1;
      }
      if (round === Math.floor(ROUNDS / 2)) {
        await rising;
        await expect(startServer(folder, environment)).rejects.toThrow(/DATA_DIR_LOCKED/);
      }
    }
    await rising;
    await Promise.all([clients.stop(), archivist.stop()]);
    expect(await server.rest()).toBe(0);

    await last.rise();
    await archivist.finish();
    const blobRoot = join(folder, 'blobs');
    const archiving = await checkArchiving({ connectionString, blobs: await createFilesystemStore({ root: blobRoot, minFreeBytes: 0 }), ledger: clients });
    expect(archiving.violations).toEqual([]);
    expect(await archivist.restoreAll()).toEqual([]);
    for (const id of clients.analyses) await ended(last.now!, id);
    await queuesEmpty(last.now!);
    expect(await last.rest()).toBe(0);
    const db = await openDatabase({ dataDir: folder, log: silentLog });
    try {
      const { requeuedCount } = await settle({ db }, blobRoot, clients);
      const blobs = await sweep({ db }, blobRoot);
      const report = await checkInvariants({ connectionString: db.connectionString, blobs, ledger: clients, isWatched: true });
      process.stdout.write(`${JSON.stringify({ seed: SEED, kills, uploads: clients.uploads.size, analyses: clients.analyses.size, requeuedCount, statuses: report.statuses, problems: report.problems, archives: archiving.archives, removals: archiving.removals, archivist: archivist.counts })}\n`);
      expect(report.violations).toEqual([]);
      expect([...clients.surprises, ...archivist.surprises]).toEqual([]);
      expect(archiving.removals).toBeGreaterThan(ROUNDS / 6);
      expect(archivist.counts.brokenOff).toBeGreaterThan(0);
      expect(clients.analyses.size).toBeGreaterThan(ROUNDS / 3);
      const ours = Object.entries(report.problems).filter(([code]) => code !== 'NOT_AUDIO').reduce((sum, [, count]) => sum + count, 0);
      expect(ours).toBeLessThanOrEqual(clients.analyses.size * 0.05);
    } finally {
      await db.close();
    }
  });
});

async function ended(server: Awaited<ReturnType<typeof startServer>>, id: string): Promise<void> {
  for (;;) {
    const { analysis } = await server.query<{ analysis: { status: string } }>(`{ analysis(id: "${id}") { status } }`);
    if (!['QUEUED', 'RUNNING'].includes(analysis.status)) return;
    await pause(100);
  }
}
