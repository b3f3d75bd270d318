import { join } from 'node:path';
import type { Database } from '../../src/db/database.js';
import { createRetentionRepository } from '../../src/db/retention.repository.js';
import { newId } from '../../src/domain/ids.js';
import type { Principal } from '../../src/domain/principal.js';
import { archives, deletes, type DataKind, type RetentionAction, type RetentionPolicyRecord } from '../../src/domain/retention.js';
import { dueRecordings } from '../../src/services/retention-report.js';
import type { RestoreReport } from '../../src/services/archive-restore.js';
import type { BlobStore } from '../../src/storage/blob-store.js';
import { ADMIN, addRecording, everythingOf, openWorld, type RetentionWorld } from './retention-world.js';

class Killed extends Error {}

interface Fate {
  readonly step: () => void;
  readonly isDead: boolean;
}

/** Ends a "process" at its nth step: before or after a transaction, or a change of a blob. */
function killer(steps: number): Fate {
  let left = steps;
  return {
    get isDead() { return left < 0; },
    step() {
      left -= 1;
      if (left < 0) throw new Killed('killed here');
    },
  };
}

function mortalDatabase(db: Database, { step }: Fate): Database {
  return { ...db, transaction: async (work) => { step(); const result = await db.transaction(work); step(); return result; } };
}

function mortalStore(store: BlobStore, { step }: Fate): BlobStore {
  const around = async <T>(work: () => Promise<T>): Promise<T> => { step(); const result = await work(); step(); return result; };
  return {
    ...store,
    stage: async (source, options) => { const staged = await around(() => store.stage(source, options)); return { ...staged, commit: () => around(() => staged.commit()) }; },
    write: (key, bytes) => around(() => store.write(key, bytes)),
    delete: (key) => around(() => store.delete(key)),
  };
}

const KINDS: readonly DataKind[] = ['RECORDING', 'RECORDING', 'ORIGINAL_AUDIO', 'FRAME_TRACKS', 'EMBEDDINGS', 'TRANSCRIPTS', 'RESULTS', 'PROCESSED_AUDIO'];
const ACTIONS: readonly RetentionAction[] = ['ARCHIVE_AND_DELETE', 'ARCHIVE_AND_DELETE', 'ARCHIVE_AND_DELETE', 'ARCHIVE', 'DELETE', 'KEEP'];

/** Small and fast; the same seed gives the same history. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export interface HistoryResult {
  readonly violations: readonly string[];
  readonly killCount: number;
  readonly deletedCount: number;
  readonly restoredCount: number;
}

/** One workspace with random policies, recordings, ages and holds; retention runs through random kills; then everything is looked at. */
export async function runHistory(db: Database, dataDir: string, seed: number): Promise<HistoryResult> {
  const random = randomOf(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const me: Principal = { ...ADMIN, workspaceId: `ws_history_${seed}` };
  await db.client.workspace.create({ data: { id: me.workspaceId, name: 'history' } });
  let nowMs = Date.now();
  const now = (): number => nowMs;
  const folder = join(dataDir, 'histories');
  const calm = await openWorld(db, folder, { now, leaseMs: 60_000, maxArchiveBytes: pick([1, 1e9]) });
  const repository = createRetentionRepository(db);

  const ids: string[] = [];
  for (let i = 0; i < 2 + Math.floor(random() * 3); i++) {
    ids.push(await addRecording(calm, me, { ageDays: Math.floor(random() * 90), tags: random() < 0.5 ? ['a'] : [], isAnalysed: random() < 0.8, ...(random() < 0.5 ? { externalId: pick(['p1', 'p2']) } : {}) }));
  }
  const policies: RetentionPolicyRecord[] = [];
  for (let i = 0; i < 1 + Math.floor(random() * 3); i++) {
    const policy: RetentionPolicyRecord = { id: newId('retentionPolicy'), workspaceId: me.workspaceId, name: `p${i}`, kind: pick(KINDS), action: pick(ACTIONS), keepDays: Math.floor(random() * 60), keepDaysWhenShort: null, priority: Math.floor(random() * 2), isEnabled: true, tags: random() < 0.3 ? ['a'] : [], labels: [], reviewStates: [], appliesFrom: null, createdAt: new Date(nowMs), updatedAt: new Date(nowMs) };
    policies.push(await db.transaction((tx) => repository.savePolicy(tx, policy)));
  }
  const { holds } = calm.retention.services;
  if (random() < 0.4) await holds.place(me, { scope: 'RECORDING', recordingId: pick(ids), reason: 'a court asks' });
  if (random() < 0.2) await holds.place(me, { scope: 'SUBJECT', externalId: 'p1', reason: 'a court asks' });
  if (random() < 0.2) await holds.place(me, { scope: 'QUERY', filter: { tag: 'a' }, reason: 'a court asks' });
  const before = new Map<string, string>();
  for (const id of ids) before.set(id, (await everythingOf(calm, me.workspaceId, id))!);
  const held = new Set((await repository.factsOf(me.workspaceId, ids)).filter((facts) => facts.isHeld).map((facts) => facts.recordingId));
  return check();

  async function check(): Promise<HistoryResult> {
    const violations: string[] = [];
    let killCount = 0;
    for (let life = 0; life < 3; life++) {
      const fate = killer(Math.floor(random() * 40));
      const mortal = await openWorld(mortalDatabase(db, fate), folder, { now, leaseMs: 60_000, maxArchiveBytes: 1e9, around: (store) => mortalStore(store, fate) }).catch(() => null);
      await mortal?.retention.run(me.workspaceId, { deadlineMs: nowMs + 1e9, signal: new AbortController().signal }).catch((error: unknown) => {
        if (!(error instanceof Killed) && !fate.isDead) throw error;
      });
      if (fate.isDead) killCount += 1;
      violations.push(...(await lookAround(calm)));
      nowMs += 10 * 60_000;
    }
    for (let round = 0; round < 3; round++) {
      await calm.retention.run(me.workspaceId, { deadlineMs: nowMs + 1e9, signal: new AbortController().signal });
      nowMs += 10 * 60_000;
    }
    violations.push(...(await lookAround(calm)));
    for await (const seen of dueRecordings(repository, me.workspaceId, policies, new Date(nowMs - 3600_000))) {
      if (!('kept' in seen)) violations.push(`${seen.facts.recordingId} is still due: ${seen.decisions.map(({ kind }) => kind).join(' ')}`);
    }
    const unfinished = await db.client.archive.count({ where: { workspaceId: me.workspaceId, state: { in: ['PREPARING', 'WRITTEN', 'VERIFIED'] } } });
    if (unfinished > 0) violations.push(`${unfinished} archives are unfinished`);
    const outright = policies.some((policy) => policy.action === 'DELETE');
    let deletedCount = 0;
    for (const id of ids) if ((await everythingOfOrNull(calm, id)) !== before.get(id)) deletedCount += 1;
    let restoredCount = 0;
    // As somebody would who does what a refusal says: what belongs to a recording in another archive comes after that one.
    let left = await db.client.archive.findMany({ where: { workspaceId: me.workspaceId, state: 'COMPLETE' } });
    let reports: readonly RestoreReport[] = [];
    for (let before = Infinity; left.length > 0 && left.length < before;) {
      before = left.length;
      reports = [];
      for (const { id } of left) reports = [...reports, await calm.retention.services.archives.restore(me, id, null)];
      restoredCount += reports.reduce((sum, report) => sum + report.restoredRecordingIds.length, 0);
      left = left.filter(({ id }) => reports.some((report) => report.archive.id === id && report.refused.length > 0));
    }
    // Parts of a recording that a policy deleted without an archive have nothing left to belong to.
    if (!outright) for (const { refused } of reports) for (const { code, message } of refused) violations.push(`a restore was refused: ${code} ${message}`);
    if (!outright) for (const id of ids) if ((await everythingOfOrNull(calm, id)) !== before.get(id)) violations.push(`${id} did not come back as it was`);
    return { violations: violations.map((one) => `history ${seed}: ${one}`), killCount, deletedCount, restoredCount };
  }

  /** At any moment, also right after a kill: nothing held is touched, and what is gone is in a verified archive or was meant to go without. */
  async function lookAround(world: RetentionWorld): Promise<readonly string[]> {
    const found: string[] = [];
    const safe = new Set((await db.client.archiveItem.findMany({ where: { workspaceId: me.workspaceId, state: 'DONE', archiveId: { in: (await db.client.archive.findMany({ where: { workspaceId: me.workspaceId, state: { in: ['VERIFIED', 'COMPLETE'] } }, select: { id: true } })).map(({ id }) => id) } } })).map(({ recordingId }) => recordingId));
    const mayGoWithout = policies.some(({ action }) => deletes(action) && !archives(action));
    for (const id of ids) {
      const isSame = (await everythingOfOrNull(world, id)) === before.get(id);
      if (held.has(id) && !isSame) found.push(`${id} is held and not what it was`);
      if (!isSame && !safe.has(id) && !mayGoWithout) found.push(`${id} lost something that is in no verified archive`);
    }
    return found;
  }

  async function everythingOfOrNull(world: RetentionWorld, id: string): Promise<string | null> {
    return everythingOf(world, me.workspaceId, id).catch(() => null);
  }
}
