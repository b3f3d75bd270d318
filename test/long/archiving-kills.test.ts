import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFilesystemStore } from '../../src/storage/filesystem-store.js';
import { checkArchiving, endLeases, watchArchiving } from '../support/archive-invariants.js';
import { pause, seededRandom } from '../support/chaos-clients.js';
import { withClient } from '../support/invariants.js';
import { startServer, TEST_ADMIN_KEY, type ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';

const ROUNDS = Number(process.env['UT_TEST_CHAOS_ROUNDS'] ?? 10);
const SEED = Number(process.env['UT_TEST_CHAOS_SEED'] ?? Date.now() % 1_000_000);
const RUN = 'mutation { runRetention(dryRun: false, timeoutSeconds: 300) { ... on RetentionReport { deletedRecordingCount problems } ... on Problem { message } } }';
const ARCHIVES = '{ archives(first: 50) { nodes { id state items { recordingId state } } } }';
const POLICY = 'mutation ($input: RetentionPolicyInput!) { setRetentionPolicy(input: $input) { ... on RetentionConfirmation { confirmation } ... on RetentionPolicy { id } } }';

interface ArchiveNode { readonly id: string; readonly state: string; readonly items: readonly { readonly recordingId: string; readonly state: string }[] }

describe(`a real server killed while it archives and deletes (seed ${SEED})`, () => {
  let folder: string;
  beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'ut-archiving-')); });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const start = (): Promise<ServerProcess> => startServer(folder, { UNDERTONE_MIN_FREE_BYTES: '0', UNDERTONE_LOW_DISK_BYTES: '0' }, ['--no-worker']);
  /** SHA-256 of the bytes that the server hands out; null where the recording is not live. */
  async function audioOf({ url }: ServerProcess, id: string): Promise<string | null> {
    const response = await fetch(`${url}/recordings/${id}/audio`, { headers: { authorization: `Bearer ${TEST_ADMIN_KEY}` } });
    if (response.status === 404) return null;
    return createHash('sha256').update(Buffer.from(await response.arrayBuffer())).digest('hex');
  }
  const archivesOf = async (server: ServerProcess): Promise<readonly ArchiveNode[]> => (await server.query<{ archives: { nodes: ArchiveNode[] } }>(ARCHIVES)).archives.nodes;

  it(`has every recording live or in a verified archive after each of ${ROUNDS} kills, finishes what was begun, archives nothing twice, and gives all of them back byte for byte`, { timeout: 1_500_000 }, async () => {
    const random = seededRandom(SEED);
    let server = await start();
    // The server's own socket: one more client of the database in it.
    const connectionString = `postgresql://postgres@localhost/postgres?host=${encodeURIComponent(join(folder, 'run'))}`;
    await watchArchiving(connectionString);
    const input = { name: 'all', kind: 'RECORDING', action: 'ARCHIVE_AND_DELETE', keepDays: 0, includeExisting: true };
    const asked = await server.query<{ setRetentionPolicy: { confirmation: string } }>(POLICY, { input });
    await server.query(POLICY, { input: { ...input, confirmation: asked.setRetentionPolicy.confirmation } });
    const sent = new Map<string, { readonly sha256: string; readonly byteLength: number }>();
    let killedAtWork = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (let i = 0; i < 5; i++) {
        const bytes = randomBytes(200_000 + Math.floor(400_000 * random()));
        sent.set(await server.upload(bytes, 'call.wav'), { sha256: createHash('sha256').update(bytes).digest('hex'), byteLength: bytes.length });
      }
      // Half of the times what the last kill broke off is taken up at once, and killed again further on.
      if (random() < 0.5) await endLeases(connectionString);
      const work = { isDone: false };
      const running = server.query(RUN).then(() => { work.isDone = true; }, () => undefined);
      await pause(600 * random());
      if (!work.isDone) killedAtWork += 1;
      await server.kill('SIGKILL');
      await running;
      server = await start();
      const safe = new Set((await archivesOf(server)).filter(({ state }) => state === 'VERIFIED' || state === 'COMPLETE').flatMap(({ items }) => items.filter((item) => item.state === 'DONE').map((item) => item.recordingId)));
      for (const [id, { sha256 }] of sent) {
        const live = await audioOf(server, id);
        if (live !== sha256 && !(live === null && safe.has(id))) throw new Error(`round ${round}: ${id} is ${live === null ? 'gone, and in no verified archive' : 'live with other bytes'}`);
      }
    }
    // A node that died keeps its archive for two minutes, because it might only have been slow: they are over.
    await until('what was begun is finished', async () => {
      await endLeases(connectionString);
      await server.query(RUN);
      return (await archivesOf(server)).every(({ state }) => state === 'COMPLETE' || state === 'FAILED');
    }, 240_000);
    for (const id of sent.keys()) expect([id, await audioOf(server, id)]).toEqual([id, null]);
    const blobs = await createFilesystemStore({ root: join(folder, 'blobs'), minFreeBytes: 0 });
    const violations = async () => (await checkArchiving({ connectionString, blobs, ledger: { uploads: sent } })).violations;
    expect(await violations()).toEqual([]);
    const archives = await archivesOf(server);
    for (const { id } of archives.filter(({ state }) => state === 'COMPLETE')) await server.query('mutation ($id: ID!) { restoreArchive(id: $id) { ... on RestoredArchive { refused { code } } } }', { id });
    for (const [id, { sha256 }] of sent) expect([id, await audioOf(server, id)]).toEqual([id, sha256]);
    process.stdout.write(`${JSON.stringify({ seed: SEED, recordings: sent.size, archives: archives.length, killedAtWork })}\n`);
    expect(killedAtWork).toBeGreaterThan(ROUNDS / 3);
    // The checker would find out: an archive without its file, and a recording that went behind retention's back.
    const [lost] = await withClient(connectionString, async (client) => (await client.query<{ key: string }>('DELETE FROM "Recording" WHERE id = (SELECT min(id) FROM "Recording") RETURNING (SELECT min("blobKey") FROM "Archive") AS key')).rows);
    await blobs.delete(lost!.key);
    expect(await violations()).toEqual([expect.stringContaining('its file has nothing'), expect.stringMatching(/deleted 2 times and is in 1 archives/), expect.stringMatching(/deleted 2 times, and the audit log says 1/)]);
    expect(await server.kill('SIGTERM')).toBe(0);
  });
});
