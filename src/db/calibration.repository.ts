import type { CalibrationRecord } from '../domain/evaluation-records.js';
import type { Database } from './database.js';
import type { Also } from './repositories.js';
import type { Calibration as Row, Prisma } from './generated/client.js';

export interface CalibrationRepository {
  insert(row: Omit<CalibrationRecord, 'createdAt' | 'retiredAt'>, also?: Also): Promise<CalibrationRecord>;
  /** The newest first, retired ones with them. */
  list(workspaceId: string, modelId: string | null): Promise<readonly CalibrationRecord[]>;
  /** Of the scopes, the newest calibration that is not retired of each, for these weights. */
  findInForce(workspaceId: string, modelDigest: string, scopes: readonly string[]): Promise<readonly CalibrationRecord[]>;
  /** Null when there is none that is in force. */
  retire(workspaceId: string, id: string, also?: Also): Promise<CalibrationRecord | null>;
}

export function createCalibrationRepository(db: Database): CalibrationRepository {
  const { client } = db;
  return {
    insert: ({ values, figures, ...row }, also) => db.transaction(async (tx) => {
      const inserted = await tx.calibration.create({ data: { ...row, values: values as unknown as Prisma.InputJsonObject, figures: figures as unknown as Prisma.InputJsonObject } });
      await also?.(tx);
      return toCalibration(inserted);
    }),
    list: async (workspaceId, modelId) => (await client.calibration.findMany({ where: { workspaceId, ...(modelId === null ? {} : { modelId }) }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] })).map(toCalibration),
    findInForce: async (workspaceId, modelDigest, scopes) => {
      const rows = await client.calibration.findMany({ where: { workspaceId, modelDigest, scope: { in: [...scopes] }, retiredAt: null }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] });
      return scopes.flatMap((scope) => rows.find((row) => row.scope === scope) ?? []).map(toCalibration);
    },
    retire: (workspaceId, id, also) => db.transaction(async (tx) => {
      const { count } = await tx.calibration.updateMany({ where: { workspaceId, id, retiredAt: null }, data: { retiredAt: new Date() } });
      if (count === 0) return null;
      await also?.(tx);
      return toCalibration(await tx.calibration.findFirstOrThrow({ where: { id } }));
    }),
  };
}

function toCalibration(row: Row): CalibrationRecord {
  return { ...row, values: row.values as unknown as CalibrationRecord['values'], figures: row.figures as unknown as CalibrationRecord['figures'] };
}
