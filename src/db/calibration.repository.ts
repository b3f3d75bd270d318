import type { CalibrationRecord } from '../domain/evaluation-records.js';
import type { Database } from './database.js';
import type { Calibration as Row, Prisma } from './generated/client.js';

export interface CalibrationRepository {
  insert(row: Omit<CalibrationRecord, 'createdAt' | 'retiredAt'>): Promise<CalibrationRecord>;
  /** The newest first, retired ones with them. */
  list(workspaceId: string, modelId: string | null): Promise<readonly CalibrationRecord[]>;
  /** Of the scopes, the newest calibration that is not retired of each, for these weights. */
  findInForce(workspaceId: string, modelDigest: string, scopes: readonly string[]): Promise<readonly CalibrationRecord[]>;
  /** Null when there is none that is in force. */
  retire(workspaceId: string, id: string): Promise<CalibrationRecord | null>;
}

export function createCalibrationRepository({ client }: Database): CalibrationRepository {
  return {
    insert: async ({ values, figures, ...row }) => toCalibration(await client.calibration.create({ data: { ...row, values: values as unknown as Prisma.InputJsonObject, figures: figures as unknown as Prisma.InputJsonObject } })),
    list: async (workspaceId, modelId) => (await client.calibration.findMany({ where: { workspaceId, ...(modelId === null ? {} : { modelId }) }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] })).map(toCalibration),
    findInForce: async (workspaceId, modelDigest, scopes) => {
      const rows = await client.calibration.findMany({ where: { workspaceId, modelDigest, scope: { in: [...scopes] }, retiredAt: null }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] });
      return scopes.flatMap((scope) => rows.find((row) => row.scope === scope) ?? []).map(toCalibration);
    },
    retire: async (workspaceId, id) => {
      const { count } = await client.calibration.updateMany({ where: { workspaceId, id, retiredAt: null }, data: { retiredAt: new Date() } });
      return count === 0 ? null : toCalibration(await client.calibration.findUniqueOrThrow({ where: { id } }));
    },
  };
}

function toCalibration(row: Row): CalibrationRecord {
  return { ...row, values: row.values as unknown as CalibrationRecord['values'], figures: row.figures as unknown as CalibrationRecord['figures'] };
}
