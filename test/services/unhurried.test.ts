import { describe, expect, it } from 'vitest';
import { unhurried } from '../../src/services/unhurried.js';

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

/** Holds the thread, as no timer may be late meanwhile. */
function busyFor(milliseconds: number): Promise<string> {
  const untilMs = performance.now() + milliseconds;
  while (performance.now() < untilMs);
  return Promise.resolve('done');
}

describe('unhurried work', () => {
  it('rests three times as long as it took, and answers what the work did', async () => {
    // Timers may end a millisecond early.
    expect(await timed(() => unhurried(() => busyFor(40)))).toBeGreaterThanOrEqual(158);
    expect(await unhurried(() => busyFor(1))).toBe('done');
  });

  it('rests a quarter of a second at most', async () => {
    const order: string[] = [];
    const slow = unhurried(() => busyFor(300)).then(() => order.push('work of 300 ms'));
    const later = new Promise<void>((resolve) => setTimeout(() => resolve(), 700)).then(() => order.push('700 ms later'));
    await Promise.all([slow, later]);
    expect(order).toEqual(['work of 300 ms', '700 ms later']);
  });

  it('that fails fails at once', async () => {
    const order: string[] = [];
    const failing = unhurried(async () => {
      await busyFor(100);
      throw new Error('held');
    }).catch((error: unknown) => order.push((error as Error).message));
    const later = new Promise<void>((resolve) => setTimeout(() => resolve(), 200)).then(() => order.push('200 ms later'));
    await Promise.all([failing, later]);
    expect(order).toEqual(['held', '200 ms later']);
  });
});
