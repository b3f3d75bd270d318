import { expect, it } from 'vitest';
import type { CliServices } from '../../src/cli/cli-runtime.js';
import type { Services } from '../../src/services/service-contracts.js';
import { retentionTrial } from '../support/retention-trial.js';
import { fakeRuntime, runCommand, type Ran } from './fake-runtime.js';

/** The commands on real use cases and a real database. */
const trial = retentionTrial();
const audit = (...argv: string[]): Promise<Ran> => runCommand(['audit', ...argv], {
  runtime: fakeRuntime({
    openServices: () => Promise.resolve({ services: trial.world.retention.services as unknown as Services, operator: trial.me, close: () => Promise.resolve() } as unknown as CliServices),
  }),
});
const lines = ({ out }: Ran): readonly Record<string, unknown>[] => out.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);

it('undertone audit lists by act and time, verifies, prunes, and names the event where the chain breaks', async () => {
  await trial.setPolicy();
  await trial.setPolicy({ name: 'another' });
  const listed = lines(await audit('list', '--json', '--action', 'policy.made'));
  expect(listed[0]).toMatchObject({ action: 'policy.made', workspaceId: trial.me.workspaceId, address: null });
  expect(lines(await audit('list', '--json', '--to', '2001-01-01'))).toEqual([]);
  const { length } = lines(await audit('list', '--json'));
  expect(length).toBeGreaterThanOrEqual(2);
  expect((await audit('list', '--first', '1')).out).toContain('policy.');
  expect(await audit('verify')).toMatchObject({ code: 0, out: `The chain of ${length} events holds.\n` });

  const now = new Date().toISOString();
  expect(lines(await audit('prune', '--before', now, '--dry-run', '--json'))).toEqual([{ prunedCount: length, isDryRun: true }]);
  expect((await audit('prune', '--before', now)).out).toBe(`${length} events are forgotten.\n`);
  expect(lines(await audit('list', '--json')).map(({ action }) => action)).toEqual(['audit.pruned']);
  await trial.setPolicy({ name: 'a third' });
  expect(lines(await audit('verify', '--json'))).toEqual([{ ok: true, checkedCount: 2, brokenAt: null }]);

  await trial.db.transaction(async (tx) => {
    await tx.$executeRaw`ALTER TABLE "AuditEvent" DISABLE TRIGGER USER`;
    await tx.$executeRaw`DELETE FROM "AuditEvent" WHERE "workspaceId" = ${trial.me.workspaceId} AND "action" = 'audit.pruned'`;
    await tx.$executeRaw`ALTER TABLE "AuditEvent" ENABLE TRIGGER USER`;
  });
  expect(await audit('verify', '--json')).toMatchObject({ code: 1, out: `{"ok":false,"checkedCount":1,"brokenAt":${length + 1}}\n` });
  expect((await audit('prune')).code).toBe(2);
});
