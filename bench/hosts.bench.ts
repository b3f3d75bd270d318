// How the platform's hosts share the machine, in int8 at the large configuration:
//   node dist/bench/hosts.bench.js MODELS_DIR MODEL [--only threads,burst,interactive] [--rounds 5] [--out FILE.json]
import { parseArgs } from 'node:util';
import type { ResidentInference } from '../src/inference/resident-inference.js';
import { clip, hostCpuSeconds, hostFigures, openHosts, writeReport } from './host-figures.js';
import { median, rounded } from './variant-process.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', default: 'threads,burst,interactive' }, rounds: { type: 'string', default: '5' }, out: { type: 'string' } },
});
const [modelsDir, modelId] = positionals;
if (modelId === undefined) throw new Error('usage: hosts.bench.js MODELS_DIR MODEL [--only threads,burst,interactive] [--rounds 5] [--out FILE.json]');
const rounds = Number(values.rounds);

/** What the platform sets on two cores (src/config.ts). */
const DEFAULTS = { hostCount: 2, threadsPerHost: 1, interactiveThreads: 2 };

async function infer(hosts: ResidentInference, samples: Float32Array, priority: 'bulk' | 'interactive'): Promise<void> {
  await hosts.infer(samples, { modelId: modelId!, priority, deadlineMs: 600_000 });
}

/** Every host started and its memory at its full size. */
async function warm(hosts: ResidentInference): Promise<void> {
  for (const seconds of [2, 4, 6, 8, 10]) for (let seed = 0; seed < 8; seed += 1) clip(seconds, seed);
  await hosts.load(modelId!);
  await Promise.all([1, 2, 3, 4].flatMap((seed) => [infer(hosts, clip(5, seed), 'bulk'), infer(hosts, clip(5, seed), 'interactive')]));
}

/** One 2-thread host against two of 1 thread, with what a recording gives: four windows at once. */
async function compareThreads(): Promise<object> {
  const setups = [{ name: 'one 2-thread host', hostCount: 1, threadsPerHost: 2 }, { name: 'two 1-thread hosts', hostCount: 2, threadsPerHost: 1 }] as const;
  const results = setups.map(() => ({ wall: [] as number[], cpu: [] as number[] }));
  const windows = Array.from({ length: 12 }, (_, seed) => clip(3 + (seed % 4) * 2, seed));
  // One pool at a time is there, so that /proc counts the hosts of that one alone.
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { hostCount, threadsPerHost }] of setups.entries()) {
      const hosts = openHosts(modelsDir!, { hostCount, threadsPerHost });
      await warm(hosts);
      const [wall, cpu] = [performance.now(), hostCpuSeconds()];
      const left = [...windows];
      const runner = async (): Promise<void> => {
        for (let samples = left.shift(); samples !== undefined; samples = left.shift()) await infer(hosts, samples, 'bulk');
      };
      await Promise.all([runner(), runner(), runner(), runner()]);
      results[index]!.wall.push((performance.now() - wall) / 1000);
      results[index]!.cpu.push(hostCpuSeconds() - cpu);
      await hosts.stop();
    }
  }
  const [one, two] = results.map(({ wall, cpu }) => ({ wallSeconds: rounded(median(wall)), cpuSeconds: rounded(median(cpu)) }));
  return { audioSeconds: windows.reduce((sum, { length }) => sum + length / 16_000, 0), rounds, oneTwoThreadHost: one, twoOneThreadHosts: two, wallRatio: rounded(two!.wallSeconds / one!.wallSeconds), cpuRatio: rounded(two!.cpuSeconds / one!.cpuSeconds) };
}

/** 64 short clips at once against the same one after another. */
async function compareBurst(priority: 'bulk' | 'interactive'): Promise<object> {
  const hosts = openHosts(modelsDir!, DEFAULTS);
  await warm(hosts);
  const clips = Array.from({ length: 64 }, (_, seed) => clip(1 + (seed % 5) / 2, seed));
  const times = { together: [] as number[], backToBack: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    let startedAt = performance.now();
    for (const samples of clips) await infer(hosts, samples, priority);
    times.backToBack.push(performance.now() - startedAt);
    startedAt = performance.now();
    await Promise.all(clips.map((samples) => infer(hosts, samples, priority)));
    times.together.push(performance.now() - startedAt);
  }
  await hosts.stop();
  const [together, backToBack] = [median(times.together), median(times.backToBack)];
  return { clips: clips.length, rounds, togetherMs: rounded(together), backToBackMs: rounded(backToBack), throughputRatio: rounded(backToBack / together), throughputRatioAllowed: 0.95 };
}

/** Interactive clips one after another, with and without as much bulk work as the hosts can take, in alternating blocks. */
async function compareInteractive(run: Parameters<typeof openHosts>[1]): Promise<object> {
  const hosts = openHosts(modelsDir!, run);
  await warm(hosts);
  const waits = { unloaded: [] as number[], loaded: [] as number[] };
  let bulkSeconds = 0;
  const block = async (into: number[]): Promise<void> => {
    for (let i = 0; i < 25; i += 1) {
      const startedAt = performance.now();
      await infer(hosts, clip(2, i), 'interactive');
      into.push(performance.now() - startedAt);
    }
  };
  for (let round = 0; round < rounds; round += 1) {
    await block(waits.unloaded);
    let isOver = false;
    const bulk = Array.from({ length: 6 }, async (_, runner) => {
      for (let seed = 0; !isOver; seed += 1) {
        const seconds = 4 + ((seed + runner) % 4) * 2;
        await infer(hosts, clip(seconds, seed), 'bulk');
        bulkSeconds += seconds;
      }
    });
    await block(waits.loaded);
    isOver = true;
    await Promise.all(bulk);
  }
  const hostMegabytes = hostFigures().map(({ peakMegabytes }) => peakMegabytes);
  await hosts.stop();
  const at = (list: readonly number[], share: number): number => rounded([...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))]!);
  const figures = (list: readonly number[]) => ({ medianMs: at(list, 0.5), p90Ms: at(list, 0.9), p99Ms: at(list, 0.99) });
  const [unloaded, loaded] = [figures(waits.unloaded), figures(waits.loaded)];
  return { clips: waits.loaded.length, unloaded, underBulkLoad: loaded, bulkAudioSecondsMeanwhile: bulkSeconds, p99Ratio: rounded(loaded.p99Ms / unloaded.p99Ms), p99RatioAllowed: 3, hostMegabytes };
}

const only = values.only.split(',');
await writeReport('hosts', {
  model: modelId,
  ...(only.includes('threads') ? { threads: await compareThreads() } : {}),
  ...(only.includes('burst') ? { burst: { interactive: await compareBurst('interactive'), bulk: await compareBurst('bulk') } } : {}),
  ...(only.includes('interactive') ? { interactive: { withAHostOfItsOwn: await compareInteractive(DEFAULTS), withoutOne: await compareInteractive({ ...DEFAULTS, interactiveThreads: 0 }) } } : {}),
}, values.out);
