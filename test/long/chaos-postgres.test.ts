import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkArchiving, endLeases, watchArchiving } from '../support/archive-invariants.js';
import { ChaosArchivist } from '../support/chaos-archivist.js';
import { ChaosClients, pause, seededRandom } from '../support/chaos-clients.js';
import { killChild, Phoenix } from '../support/chaos-processes.js';
import { checkInvariants, watchEnds } from '../support/invariants.js';
import { jobsDone, settle, sweep } from '../support/settle.js';
import { startServer, startWorker, TEST_ADMIN_KEY } from '../support/server-process.js';
import { createFilesystemStore } from '../../src/storage/filesystem-store.js';
import { openServerTestDatabase, type TestDatabase } from '../support/test-database.js';

const ROUNDS = Number(process.env['UT_TEST_CHAOS_ROUNDS'] ?? 60);
const SEED = Number(process.env['UT_TEST_CHAOS_SEED'] ?? Date.now() % 1_000_000);
/** A cluster of this suite's own (needs root, as the script does): it is killed as well. */
const postgres = async (action: 'start' | 'kill' | 'stop'): Promise<string> =>
  (await promisify(execFile)('scripts/postgres-chroot.sh', [action], { env: { ...process.env, UNDERTONE_POSTGRES_CLUSTER: 'chaos' } })).stdout.trim();

describe(`servers, workers, model hosts and PostgreSQL killed at random (seed ${SEED})`, () => {
  let folder: string;
  let database: TestDatabase;
  let environment: Record<string, string>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ut-chaos-'));
    database = await openServerTestDatabase(await postgres('start'));
    environment = {
      DATABASE_URL: database.db.connectionString, UNDERTONE_STORAGE_URL: `file://${join(folder, 'blobs')}`, UNDERTONE_LOG_LEVEL: 'silent', UNDERTONE_MODEL_THREADS: '1', UNDERTONE_MIN_FREE_BYTES: '0',
    };
  });
  afterAll(async () => {
    await database.dispose();
    await postgres('stop');
    await rm(folder, { recursive: true, force: true });
  });

  it(`lose nothing that was acknowledged in ${ROUNDS} kills during uploads, analyses, archiving and restoring, end every accepted analysis once, archive nothing twice, and leave no rest behind`, { timeout: 1_500_000 }, async () => {
    const random = seededRandom(SEED);
    // As the role of the platform: a superuser's table would be one that its statements may not write into.
    await watchEnds(environment['DATABASE_URL']!);
    await watchArchiving(environment['DATABASE_URL']!);
    const api = new Phoenix((onSpawn) => startServer(join(folder, 'api'), environment, ['--no-worker'], onSpawn));
    const workers = [0, 1].map((i) => new Phoenix((onSpawn) => startWorker(join(folder, `worker${i}`), environment, [], onSpawn)));
    await Promise.all([api.rise(), ...workers.map((worker) => worker.rise())]);
    const target = { url: () => api.now?.url ?? null, key: TEST_ADMIN_KEY };
    const clients = new ChaosClients(target, random);
    const archivist = new ChaosArchivist(target, database.superuserUrl, clients, random);
    clients.start(2, 400);
    await archivist.start(800);
    const kills = { api: 0, worker: 0, host: 0, database: 0 };
    const rising: Promise<void>[] = [];
    let apiRising = Promise.resolve();
    for (let round = 0; round < ROUNDS; round++) {
      await pause(200 + 1300 * random());
      const dice = random();
      const worker = workers[Math.floor(random() * workers.length)]!;
      if (dice < 0.3) {
        kills.api += 1;
        // Most kills hit a server that works, some one that is just starting.
        if (random() < 0.8) {
          await apiRising;
          await pause(1500 * random());
        }
        await api.fall();
        await endLeases(database.superuserUrl);
        apiRising = api.rise();
        rising.push(apiRising);
      } else if (dice < 0.6) {
        kills.worker += 1;
        await worker.fall();
        rising.push(worker.rise());
      } else if (dice < 0.88) {
        while (!killChild(worker.now?.child.pid, random)) await pause(50);
        kills.host += 1;
      } else {
        kills.database += 1;
        await postgres('kill');
        await pause(1000 * random());
        await postgres('start');
        // Its run broke off with the database; and where it did not, two nodes are at one archive now.
        await endLeases(database.superuserUrl);
      }
    }
    await Promise.all([clients.stop(), archivist.stop()]);
    await Promise.all(rising);
    const { requeuedCount } = await settle(database, join(folder, 'blobs'), clients);
    await jobsDone(database);
    await archivist.finish();
    const archiving = await checkArchiving({ connectionString: database.superuserUrl, blobs: await createFilesystemStore({ root: join(folder, 'blobs'), minFreeBytes: 0 }), ledger: clients });
    expect(archiving.violations).toEqual([]);
    expect(await archivist.restoreAll()).toEqual([]);
    expect(await Promise.all([api, ...workers].map((each) => each.rest()))).toEqual([0, 0, 0]);

    const blobs = await sweep(database, join(folder, 'blobs'));
    const report = await checkInvariants({ connectionString: database.superuserUrl, blobs, ledger: clients, isWatched: true });
    process.stdout.write(`${JSON.stringify({ seed: SEED, kills, uploads: clients.uploads.size, analyses: clients.analyses.size, requeuedCount, statuses: report.statuses, problems: report.problems, archives: archiving.archives, removals: archiving.removals, archivist: archivist.counts })}\n`);
    expect(report.violations).toEqual([]);
    expect([...clients.surprises, ...archivist.surprises]).toEqual([]);
    // On a machine with no time to spare servers hardly live; on a quiet one it is several times as much.
    expect(archiving.removals).toBeGreaterThan(ROUNDS / 6);
    expect(archivist.counts.brokenOff).toBeGreaterThan(0);
    expect(clients.analyses.size).toBeGreaterThan(ROUNDS / 3);
    expect(Object.values(kills).reduce((sum, count) => sum + count)).toBe(ROUNDS);
    // What was wrong with the recording itself is no fault of ours; of the others nearly all come through.
    const ours = Object.entries(report.problems).filter(([code]) => code !== 'NOT_AUDIO').reduce((sum, [, count]) => sum + count, 0);
    expect(ours).toBeLessThanOrEqual(clients.analyses.size * 0.05);
  });
});
