import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelState } from '../../src/domain/model.js';
import type { ResidentInference } from '../../src/inference/resident-inference.js';
import { codeOf, InferenceBench, isChildHost, pidOf, processIsGone, REQUEST, until, worstDifference } from '../inference/inference-bench.js';
import { clip, expectedAnswer, installTinyModel } from '../inference/tiny-model.js';

let bench: InferenceBench;
beforeEach(() => {
  bench = new InferenceBench();
  installTinyModel(bench.dir, 'tiny', { slow: true });
});
afterEach(() => bench.close());

const state = (service: ResidentInference): ModelState => service.status('tiny').state;
/** Minutes of work for the slow model: it never ends by itself within a test. */
const ENDLESS = clip(500);

/** An orphan's zombie waits for the machine's first process to reap it, which some containers' never does. */
function isZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

describe('the life of a host', () => {
  it('ends with its process when idle, and starts again with the next request', async () => {
    const service = bench.service({ idleUnloadMs: 60 });
    const pid = pidOf((await service.load('tiny')).state);
    await until('the idle host is unloaded', () => state(service).kind === 'unloaded');
    expect(state(service)).toEqual({ kind: 'unloaded', reason: 'idle' });
    expect(processIsGone(pid)).toBe(true);
    expect(service.status('tiny').memoryBytes).toBeNull();
    expect((await service.infer(clip(0.5), REQUEST)).frameCount).toBe(24);
  });

  it('drains before it unloads: accepted work is answered, then the process is gone, and later work gets a fresh one', async () => {
    const service = bench.service();
    const pid = pidOf((await service.load('tiny')).state);
    const accepted = [1.2, 0.5, 0.8].map((seconds) => service.infer(clip(seconds), REQUEST));
    const unloaded = service.unload('tiny');
    expect(state(service)).toEqual({ kind: 'draining', pid });
    const late = service.infer(clip(0.5), REQUEST);
    await Promise.all(accepted);
    await unloaded;
    expect(processIsGone(pid)).toBe(true);
    await late;
    expect(pidOf(state(service))).not.toBe(pid);
    expect((await service.unload('tiny')).state).toEqual({ kind: 'unloaded', reason: 'requested' });
    expect((await service.unload('tiny')).state).toEqual({ kind: 'unloaded', reason: 'requested' });
  });

  it('is begun anew after a SIGKILL in mid-run, and the request is answered all the same', async () => {
    const service = bench.service();
    const pid = pidOf((await service.load('tiny')).state);
    const samples = clip(2.5);
    const answer = service.infer(samples, REQUEST);
    await until('the host is busy', () => state(service).kind === 'busy');
    process.kill(pid, 'SIGKILL');
    await until('the crash is seen', () => state(service).kind === 'failed');
    expect(state(service)).toMatchObject({ message: expect.stringContaining('SIGKILL') as unknown });
    expect(worstDifference((await answer).logits, expectedAnswer(samples).logits)).toBeLessThan(1e-5);
    expect(pidOf(state(service))).not.toBe(pid);
  });

  it('that is killed twice under one request gives INFERENCE_CRASHED to that request alone', async () => {
    const service = bench.service({ backOffFirstMs: 20 });
    const failed = codeOf(service.infer(ENDLESS, REQUEST));
    const waiting = service.infer(clip(0.5), REQUEST);
    const killed = new Set<number>();
    while (killed.size < 2) {
      await until('a fresh host is busy', () => {
        const now = state(service);
        return now.kind === 'busy' && !killed.has(now.pid);
      });
      killed.add(pidOf(state(service)));
      process.kill(pidOf(state(service)), 'SIGKILL');
    }
    expect(await failed).toBe('INFERENCE_CRASHED');
    expect((await waiting).frameCount).toBe(24);
  });

  it('waits longer after each crash in a row', async () => {
    const service = bench.service({ backOffFirstMs: 40 });
    const delays: number[] = [];
    service.onStateChanged((_, now) => {
      if (now.kind === 'failed') delays.push(now.retryAtMs - Date.now());
      if (now.kind === 'ready' && delays.length < 3) process.kill(now.pid, 'SIGKILL');
    });
    await service.load('tiny');
    await until('three crashes have happened', () => delays.length === 3);
    for (const [i, expected] of [40, 80, 160].entries()) expect(Math.abs(delays[i]! - expected)).toBeLessThanOrEqual(5);
    await until('it is ready again', () => state(service).kind === 'ready');
  });

  it('kills a run that is past its deadline and answers the others of its batch', async () => {
    const service = bench.service({ cpuBatch: { maxItems: 8, maxSamples: Infinity, maxPadding: 1 } });
    const pid = pidOf((await service.load('tiny')).state);
    const sizes: number[] = [];
    service.onStateChanged((_, now) => {
      if (now.kind === 'busy') sizes.push(now.runningCount);
    });
    const lead = service.infer(clip(1.1), REQUEST);
    // The graph works as long as the longest of the batch asks for, so the short clip hangs with the endless one.
    const late = codeOf(service.infer(ENDLESS, { ...REQUEST, deadlineMs: 2500 }));
    const beside = service.infer(clip(0.5), REQUEST);
    await lead;
    expect(await late).toBe('INFERENCE_TIMEOUT');
    expect((await beside).frameCount).toBe(24);
    expect(sizes).toEqual([1, 2, 1]);
    expect(processIsGone(pid)).toBe(true);
  });

  it('refuses a request whose deadline passes while it waits, and leaves the running one alone', async () => {
    const service = bench.service();
    const pid = pidOf((await service.load('tiny')).state);
    const running = service.infer(clip(2), REQUEST);
    expect(await codeOf(service.infer(clip(0.5), { ...REQUEST, deadlineMs: 30 }))).toBe('INFERENCE_TIMEOUT');
    expect(service.status('tiny').queueLength).toBe(0);
    await running;
    expect(pidOf(state(service))).toBe(pid);
  });

  it('gives up an aborted request at once, waiting or running, and answers the next', async () => {
    const service = bench.service();
    await service.load('tiny');
    const abort = new AbortController();
    const stopped = new Error('the caller went away');
    const running = codeOf(service.infer(clip(1.5), { ...REQUEST, signal: abort.signal }));
    const waiting = codeOf(service.infer(clip(1), { ...REQUEST, signal: abort.signal }));
    const next = service.infer(clip(0.5), REQUEST);
    abort.abort(stopped);
    expect([await running, await waiting]).toEqual([stopped, stopped]);
    expect(service.status('tiny').queueLength).toBe(1);
    expect(await codeOf(service.infer(clip(1), { ...REQUEST, signal: abort.signal }))).toBe(stopped);
    expect((await next).frameCount).toBe(24);
  });

  it('does not let a run without end hold its host beyond the deadline, though its caller has gone', async () => {
    const service = bench.service();
    const pid = pidOf((await service.load('tiny')).state);
    const abort = new AbortController();
    const gone = codeOf(service.infer(ENDLESS, { ...REQUEST, deadlineMs: 700, signal: abort.signal }));
    await until('the host is busy', () => state(service).kind === 'busy');
    abort.abort(new Error('the caller went away'));
    await gone;
    expect((await service.infer(clip(0.5), REQUEST)).frameCount).toBe(24);
    expect(pidOf(state(service))).not.toBe(pid);
  });

  it('lets interactive requests overtake waiting bulk ones', async () => {
    const service = bench.service();
    await service.load('tiny');
    const order: string[] = [];
    const ask = (name: string, priority: 'bulk' | 'interactive'): Promise<unknown> =>
      service.infer(clip(1 + order.length), { ...REQUEST, priority }).then(() => order.push(name));
    await Promise.all([ask('running', 'bulk'), ask('bulk', 'bulk'), ask('interactive', 'interactive')]);
    expect(order).toEqual(['running', 'interactive', 'bulk']);
  });

  it('refuses what the queue cannot hold and says when to come back', async () => {
    const service = bench.service({ queue: { maxItems: 2, maxSamples: Infinity, bulkAgeingMs: 1000, bulkTurn: 4, bulkShare: 1 } });
    await service.load('tiny');
    const accepted = [1.3, 1, 1].map((seconds) => service.infer(clip(seconds), REQUEST));
    await expect(service.infer(clip(1), REQUEST)).rejects.toMatchObject({ code: 'INFERENCE_OVERLOADED', details: { retryAfterMs: expect.any(Number) as unknown, queueLength: 2 } });
    await Promise.all(accepted);
    expect(await codeOf(service.infer(clip(1), REQUEST))).toBe('it succeeded');
  });
});

describe('a model that does not load', () => {
  it('is refused for a file that is no graph, told at once until the next try, and harms no other model', async () => {
    installTinyModel(bench.dir, 'broken', {}, {}, new Uint8Array(5000).fill(7));
    const service = bench.service({ backOffFirstMs: 5000 });
    expect(await codeOf(service.infer(clip(1), { ...REQUEST, modelId: 'broken' }))).toBe('MODEL_LOAD_FAILED');
    expect(service.status('broken').state).toMatchObject({ kind: 'failed', message: expect.stringMatching(/protobuf|parse|model/i) as unknown });
    await expect(service.infer(clip(1), { ...REQUEST, modelId: 'broken' })).rejects.toMatchObject({ code: 'MODEL_LOAD_FAILED', details: { retryAfterMs: expect.any(Number) as unknown } });
    expect((await service.infer(clip(0.5), REQUEST)).frameCount).toBe(24);
  });

  it('is refused when its bytes are not those of the manifest', async () => {
    appendFileSync(join(bench.dir, 'tiny', 'model.onnx'), 'x');
    await expect(bench.service().load('tiny')).rejects.toMatchObject({ code: 'MODEL_LOAD_FAILED', message: expect.stringContaining('SHA-256') as unknown });
  });

  it('is refused when the graph does not fit the manifest, naming the output', async () => {
    installTinyModel(bench.dir, 'tiny', {}, { labels: ['a', 'b'] });
    await expect(bench.service().load('tiny')).rejects.toMatchObject({ message: expect.stringMatching(/Output logits is float32 \[1, 3\].*ask for float32 \[1, 2\]/) as unknown });
  });

  it('loads as soon as it is mended and asked for', async () => {
    const manifest = installTinyModel(bench.dir, 'tiny', {}, { embeddingDimension: 9 });
    const service = bench.service({ backOffFirstMs: 60_000 });
    expect(await codeOf(service.load('tiny'))).toBe('MODEL_LOAD_FAILED');
    writeFileSync(join(bench.dir, 'tiny', 'manifest.json'), JSON.stringify({ ...manifest, embeddingDimension: 8 }));
    service.rescan();
    expect((await service.infer(clip(0.5), REQUEST)).frameCount).toBe(24);
  });

  it('is killed when loading takes too long', async () => {
    await expect(bench.service({ loadTimeoutMs: 1 }).load('tiny')).rejects.toMatchObject({ code: 'MODEL_LOAD_FAILED', message: expect.stringContaining('did not load within 1 ms') as unknown });
  });
});

describe('stopping', () => {
  it('ends running, waiting and loading work at once and leaves no process', async () => {
    installTinyModel(bench.dir, 'other');
    const service = bench.service();
    const pid = pidOf((await service.load('tiny')).state);
    const codes = [ENDLESS, clip(1), clip(2)].map((samples) => codeOf(service.infer(samples, { ...REQUEST, deadlineMs: 600_000 })));
    const loading = codeOf(service.infer(clip(1), { ...REQUEST, modelId: 'other' }));
    const startedAtMs = Date.now();
    await service.stop();
    // The running clip alone would take minutes.
    expect(Date.now() - startedAtMs).toBeLessThan(5000);
    expect(await Promise.all([...codes, loading])).toEqual(Array(4).fill('SHUTTING_DOWN'));
    expect(processIsGone(pid)).toBe(true);
    expect(readdirSync('/proc').filter((entry) => isChildHost(entry))).toEqual([]);
    expect(await codeOf(service.infer(clip(1), REQUEST))).toBe('SHUTTING_DOWN');
    expect(await codeOf(service.load('tiny'))).toBe('SHUTTING_DOWN');
  });
});

describe('telemetry', () => {
  it('is off: a host with an empty home folder leaves it empty', async () => {
    const home = join(bench.dir, '.home');
    mkdirSync(home);
    const names = ['HOME', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME', 'USERPROFILE'];
    const service = bench.service({}, Object.fromEntries(names.map((name) => [name, home])));
    await service.infer(clip(0.5), REQUEST);
    await service.stop();
    expect(readdirSync(home)).toEqual([]);
  });
});

describe('a host and its parent', () => {
  /** A process of its own over the compiled service, as a server is: prints the host's pid, then does as `ending` says. */
  function parent(ending: string): ChildProcess {
    const service = pathToFileURL(join(import.meta.dirname, '../../dist/src/inference/resident-inference.js')).href;
    const script = `
      const { createEmotionInference } = await import(${JSON.stringify(service)});
      const service = createEmotionInference({ modelDirs: [${JSON.stringify(bench.dir)}], run: { provider: 'cpu' } });
      await service.infer(new Float32Array(16000).fill(0.1), { modelId: 'tiny', priority: 'interactive', deadlineMs: 20000 });
      console.log(service.status('tiny').state.pid);
      ${ending}`;
    return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  }

  async function hostPidOf(child: ChildProcess): Promise<number> {
    const [line] = (await once(child.stdout!, 'data')) as [Buffer];
    return Number(line.toString());
  }

  it('go together: a parent that is SIGKILLed leaves no host', async () => {
    const child = parent('setInterval(() => undefined, 1000);');
    const hostPid = await hostPidOf(child);
    expect(processIsGone(hostPid)).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until('the host is gone', () => processIsGone(hostPid) || isZombie(hostPid));
  });

  it('do not hold each other up: a parent with nothing more to do ends by itself, with an idle host there', async () => {
    const child = parent('');
    const exit = once(child, 'exit');
    const hostPid = await hostPidOf(child);
    expect(await exit).toEqual([0, null]);
    await until('the host is gone', () => processIsGone(hostPid) || isZombie(hostPid));
  });

  it('part cleanly: stop leaves no handle that keeps the parent alive', async () => {
    const child = parent('const waiting = service.infer(new Float32Array(16000), { modelId: "tiny", priority: "bulk", deadlineMs: 600000 }).catch((error) => error.code); await service.stop(); process.exitCode = (await waiting) === "SHUTTING_DOWN" ? 0 : 1;');
    const exit = once(child, 'exit');
    const hostPid = await hostPidOf(child);
    expect(await exit).toEqual([0, null]);
    expect(processIsGone(hostPid)).toBe(true);
  });
});
