import { readdirSync } from 'node:fs';
import { getPriority } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InferOptions } from '../../src/inference/emotion-inference.js';
import { largestUsefulBatch } from '../../src/inference/host/batch-trial.js';
import type { ResidentInference } from '../../src/inference/resident-inference.js';
import { codeOf, InferenceBench, isChildHost, pidOf, processIsGone, REQUEST, until } from './inference-bench.js';
import { clip, installTinyModel } from './tiny-model.js';

let bench: InferenceBench;
beforeEach(() => {
  bench = new InferenceBench();
  installTinyModel(bench.dir, 'tiny', { slow: true });
});
afterEach(() => bench.close());

const BULK: InferOptions = { ...REQUEST, priority: 'bulk' };
const hosts = (): number[] => readdirSync('/proc').filter((entry) => isChildHost(entry)).map(Number);

function busiest(service: ResidentInference): { most: number } {
  const seen = { most: 0 };
  service.onStateChanged((_, state) => {
    if (state.kind === 'busy') seen.most = Math.max(seen.most, state.runningCount);
  });
  return seen;
}

describe('a host for interactive work alone', () => {
  it('answers while a bulk clip holds every other host', async () => {
    const service = bench.service({ interactiveThreads: 1 });
    const abort = new AbortController();
    const bulk = codeOf(service.infer(clip(500), { ...BULK, deadlineMs: 120_000, signal: abort.signal }));
    await until('the bulk clip runs', () => service.status('tiny').state.kind === 'busy');
    expect((await service.infer(clip(0.5), REQUEST)).frameCount).toBe(24);
    expect((await service.infer(clip(0.7), REQUEST)).frameCount).toBe(34);
    expect(service.status('tiny').state).toMatchObject({ kind: 'busy', runningCount: 1 });
    abort.abort('enough');
    expect(await bulk).toBe('enough');
  });

  it('is what load starts, and interactive work starts no other', async () => {
    const service = bench.service({ hostCount: 3, interactiveThreads: 1 });
    const busy = busiest(service);
    await service.load('tiny');
    await Promise.all([0.5, 0.6, 0.7, 0.8].map((seconds) => service.infer(clip(seconds), REQUEST)));
    expect(busy.most).toBe(1);
    expect(hosts()).toEqual([pidOf(service.status('tiny').state)]);
  });

  it('takes no bulk work, also when it has nothing else to do', async () => {
    const service = bench.service({ interactiveThreads: 1 });
    const interactive = pidOf((await service.load('tiny')).state);
    await Promise.all([0.5, 0.6].map((seconds) => service.infer(clip(seconds), BULK)));
    expect(hosts().filter((pid) => pid !== interactive)).toHaveLength(1);
  });

  it('is stood in for by the others after a crash, until its wait is over', async () => {
    const service = bench.service({ interactiveThreads: 1, backOffFirstMs: 60_000 });
    const interactive = pidOf((await service.load('tiny')).state);
    await service.infer(clip(0.5), BULK);
    process.kill(interactive, 'SIGKILL');
    await until('its process is gone', () => processIsGone(interactive));
    expect((await service.infer(clip(0.5), REQUEST)).frameCount).toBe(24);
  });

  it('has the processor before bulk hosts', async () => {
    const service = bench.service({ interactiveThreads: 1 });
    const interactive = pidOf((await service.load('tiny')).state);
    await service.infer(clip(0.5), BULK);
    expect(getPriority(interactive)).toBe(getPriority());
    expect(hosts().filter((pid) => pid !== interactive).map((pid) => getPriority(pid))).toEqual([Math.min(19, getPriority() + 10)]);
  });

  it('is drained and ended with the others by unload', async () => {
    const service = bench.service({ interactiveThreads: 1 });
    const answers = [service.infer(clip(1.1), BULK), service.infer(clip(1.1), REQUEST)];
    expect((await service.unload('tiny')).state).toMatchObject({ kind: 'unloaded' });
    expect((await Promise.all(answers)).map(({ frameCount }) => frameCount)).toEqual([54, 54]);
    expect(hosts()).toEqual([]);
  });
});

describe('the batch of an accelerator', () => {
  const device = (memoryItems: number, msPerItem: (count: number) => number) => (count: number) =>
    count > memoryItems ? Promise.reject(new Error('out of memory')) : Promise.resolve(count * msPerItem(count));

  it('grows by doubling up to what is allowed while each clip gets cheaper', async () => {
    expect(await largestUsefulBatch(16, device(1000, (count) => 10 / count))).toBe(16);
    expect(await largestUsefulBatch(23, device(1000, (count) => 10 / count))).toBe(16);
  });

  it('ends where the memory of the device does', async () => {
    expect(await largestUsefulBatch(16, device(5, (count) => 10 / count))).toBe(4);
    expect(await largestUsefulBatch(16, device(0, () => 1))).toBe(1);
  });

  it('ends where a larger one gains nothing', async () => {
    expect(await largestUsefulBatch(16, device(1000, (count) => (count < 4 ? 10 / count : 2.5)))).toBe(4);
    expect(await largestUsefulBatch(0, device(1000, () => 1))).toBe(1);
  });
});
