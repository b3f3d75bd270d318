import { expect } from 'vitest';
import { openDatabase } from '../../src/db/open-database.js';
import { startChild } from './child.js';
import { silentLog } from './test-database.js';
import { until } from './until.js';

/**
 * Kills a process that inserts row after row into the embedded database, round after round on the same folder, and
 * checks that every row it had reported is there, whole, and at most one more a round. Answers how many were reported.
 */
export async function killWhileInserting(dataDir: string, rounds: number, minRowsPerRound: number): Promise<number> {
  const acknowledged = new Set<number>();
  for (let round = 0; round < rounds; round++) {
    const child = startChild('insert-until-killed.mjs', dataDir);
    await until('rows were acknowledged', () => child.lines.length > minRowsPerRound + Math.random() * 50, 60_000);
    await child.kill();
    for (const line of child.lines.slice(1)) acknowledged.add(Number(line));
  }
  const db = await openDatabase({ dataDir, log: silentLog });
  const names = new Map((await db.client.workspace.findMany()).map(({ id, name }) => [id, name]));
  await db.close();
  const missing = [...acknowledged].filter((i) => names.get(`ws_${i}`) !== 'x'.repeat(i % 500));
  expect(missing).toEqual([]);
  expect(names.size - acknowledged.size).toBeLessThanOrEqual(rounds);
  return acknowledged.size;
}
