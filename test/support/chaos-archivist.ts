import { endLeases } from './archive-invariants.js';
import { MEANS_LATER, pause, type ChaosClients, type Target } from './chaos-clients.js';
import { withClient } from './invariants.js';
import { until } from './until.js';

const RUN = 'mutation { runRetention(dryRun: false, timeoutSeconds: 300) { ... on RetentionReport { deletedRecordingCount problems } ... on Problem { code } } }';
const RESTORE = 'mutation($id: ID!) { restoreArchive(id: $id) { ... on RestoredArchive { restoredRecordingIds unchangedRecordingIds refused { recordingId code } } ... on Problem { code } } }';
const POLICY = 'mutation($input: RetentionPolicyInput!) { setRetentionPolicy(input: $input) { ... on RetentionConfirmation { confirmation } ... on RetentionPolicy { id } ... on Problem { code } } }';

interface Restored { readonly restoredRecordingIds: readonly string[]; readonly unchangedRecordingIds: readonly string[]; readonly refused: readonly { readonly recordingId: string; readonly code: string }[] }

/**
 * Whoever keeps house while everything is killed: lets days pass for recordings that their clients are done with, has
 * retention archive and delete them, and gets one archive or another back. Days pass by SQL; the rest is the API.
 */
export class ChaosArchivist {
  readonly counts = { runs: 0, brokenOff: 0, restores: 0 };
  /** Answers that nobody may ever get. */
  readonly surprises: string[] = [];
  #isStopped = false;
  #running: Promise<void>[] = [];

  /** `connectionString`: as a superuser, whom policies do not bind. */
  constructor(private readonly target: Target, private readonly connectionString: string, private readonly clients: Pick<ChaosClients, 'done'>, private readonly random: () => number) {}

  /** Says that whole recordings are archived and deleted after a day, and goes to work, in two places at once. */
  async start(pauseMs: number): Promise<void> {
    const input = { name: 'a day', kind: 'RECORDING', action: 'ARCHIVE_AND_DELETE', keepDays: 1, includeExisting: true };
    const asked = await this.#ask<{ setRetentionPolicy: { confirmation: string } }>(POLICY, { input });
    await this.#ask(POLICY, { input: { ...input, confirmation: asked!.setRetentionPolicy.confirmation } });
    this.#running = [0, 1].map(async () => {
      while (!this.#isStopped) {
        await this.#letDaysPass().catch(() => undefined);
        await this.#run();
        if (this.random() < 0.3) await this.#restoreOne();
        await pause(pauseMs);
      }
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#running);
  }

  /** What was begun is finished. */
  async finish(): Promise<void> {
    await until('every archive is finished', async () => {
      await endLeases(this.connectionString);
      await this.#run();
      return (await this.#archives('PREPARING', 'WRITTEN', 'VERIFIED')).length === 0;
    }, 60_000);
  }

  /** Brings back everything that was ever archived, and asks for it once more: nothing changes any more. Answers what was refused. */
  async restoreAll(): Promise<readonly unknown[]> {
    const ids = await this.#archives('COMPLETE');
    const wrong: unknown[] = [];
    for (const id of ids) wrong.push(...((await this.#restore(id))?.refused ?? [`${id} was not restored`]));
    for (const id of ids.slice(0, 3)) wrong.push(...((await this.#restore(id))?.restoredRecordingIds ?? [`${id} was not restored again`]));
    return wrong;
  }

  /** Two of them, for about half of the recordings that are of no use to anybody now, those that came back among them. */
  async #letDaysPass(): Promise<void> {
    const ids = [...this.clients.done].filter(() => this.random() < 0.5);
    await withClient(this.connectionString, async (client) => {
      const young = await client.query<{ id: string }>(
        `SELECT r.id FROM "Recording" r WHERE r.id = ANY($1) AND NOT EXISTS (SELECT 1 FROM "Analysis" a WHERE a."recordingId" = r.id AND a.status IN ('QUEUED', 'RUNNING'))
           AND NOT EXISTS (SELECT 1 FROM "ArchiveItem" i WHERE i."recordingId" = r.id AND i.state IN ('PENDING', 'WRITTEN'))
           AND greatest(r."createdAt", (SELECT max("finishedAt") FROM "Analysis" WHERE "recordingId" = r.id), (SELECT max("restoredAt") FROM "DataKey" WHERE "recordingId" = r.id)) > now() - interval '1 day'`, [ids]);
      const aged = [young.rows.map(({ id }) => id)];
      await client.query(`WITH keys AS (UPDATE "DataKey" SET "restoredAt" = "restoredAt" - interval '2 days' WHERE "recordingId" = ANY($1)),
        runs AS (UPDATE "Analysis" SET "createdAt" = "createdAt" - interval '2 days', "finishedAt" = "finishedAt" - interval '2 days' WHERE "recordingId" = ANY($1))
        UPDATE "Recording" SET "createdAt" = "createdAt" - interval '2 days' WHERE id = ANY($1)`, aged);
    });
  }

  async #run(): Promise<void> {
    if (this.target.url() === null) return;
    this.counts.runs += 1;
    if ((await this.#ask(RUN)) === null) this.counts.brokenOff += 1;
  }

  async #restoreOne(): Promise<void> {
    const ready = await this.#archives('VERIFIED', 'COMPLETE').catch(() => []);
    const id = ready[Math.floor(this.random() * ready.length)];
    if (id === undefined || this.target.url() === null) return;
    this.counts.restores += 1;
    const restored = await this.#restore(id);
    for (const { recordingId, code } of restored?.refused ?? []) this.surprises.push(`${recordingId} was not restored: ${code}`);
  }

  async #restore(id: string): Promise<Restored | null> {
    return (await this.#ask<{ restoreArchive: Restored }>(RESTORE, { id }))?.restoreArchive ?? null;
  }

  /** Ids of those in one of these states, the newest first. */
  async #archives(...states: readonly string[]): Promise<readonly string[]> {
    return withClient(this.connectionString, async (client) => (await client.query<{ id: string }>('SELECT id FROM "Archive" WHERE state = ANY($1) ORDER BY "createdAt" DESC', [states])).rows.map(({ id }) => id));
  }

  /** Null: the server was killed meanwhile, or said "later". */
  async #ask<T>(query: string, variables: object = {}): Promise<T | null> {
    const url = this.target.url();
    if (url === null) return null;
    try {
      const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { authorization: `Bearer ${this.target.key}`, 'content-type': 'application/json' }, body: JSON.stringify({ query, variables }), signal: AbortSignal.timeout(60_000) });
      const { data, errors } = (await response.json()) as { data?: (T & Record<string, { code?: string }>) | null; errors?: readonly { readonly message: string; readonly extensions?: { code?: string } }[] };
      const code = errors === undefined ? Object.values(data ?? {})[0]?.code : errors[0]?.extensions?.code ?? errors[0]?.message;
      if (code === undefined) return data ?? null;
      if (!MEANS_LATER.test(code)) this.surprises.push(`${response.status} ${code}`);
      return null;
    } catch {
      return null;
    }
  }
}
