import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fuzzCheckpoint } from './mutated-checkpoint.fixture.js';
import { TINY } from './npy.fixture.js';
import { LEAST_SIZE, writeModel } from './small-model.fixture.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'undertone-fuzz-'));
  await writeModel(join(folder, 'least.pt'), LEAST_SIZE);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('mutated checkpoints', () => {
  it.each([['zip', 1000, 11], ['legacy', 120, 12]] as const)('in the %s format are read or refused, never more, in flat memory: %d of them', async (format, count, seed) => {
    const source = format === 'zip' ? join(folder, 'least.pt') : join(TINY, 'model_legacy_format.pt');
    const report = await fuzzCheckpoint({ source, scratch: join(folder, 'mutated.pt'), count, seed });
    expect(report.faults).toEqual([]);
    expect(report.refused).toBeGreaterThan(count / 2);
    expect(report.accepted).toBeGreaterThan(0);
    expect(report.costliestCpuMs).toBeLessThan(2000);
    expect(report.largestRssBytes).toBeLessThan(600 * 1024 ** 2);
  }, 120_000);
});
