import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createApiKeyRepository } from '../../src/db/api-key.repository.js';
import { createTaskRunRepository } from '../../src/db/task-run.repository.js';
import { createWorkspaceRepository } from '../../src/db/workspace.repository.js';
import type { Fact } from '../../src/domain/events.js';
import { createMaintenanceService, type MaintenanceParts } from '../../src/services/maintenance.service.js';
import { createUsageService } from '../../src/services/workspace.service.js';
import { retentionTrial } from '../support/retention-trial.js';
import { addRecording } from '../support/retention-world.js';
import type { TestDatabase } from '../support/test-database.js';

const DAY_MS = 24 * 3600 * 1000;
const { signal } = new AbortController();

export function describeScheduledNotices(engine: string, open: () => Promise<TestDatabase>): void {
  describe(`notices of the schedule on ${engine}`, () => {
    const trial = retentionTrial(open);
    const told: Fact[] = [];
    const notify = (fact: Fact): Promise<void> => Promise.resolve(void told.push(fact));
    const mine = (): readonly Fact[] => told.splice(0).filter(({ workspaceId }) => workspaceId === trial.me.workspaceId);

    it('tell of a workspace from nine tenths of its quota on, and count those that are full', async () => {
      const usage = createUsageService(createWorkspaceRepository(trial.db), trial.world.blobs.raw, notify);
      await addRecording(trial.world, trial.me, { bytes: randomBytes(900), isAnalysed: false });
      const withQuota = async (maxStoredBytes: number | null): Promise<unknown> => {
        await trial.db.client.workspace.update({ where: { id: trial.me.workspaceId }, data: { maxStoredBytes } });
        return usage.reportQuotas(signal);
      };
      expect([await withQuota(null), await withQuota(1001), mine()]).toEqual([{ nearCount: 0, fullCount: 0 }, { nearCount: 0, fullCount: 0 }, []]);
      expect([await withQuota(1000), mine()]).toEqual([{ nearCount: 1, fullCount: 0 }, [{ kind: 'quota.near', workspaceId: trial.me.workspaceId, storedBytes: 900, maxBytes: 1000 }]]);
      expect(await withQuota(900)).toEqual({ nearCount: 1, fullCount: 1 });
      told.length = 0;
      expect([await usage.reportQuotas(signal, true), told]).toEqual([{ nearCount: 1, fullCount: 1 }, []]);
      await withQuota(null);
    });

    it('tell of keys that end within two weeks, and not of those that ended, were revoked or last longer', async () => {
      const keys = createApiKeyRepository(trial.db);
      const maintenance = createMaintenanceService({ database: trial.db, keys, taskRuns: createTaskRunRepository(trial.db, trial.me.workspaceId), notify } as unknown as MaintenanceParts);
      const key = async (id: string, days: number | null, revokedAt: Date | null = null): Promise<void> => {
        await trial.db.client.apiKey.create({ data: { id, workspaceId: trial.me.workspaceId, name: id, role: 'viewer', prefix: 'ut_x', hash: randomBytes(32), expiresAt: days === null ? null : new Date(Date.now() + days * DAY_MS), revokedAt } });
      };
      await key('key_soon', 13);
      await key('key_later', 15);
      await key('key_ended', -1);
      await key('key_revoked', 3, new Date());
      await key('key_forever', null);
      expect([await maintenance.announceEndingKeys(true), mine()]).toEqual([{ endingCount: 1 }, []]);
      expect([await maintenance.announceEndingKeys(), mine()]).toEqual([{ endingCount: 1 }, [{ kind: 'key.ending', workspaceId: trial.me.workspaceId, keyId: 'key_soon', endsAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string }]]);
    });
  });
}
