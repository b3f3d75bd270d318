import { createHash } from 'node:crypto';
import type { BlobStore } from '../../src/storage/blob-store.js';
import { withClient, type Ledger } from './invariants.js';

/** Written by `watchArchiving`: one row each time a recording goes, and each time an archive comes into a state. */
const REMOVALS = 'test_removal';
const STATES = 'test_archive_state';

/**
 * Makes the database write down every removal of a recording, with the verified archives that held it in that moment, and
 * every step of an archive. Survives restarts. To be called as the role of the platform.
 */
export async function watchArchiving(connectionString: string): Promise<void> {
  await withClient(connectionString, async (client) => {
    await client.query(`CREATE TABLE IF NOT EXISTS ${REMOVALS} (id TEXT NOT NULL, "archiveIds" TEXT[] NOT NULL)`);
    await client.query(`CREATE OR REPLACE FUNCTION ${REMOVALS}_log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO ${REMOVALS} SELECT OLD.id, coalesce(array_agg(a.id), '{}') FROM "ArchiveItem" i JOIN "Archive" a ON a.id = i."archiveId"
        WHERE i."recordingId" = OLD.id AND i."rowsDigest" IS NOT NULL AND a.state IN ('VERIFIED', 'COMPLETE');
      RETURN OLD; END $$`);
    await client.query(`CREATE OR REPLACE TRIGGER ${REMOVALS} BEFORE DELETE ON "Recording" FOR EACH ROW EXECUTE FUNCTION ${REMOVALS}_log()`);
    await client.query(`CREATE TABLE IF NOT EXISTS ${STATES} (id TEXT NOT NULL, state TEXT NOT NULL)`);
    await client.query(`CREATE OR REPLACE FUNCTION ${STATES}_log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO ${STATES} VALUES (NEW.id, NEW.state); RETURN NEW; END $$`);
    await client.query(`CREATE OR REPLACE TRIGGER ${STATES} AFTER UPDATE OF state ON "Archive" FOR EACH ROW EXECUTE FUNCTION ${STATES}_log()`);
  });
}

/** Unfinished archives are free to be taken over now, as they are two minutes after their node has gone silent. */
export async function endLeases(connectionString: string): Promise<void> {
  await withClient(connectionString, (client) => client.query(`UPDATE "Archive" SET "leaseUntil" = now() - interval '1 second' WHERE "leaseUntil" IS NOT NULL`));
}

export interface ArchiveReport {
  /** One sentence for each promise that was broken; none is how it must be. */
  readonly violations: readonly string[];
  readonly archives: Readonly<Record<string, number>>;
  readonly removals: number;
}

/**
 * Compares archives and what went because of them with what was acknowledged. To be called when every archive is finished
 * and nothing is at work on them, after `watchArchiving` and a history in which nothing but retention deletes recordings.
 * `blobs`: as they lie in the storage.
 */
export async function checkArchiving({ connectionString, blobs, ledger }: { readonly connectionString: string; readonly blobs: Pick<BlobStore, 'readAll'>; readonly ledger: Pick<Ledger, 'uploads'> }): Promise<ArchiveReport> {
  const violations: string[] = [];
  return withClient(connectionString, async (client) => {
    const all = async <Row extends object>(sql: string): Promise<Row[]> => (await client.query(sql)).rows as Row[];
    const archives = await all<{ id: string; state: string; blobKey: string | null; sha256: string | null; problem: string | null }>('SELECT id, state, "blobKey", sha256, problem FROM "Archive"');
    for (const { id, state, blobKey, sha256, problem } of archives) {
      if (state !== 'COMPLETE') violations.push(`archive ${id} is ${state}: ${problem}`);
      const digest = await blobs.readAll(blobKey ?? '').then((bytes) => createHash('sha256').update(bytes).digest('hex'), () => 'nothing');
      if (digest !== sha256) violations.push(`archive ${id}: its file has ${digest}`);
    }
    for (const { id, state, count } of await all<{ id: string; state: string; count: string }>(`SELECT id, state, count(*) FROM ${STATES} GROUP BY 1, 2 HAVING count(*) > 1`)) violations.push(`archive ${id} became ${state} ${count} times`);

    const items = await all<{ recordingId: string; archiveId: string; state: string; pending: number }>('SELECT "recordingId", "archiveId", state, cardinality("pendingBlobKeys") AS pending FROM "ArchiveItem"');
    for (const { recordingId, archiveId, state, pending } of items) {
      if (['PENDING', 'WRITTEN'].includes(state)) violations.push(`${recordingId} is ${state} in ${archiveId} for ever`);
      if (pending > 0) violations.push(`${recordingId} went into ${archiveId}, and ${pending} of its files are still to be deleted`);
    }
    const removals = await all<{ id: string; archiveIds: readonly string[] }>(`SELECT id, "archiveIds" FROM ${REMOVALS}`);
    for (const { id, archiveIds } of removals) if (archiveIds.length === 0) violations.push(`recording ${id} was deleted and no verified archive had it`);
    const audited = new Map((await all<{ id: string; count: string }>(`SELECT "subjectId" AS id, count(*) FROM "AuditEvent" WHERE action = 'retention.deleted' GROUP BY 1`)).map(({ id, count }) => [id, Number(count)]));
    const live = new Set((await all<{ id: string }>('SELECT id FROM "Recording"')).map(({ id }) => id));
    const holding = await all<{ recordingId: string; count: number }>(`SELECT i."recordingId", count(*)::int AS count FROM "ArchiveItem" i JOIN "Archive" a ON a.id = i."archiveId" WHERE i."rowsDigest" IS NOT NULL AND i.state = 'DONE' AND a.state = 'COMPLETE' GROUP BY 1`);
    const archived = new Map(holding.map(({ recordingId, count }) => [recordingId, count]));
    for (const id of new Set([...ledger.uploads.keys(), ...removals.map((one) => one.id)])) {
      const removed = removals.filter((one) => one.id === id).length;
      if (!live.has(id) && !archived.has(id)) violations.push(`recording ${id} is neither live nor in an archive`);
      if ((archived.get(id) ?? 0) !== removed) violations.push(`recording ${id} was deleted ${removed} times and is in ${archived.get(id) ?? 0} archives`);
      if ((audited.get(id) ?? 0) !== removed) violations.push(`recording ${id} was deleted ${removed} times, and the audit log says ${audited.get(id) ?? 0}`);
    }
    const counts: Record<string, number> = {};
    for (const { state } of archives) counts[state] = (counts[state] ?? 0) + 1;
    return { violations, archives: counts, removals: removals.length };
  });
}
