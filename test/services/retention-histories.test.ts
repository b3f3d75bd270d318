import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHistory, type HistoryResult } from '../support/retention-history.js';
import { openEmbeddedTestDatabase, type TestDatabase } from '../support/test-database.js';

const HISTORIES = 12;

describe('retention through random policies, holds, ages and kills', () => {
  let test: TestDatabase;
  beforeAll(async () => { test = await openEmbeddedTestDatabase(); });
  afterAll(() => test.dispose());

  it('loses nothing held, deletes nothing before its verified archive, leaves nothing due, and gives back what was there', { timeout: 300_000 }, async () => {
    const results: HistoryResult[] = [];
    for (let seed = 1; seed <= HISTORIES; seed++) results.push(await runHistory(test.db, test.dataDir, seed));
    expect(results.flatMap(({ violations }) => violations)).toEqual([]);
    const sum = (figure: (result: HistoryResult) => number): number => results.reduce((total, result) => total + figure(result), 0);
    expect([sum((one) => one.killCount) > 3, sum((one) => one.deletedCount) > 3, sum((one) => one.restoredCount) > 3]).toEqual([true, true, true]);
  });
});
