import type { Transaction, Database } from './database.js';

/** What counts against a limit: of one key, or of its whole workspace. */
export interface ChargedUse {
  readonly audioSeconds: number;
  readonly runningCount: number;
  /** When the oldest audio was charged; null without any. */
  readonly oldestAt: Date | null;
}

export interface AnalysisChargeRepository {
  /** Since a moment, under a lock of the workspace to the end of the transaction: requests that come at once, on any node, are counted one after another. */
  lockedUse(tx: Transaction, owner: ChargeOwner, since: Date): Promise<{ readonly key: ChargedUse; readonly workspace: ChargedUse }>;
  use(owner: ChargeOwner, since: Date): Promise<{ readonly key: ChargedUse; readonly workspace: ChargedUse }>;
  /** Also forgets what ended before `since`. */
  insert(tx: Transaction, owner: ChargeOwner, analysisId: string, at: Date, since: Date): Promise<void>;
  /** An analysis that nobody charged is left alone. */
  settle(tx: Transaction, analysisId: string, audioSeconds: number, at: Date): Promise<void>;
}

export interface ChargeOwner {
  readonly workspaceId: string;
  readonly keyId: string;
}

interface Row {
  readonly isKey: boolean;
  readonly audioSeconds: number;
  readonly runningCount: number;
  readonly oldestAt: Date | null;
}

const NOTHING: ChargedUse = { audioSeconds: 0, runningCount: 0, oldestAt: null };

export function createAnalysisChargeRepository({ client }: Database): AnalysisChargeRepository {
  async function use(db: Pick<Transaction, '$queryRaw'>, { workspaceId, keyId }: ChargeOwner, since: Date): Promise<{ readonly key: ChargedUse; readonly workspace: ChargedUse }> {
    const rows = await db.$queryRaw<Row[]>`
      SELECT c."keyId" = ${keyId} AS "isKey", COALESCE(sum(c."audioSeconds") FILTER (WHERE c."at" > ${since}), 0)::float8 AS "audioSeconds",
        (count(*) FILTER (WHERE a."status" IN ('QUEUED', 'RUNNING')))::int AS "runningCount", min(c."at") FILTER (WHERE c."at" > ${since} AND c."audioSeconds" > 0) AS "oldestAt"
      FROM "AnalysisCharge" c LEFT JOIN "Analysis" a ON a."id" = c."analysisId" WHERE c."workspaceId" = ${workspaceId} GROUP BY 1`;
    return { key: rows.find(({ isKey }) => isKey) ?? NOTHING, workspace: rows.reduce(together, NOTHING) };
  }
  return {
    use: (owner, since) => use(client, owner, since),
    async lockedUse(tx, owner, since) {
      await tx.$queryRaw`SELECT "id" FROM "Workspace" WHERE "id" = ${owner.workspaceId} FOR NO KEY UPDATE`;
      return use(tx, owner, since);
    },
    async insert(tx, { workspaceId, keyId }, analysisId, at, since) {
      await tx.$executeRaw`
        DELETE FROM "AnalysisCharge" c WHERE c."workspaceId" = ${workspaceId} AND c."at" <= ${since}
          AND NOT EXISTS (SELECT 1 FROM "Analysis" a WHERE a."id" = c."analysisId" AND a."status" IN ('QUEUED', 'RUNNING'))`;
      await tx.analysisCharge.create({ data: { analysisId, workspaceId, keyId, at } });
    },
    async settle(tx, analysisId, audioSeconds, at) {
      await tx.analysisCharge.updateMany({ where: { analysisId }, data: { audioSeconds, at } });
    },
  };
}

function together(sum: ChargedUse, { audioSeconds, runningCount, oldestAt }: ChargedUse): ChargedUse {
  const oldest = sum.oldestAt === null || (oldestAt !== null && oldestAt < sum.oldestAt) ? oldestAt : sum.oldestAt;
  return { audioSeconds: sum.audioSeconds + audioSeconds, runningCount: sum.runningCount + runningCount, oldestAt: oldest };
}
