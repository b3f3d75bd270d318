import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fuzzCheckpoint } from '../emotion2vec/mutated-checkpoint.fixture.js';
import { TINY } from '../emotion2vec/npy.fixture.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'undertone-long-fuzz-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

// The layout that is published gets the whole number; the one from before 2020 what the time of the check allows.
describe('thousands of mutated checkpoints', () => {
  it.each([['model_no_optim.pt', 10_000, 101], ['model_legacy_format.pt', 2000, 102]] as const)('of %s (%i) are read or refused, never more, in flat memory', async (name, count, seed) => {
    const report = await fuzzCheckpoint({ source: join(TINY, name), scratch: join(folder, name), count, seed });
    expect(report.faults).toEqual([]);
    expect(report.refused).toBeGreaterThan(0.3 * count);
    expect(report.costliestCpuMs).toBeLessThan(2000);
    expect(report.largestRssBytes).toBeLessThan(600 * 1024 ** 2);
  }, 900_000);
});
