import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHistory, type HistoryResult } from '../support/retention-history.js';
import { openEmbeddedTestDatabase, type TestDatabase } from '../support/test-database.js';

/** 500 take four to twenty minutes: `UT_TEST_HISTORIES=500` runs them all, CI the first share. */
const HISTORIES = Number(process.env['UT_TEST_HISTORIES'] ?? 150);
const FIRST_SEED = 1000;

describe('histories of retention', () => {
  let test: TestDatabase;
  beforeAll(async () => { test = await openEmbeddedTestDatabase(); });
  afterAll(() => test.dispose());

  it('break no promise, whatever was killed and when', { timeout: 3_600_000 }, async () => {
    const results: HistoryResult[] = [];
    for (let i = 0; i < HISTORIES; i++) results.push(await runHistory(test.db, test.dataDir, FIRST_SEED + i));
    const sum = (figure: (result: HistoryResult) => number): number => results.reduce((total, result) => total + figure(result), 0);
    process.stdout.write(`${JSON.stringify({ histories: HISTORIES, kills: sum((one) => one.killCount), deletions: sum((one) => one.deletedCount), restores: sum((one) => one.restoredCount), violations: sum((one) => one.violations.length) })}\n`);
    expect(results.flatMap(({ violations }) => violations)).toEqual([]);
    expect(sum((one) => one.killCount)).toBeGreaterThan(HISTORIES / 4);
  });
});
