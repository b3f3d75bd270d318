// A long recording in int8 through the platform's own hosts, against the baseline graph at its own best window:
//   node dist/bench/long-recording.bench.js CHECKPOINT.pt WORK_FOLDER MODELS_DIR MODEL [--minutes 30] [--window SECONDS] [--rounds 3] [--out FILE.json]
// The baseline is measured on samples of windows, spread over the whole run, and scaled to the recording's length.
import { parseArgs } from 'node:util';
import { writeVariants } from './bench-models.js';
import { clip, hostCpuSeconds, hostFigures, openHosts, writeReport } from './host-figures.js';
import { askVariant, median, rounded, startVariant } from './variant-process.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string', default: '30' }, window: { type: 'string' }, rounds: { type: 'string', default: '3' }, out: { type: 'string' } },
});
const [checkpointPath, folder, modelsDir, modelId] = positionals;
if (modelId === undefined) throw new Error('usage: long-recording.bench.js CHECKPOINT.pt WORK_FOLDER MODELS_DIR MODEL [--minutes 30] [--window SECONDS] [--rounds 3] [--out FILE.json]');

const WINDOWS = [1, 2, 3, 5, 8, 10, 15];
/** Parts of the recording between which the baseline is sampled. */
const PARTS = 10;

const variants = (await writeVariants(checkpointPath!, folder!)).filter(({ name }) => name !== 'float32');
const running = await Promise.all(variants.map(startVariant));
const perSecond = new Map(running.map(({ variant }) => [variant.name, WINDOWS.map(() => [] as number[])]));
for (let round = -1; round < Number(values.rounds); round += 1) {
  for (const [index, seconds] of WINDOWS.entries()) {
    for (const { variant, child } of running) {
      const { cpuSeconds } = await askVariant(child, seconds);
      if (round >= 0) perSecond.get(variant.name)![index]!.push(cpuSeconds / seconds);
    }
  }
}
const costs = Object.fromEntries([...perSecond].map(([name, lists]) => [name, Object.fromEntries(lists.map((list, index) => [`${WINDOWS[index]!} s`, rounded(median(list))]))]));
const baselineCosts = perSecond.get('baseline')!.map(median);
const bestWindow = WINDOWS[baselineCosts.indexOf(Math.min(...baselineCosts))]!;
const baseline = running.find(({ variant }) => variant.name === 'baseline')!;

const hosts = openHosts(modelsDir!, { hostCount: 2, threadsPerHost: 1 });
const window = values.window === undefined ? hosts.manifest(modelId).maxWindowSeconds : Number(values.window);
await hosts.load(modelId);
const windowCount = Math.round((Number(values.minutes) * 60) / window);
const request = { modelId, priority: 'bulk', deadlineMs: 600_000 } as const;
const before = hostCpuSeconds();
const startedAt = performance.now();
const memory: { readonly resident: number[]; readonly peak: number[] }[] = [];
const baselineSamples: number[] = [];
let pausedMs = 0;
for (let part = 0; part < PARTS; part += 1) {
  const indices = Array.from({ length: windowCount }, (_, index) => index).filter((index) => Math.floor((index * PARTS) / windowCount) === part);
  // Four at once, as the platform does.
  const runner = async (): Promise<void> => {
    for (let index = indices.shift(); index !== undefined; index = indices.shift()) await hosts.infer(clip(window, index), request);
  };
  await Promise.all([runner(), runner(), runner(), runner()]);
  const figures = hostFigures();
  memory.push({ resident: figures.map(({ residentMegabytes }) => residentMegabytes), peak: figures.map(({ peakMegabytes }) => peakMegabytes) });
  const pausedAt = performance.now();
  for (let i = 0; i < 3; i += 1) baselineSamples.push((await askVariant(baseline.child, bestWindow)).cpuSeconds / bestWindow);
  pausedMs += performance.now() - pausedAt;
}
const cpuSeconds = hostCpuSeconds() - before;
const wallSeconds = (performance.now() - startedAt - pausedMs) / 1000;
const audioSeconds = windowCount * window;
const baselineCpuSeconds = median(baselineSamples) * audioSeconds;
await hosts.stop();
for (const { child } of running) child.disconnect();

await writeReport('long-recording', {
  model: modelId, audioSeconds, windowSeconds: window, windowCount,
  cpuSecondsPerAudioSecond: costs,
  baseline: { bestWindowSeconds: bestWindow, sampledWindows: baselineSamples.length, cpuSecondsPerAudioSecond: rounded(median(baselineSamples)), cpuSecondsScaled: rounded(baselineCpuSeconds) },
  int8: { hosts: '2 of 1 thread', cpuSeconds: rounded(cpuSeconds), wallSeconds: rounded(wallSeconds), audioSecondsPerSecond: rounded(audioSeconds / wallSeconds) },
  cpuRatio: rounded(cpuSeconds / baselineCpuSeconds), cpuRatioAllowed: 0.33,
  hostMegabytesAfterEachTenth: memory,
}, values.out);
