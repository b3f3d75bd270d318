import type { LegalBasis, Jurisdiction, Purpose, SpeakerRole } from '../domain/law/purposes.js';
import type { UsageKind, UsageOfKind, UsageSnapshot, WorkspaceLaw, WorkspaceRecord } from '../domain/usage.js';
import type { Database, Transaction } from './database.js';
import type { Prisma } from './generated/client.js';
import type { Also } from './repositories.js';

/** With what was there before. */
type AlsoOfWorkspace = (tx: Transaction, before: WorkspaceRecord) => Promise<void>;

export interface WorkspaceRepository {
  insert(row: Pick<WorkspaceRecord, 'id' | 'name' | 'maxStoredBytes'>, also?: Also): Promise<WorkspaceRecord>;
  list(): Promise<readonly WorkspaceRecord[]>;
  find(id: string, tx?: Transaction): Promise<WorkspaceRecord | null>;
  /** Null when there is no such workspace. */
  setMaxStoredBytes(id: string, bytes: number | null, also?: AlsoOfWorkspace): Promise<WorkspaceRecord | null>;
  /** What is not named stays. Null when there is no such workspace. */
  setLaw(id: string, law: Partial<WorkspaceLaw>, also?: AlsoOfWorkspace): Promise<WorkspaceRecord | null>;
  /** Bytes of its recordings as uploaded. */
  storedBytes(workspaceId: string): Promise<number>;
  /**
   * The same under a lock of the workspace that is held to the end of the transaction: uploads that come at once are
   * counted one after another.
   */
  lockedStoredBytes(tx: Transaction, workspaceId: string): Promise<number>;
  /** All but `tracks`, whose sizes only the storage knows. */
  measure(workspaceId: string): Promise<readonly UsageOfKind[]>;
  /** Whose each of these track blobs is; those that belong to nobody are left out. */
  ownersOfTracks(keys: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Replaces the day's figures. */
  saveSnapshot(workspaceId: string, day: Date, usage: readonly UsageOfKind[]): Promise<void>;
  snapshots(workspaceId: string, since: Date): Promise<readonly UsageSnapshot[]>;
}

interface Figures {
  readonly byteLength: bigint | null;
  readonly itemCount: bigint;
}

export function createWorkspaceRepository(database: Database): WorkspaceRepository {
  const { client } = database;
  const change = (id: string, data: Prisma.WorkspaceUpdateInput, also?: AlsoOfWorkspace): Promise<WorkspaceRecord | null> =>
    database.transaction(async (tx) => {
      const before = await tx.workspace.findFirst({ where: { id } });
      if (before === null) return null;
      const changed = await tx.workspace.update({ where: { id }, data });
      await also?.(tx, toWorkspace(before));
      return toWorkspace(changed);
    });
  const sumOf = async (db: Pick<Transaction, '$queryRaw'>, workspaceId: string): Promise<Figures> => {
    const [row] = await db.$queryRaw<Figures[]>`SELECT sum("byteLength")::bigint AS "byteLength", count(*) AS "itemCount" FROM "Recording" WHERE "workspaceId" = ${workspaceId}`;
    return row!;
  };
  return {
    insert: (row, also) => database.transaction(async (tx) => {
      const made = await tx.workspace.create({ data: row });
      await also?.(tx);
      return toWorkspace(made);
    }),
    list: async () => (await client.workspace.findMany({ orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })).map(toWorkspace),
    find: async (id, tx) => {
      const row = await (tx ?? client).workspace.findFirst({ where: { id } });
      return row === null ? null : toWorkspace(row);
    },
    setMaxStoredBytes: (id, maxStoredBytes, also) => change(id, { maxStoredBytes }, also),
    setLaw: (id, { overrideReason, overriddenAt, ...statement }, also) => {
      const override = { ...(overrideReason === undefined ? {} : { lawOverrideReason: overrideReason }), ...(overriddenAt === undefined ? {} : { lawOverriddenAt: overriddenAt }) };
      return change(id, { ...statement, ...override }, also);
    },
    storedBytes: async (workspaceId) => Number((await sumOf(client, workspaceId)).byteLength ?? 0),
    lockedStoredBytes: async (tx, workspaceId) => {
      await tx.$queryRaw`SELECT "id" FROM "Workspace" WHERE "id" = ${workspaceId} FOR NO KEY UPDATE`;
      return Number((await sumOf(tx, workspaceId)).byteLength ?? 0);
    },
    measure: async (workspaceId) => {
      const audio = await sumOf(client, workspaceId);
      const [embeddings] = await client.$queryRaw<Figures[]>`SELECT sum(4 * "dimension")::bigint AS "byteLength", count(*) AS "itemCount" FROM "Embedding" WHERE "workspaceId" = ${workspaceId}`;
      const [results] = await client.$queryRaw<Figures[]>`
        SELECT sum(pg_column_size(s.*))::bigint AS "byteLength", count(*) AS "itemCount" FROM "Segment" s JOIN "Analysis" a ON a."id" = s."analysisId" WHERE a."workspaceId" = ${workspaceId}`;
      return [usageOf('audio', audio), usageOf('embeddings', embeddings!), usageOf('results', results!)];
    },
    ownersOfTracks: async (keys) => {
      const rows = await client.analysis.findMany({ where: { trackKey: { in: [...keys] } }, select: { trackKey: true, workspaceId: true } });
      return new Map(rows.map((row) => [row.trackKey!, row.workspaceId]));
    },
    saveSnapshot: async (workspaceId, day, usage) => {
      for (const { kind, byteLength, itemCount } of usage) {
        const figures = { byteLength, itemCount };
        await client.usageSnapshot.upsert({ where: { workspaceId_day_kind: { workspaceId, day, kind } }, create: { workspaceId, day, kind, ...figures }, update: figures });
      }
    },
    snapshots: async (workspaceId, since) => {
      const rows = await client.usageSnapshot.findMany({ where: { workspaceId, day: { gte: since } }, orderBy: [{ day: 'asc' }, { kind: 'asc' }] });
      return rows.map(({ day, kind, byteLength, itemCount }) => ({ day, kind: kind as UsageKind, byteLength: Number(byteLength), itemCount: Number(itemCount) }));
    },
  };
}

function usageOf(kind: UsageKind, { byteLength, itemCount }: Figures): UsageOfKind {
  return { kind, byteLength: Number(byteLength ?? 0), itemCount: Number(itemCount) };
}

interface WorkspaceRow {
  readonly id: string;
  readonly name: string;
  readonly maxStoredBytes: bigint | null;
  readonly createdAt: Date;
  readonly purpose: string | null;
  readonly jurisdiction: string | null;
  readonly legalBasis: string | null;
  readonly speakerRole: string;
  readonly lawOverrideReason: string | null;
  readonly lawOverriddenAt: Date | null;
}

/** The services let nothing in that is not of these lists. */
function toWorkspace({ id, name, maxStoredBytes, createdAt, ...row }: WorkspaceRow): WorkspaceRecord {
  const law: WorkspaceLaw = {
    purpose: row.purpose as Purpose | null, jurisdiction: row.jurisdiction as Jurisdiction | null, legalBasis: row.legalBasis as LegalBasis | null, speakerRole: row.speakerRole as SpeakerRole,
    overrideReason: row.lawOverrideReason, overriddenAt: row.lawOverriddenAt,
  };
  return { id, name, maxStoredBytes: maxStoredBytes === null ? null : Number(maxStoredBytes), createdAt, law };
}
