import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAttackTarget, type AttackTarget } from '../support/attack-target.js';
import { ATTACKS } from '../support/attacks/all.js';
import { processorMs } from '../support/process-time.js';

/** What one attack may cost the server's process. */
const MOST_CPU_MS = 100;
const TIMES = 5;
const IDLE_MS = 5000;

let folder: string;
let target!: AttackTarget;
/** Share of a time without requests in which the process works: its timers, its database, its watching of jobs. */
let idleShare = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'undertone-attacks-'));
  target = await openAttackTarget(join(folder, 'data'));
  for (let warmUp = 0; warmUp < 10; warmUp++) await target.isWell();
  const before = processorMs(target.pid);
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  idleShare = (processorMs(target.pid) - before) / IDLE_MS;
});
afterAll(async () => {
  await target.close();
  await rm(folder, { recursive: true, force: true });
});

describe('an attacked server', () => {
  it.each(ATTACKS.map((attack) => [attack.name, attack] as const))('refuses %s at little cost and goes on', async (_name, { prepare, run, expects, isSlow = false, times = TIMES }) => {
    await prepare?.(target);
    const startedMs = performance.now();
    const before = processorMs(target.pid);
    const told = new Set<string>();
    const once = async (): Promise<void> => void told.add(await run(target));
    if (isSlow) await Promise.all(Array.from({ length: times }, once));
    else for (let time = 0; time < times; time++) await once();
    const cpuMs = (processorMs(target.pid) - before - idleShare * (performance.now() - startedMs)) / times;
    expect([...told]).toEqual([expects]);
    expect(cpuMs).toBeLessThan(MOST_CPU_MS);
    expect(await target.isWell()).toBe(true);
  });
});
