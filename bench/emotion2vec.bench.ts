// Compares the float32 and int8 graphs with a graph like FunASR's export, at one configuration, interleaved in one run:
//   node dist/bench/emotion2vec.bench.js CHECKPOINT.pt WORK_FOLDER [--seconds 1,5,10,15] [--rounds 5] [--out FILE.json]
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { encodeModel } from '../src/inference/emotion2vec/graph-builder.js';
import { writeVariants } from './bench-models.js';
import { buildMatmulGraph } from './funasr-like-graph.js';
import type { ChildAnswer } from './model-child.js';
import { askVariant, median, rounded, startVariant, type RunningVariant } from './variant-process.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '1,5,10,15' }, rounds: { type: 'string', default: '5' }, out: { type: 'string' }, only: { type: 'string' } },
});
const [checkpointPath, folder] = positionals;
if (checkpointPath === undefined || folder === undefined) throw new Error('usage: emotion2vec.bench.js CHECKPOINT.pt WORK_FOLDER [--seconds 1,5,10,15] [--rounds 5] [--out FILE.json]');
const durations = values.seconds.split(',').map(Number);

/** float32 GFLOP/s of a plain product [510, 1024] × [1024, 4096] on one thread. */
async function matmulRate(): Promise<number> {
  const session = await InferenceSession.create(encodeModel(buildMatmulGraph(), 'matmul'), { intraOpNumThreads: 1 });
  const [rows, inner, columns] = [510, 1024, 4096];
  const feeds = { a: new Tensor('float32', new Float32Array(rows * inner).fill(0.5), [rows, inner]), b: new Tensor('float32', new Float32Array(inner * columns).fill(0.25), [inner, columns]) };
  const times: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    const cpu = process.cpuUsage();
    await session.run(feeds);
    const used = process.cpuUsage(cpu);
    times.push((used.user + used.system) / 1e6);
  }
  await session.release();
  return (2 * rows * inner * columns) / Math.min(...times) / 1e9;
}

const variants = (await writeVariants(checkpointPath, folder)).filter(({ name }) => values.only === undefined || values.only.split(',').includes(name));
const rates = [await matmulRate()];
const running: RunningVariant[] = [];
for (const variant of variants) running.push(await startVariant(variant));
const results: Record<string, Record<string, { cpuSeconds: number; bestCpuSeconds: number; peakMegabytes: number; cpuRatio?: number; peakRatio?: number }>> = {};
for (const seconds of durations) {
  const answers = running.map(() => [] as ChildAnswer[]);
  for (const [index, { child }] of running.entries()) answers[index]!.push(await askVariant(child, seconds));
  const peaks = answers.map(([first]) => first!.peakBytes);
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const [index, { child }] of running.entries()) answers[index]!.push(await askVariant(child, seconds));
  }
  const row: (typeof results)[string] = {};
  for (const [index, { variant }] of running.entries()) {
    const cpu = answers[index]!.slice(1).map(({ cpuSeconds }) => cpuSeconds);
    row[variant.name] = { cpuSeconds: rounded(median(cpu)), bestCpuSeconds: rounded(Math.min(...cpu)), peakMegabytes: Math.round(peaks[index]! / 1e6) };
  }
  const { baseline } = row;
  if (baseline) for (const entry of Object.values(row)) Object.assign(entry, { cpuRatio: rounded(entry.cpuSeconds / baseline.cpuSeconds), peakRatio: rounded(entry.peakMegabytes / baseline.peakMegabytes) });
  results[`${seconds} s`] = row;
}
rates.push(await matmulRate());
for (const { child } of running) child.disconnect();

const report = {
  commit: execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim(),
  date: new Date().toISOString(),
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  node: process.version,
  threads: 1,
  rounds: Number(values.rounds),
  matmulGigaflopsPerSecond: rates.map(rounded),
  load: Object.fromEntries(running.map(({ variant, load, coldSeconds }) => [variant.name, { loadSeconds: rounded(load.wallSeconds), loadCpuSeconds: rounded(load.cpuSeconds), coldToFirstResultSeconds: rounded(coldSeconds) }])),
  results,
};
const text = `${JSON.stringify(report, null, 2)}\n`;
if (values.out !== undefined) await writeFile(values.out, text);
process.stdout.write(text);
