import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTaskRunRepository } from '../../src/db/task-run.repository.js';
import { startChild, type Child } from '../support/child.js';
import { openEmbeddedTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

describe('three nodes on one database', () => {
  let test: TestDatabase;
  let nodes: readonly Child[] = [];
  beforeAll(async () => {
    test = await openEmbeddedTestDatabase();
    // Seen before, and not since: what is due now is a firing that was missed and one of the schedule at once.
    await createTaskRunRepository(test.db, 'ws_default').skip('trial', new Date(Date.now() - 10 * 60_000), 'nobody');
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.kill()));
    await test.dispose();
  });

  it('give each firing of a task to exactly one of them', { timeout: 120_000 }, async () => {
    nodes = [1, 2, 3].map((n) => startChild('fire-tasks.mjs', test.db.connectionString, `${test.dataDir}/node${n}`));
    // Each has asked for the firing of a minute many times, at the same seconds as the others.
    await until('every node has tried several times', () => nodes.every((node) => node.lines.length >= 4), 90_000);
    const ran = nodes.flatMap((node) => node.lines.filter((line) => line.startsWith('ran')));
    const asked = new Set(nodes.flatMap((node) => node.lines.map((line) => line.split(' ')[1]!)));
    expect([...ran].sort()).toEqual([...asked].sort().map((firing) => `ran ${firing}`));
    expect(await test.db.client.taskRun.count({ where: { taskId: 'trial', cause: { in: ['SCHEDULE', 'MISSED'] }, state: { not: 'SKIPPED' } } })).toBe(ran.length);
  });
});
