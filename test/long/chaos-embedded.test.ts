import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/db/open-database.js';
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

  it(`lose nothing that was acknowledged in ${ROUNDS} kills, end every accepted analysis once, leave no rest behind, and share the folder with nobody`, { timeout: 600_000 }, async () => {
    const random = seededRandom(SEED);
    const environment = { UNDERTONE_WORKSPACE_KEY: TEST_WORKSPACE_KEY, UNDERTONE_LOG_LEVEL: 'silent', UNDERTONE_MODEL_THREADS: '1', UNDERTONE_MIN_FREE_BYTES: '0' };
    const server = new Phoenix((onSpawn) => startServer(folder, environment, [], onSpawn));
    await server.rise();
    // The server's own socket: one more client of the database in it.
    await watchEnds(`postgresql://postgres@localhost/postgres?host=${encodeURIComponent(join(folder, 'run'))}`);
    const clients = new ChaosClients({ url: () => server.now?.url ?? null, key: TEST_ADMIN_KEY }, random);
    clients.start(2, 300);
    const kills = { server: 0, host: 0 };
    let rising = Promise.resolve();
    for (let round = 0; round < ROUNDS; round++) {
      await pause(200 + 1800 * random());
      if (random() < 0.7) {
        // Most kills hit a server that works, some one that is just starting.
        if (random() < 0.8) await rising;
        kills.server += 1;
        await server.fall();
        rising = server.rise();
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
    await clients.stop();
    expect(await server.rest()).toBe(0);

    const last = new Phoenix((onSpawn) => startServer(folder, environment, [], onSpawn));
    await last.rise();
    for (const id of clients.analyses) await ended(last.now!, id);
    await queuesEmpty(last.now!);
    expect(await last.rest()).toBe(0);
    const db = await openDatabase({ dataDir: folder, log: silentLog });
    try {
      const blobRoot = join(folder, 'blobs');
      const { requeuedCount } = await settle({ db }, blobRoot, clients);
      const blobs = await sweep({ db }, blobRoot);
      const report = await checkInvariants({ connectionString: db.connectionString, blobs, ledger: clients, isWatched: true });
      process.stdout.write(`${JSON.stringify({ seed: SEED, kills, uploads: clients.uploads.size, analyses: clients.analyses.size, requeuedCount, statuses: report.statuses, problems: report.problems })}\n`);
      expect(report.violations).toEqual([]);
      expect(clients.surprises).toEqual([]);
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
