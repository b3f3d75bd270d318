import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDatabase } from '../../src/db/open-database.js';
import { createBossQueue } from '../../src/queue/boss-queue.js';
import { startChild } from '../support/child.js';
import { silentLog, templateDatabaseDir } from '../support/test-database.js';
import { until } from '../support/until.js';

it('a job whose process was killed runs again as soon as the embedded database is opened anew', { timeout: 90_000 }, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'ut-killed-'));
  cpSync(await templateDatabaseDir(), join(dataDir, 'postgres'), { recursive: true });
  const child = startChild('work-until-killed.mjs', dataDir);
  await until('the job runs in the other process', () => child.lines.includes('working'), 60_000);
  await child.kill();

  const db = await openDatabase({ dataDir, log: silentLog });
  const warnings: object[] = [];
  const queue = createBossQueue({ connectionString: db.connectionString, reclaimActive: db.embedded, log: { warn: (fields) => warnings.push(fields), error: () => undefined } });
  await queue.start();
  const seen: { analysisId: string; attempt: number; isLastAttempt: boolean }[] = [];
  await queue.work('analyze-recording', { concurrency: 1 }, ({ analysisId }, { attempt, isLastAttempt }) => Promise.resolve(void seen.push({ analysisId, attempt, isLastAttempt })));
  await until('the job runs here', () => seen.length === 1, 3_000);
  await until('the job is done', async () => !(await queue.has('analyze-recording', 'ana_1')));
  expect(seen).toEqual([{ analysisId: 'ana_1', attempt: 2, isLastAttempt: false }]);
  expect(warnings).toEqual([{ job: 'analyze-recording', reclaimed: 1 }]);
  await queue.stop({ deadlineMs: 1_000 });
  await db.close();
  rmSync(dataDir, { recursive: true, force: true });
});
