import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { createEmotionInference, type ResidentInference } from '../src/inference/resident-inference.js';
import type { ModelRunOptions } from '../src/inference/inference-options.js';

/** Kernel clock ticks in a second; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export interface HostFigures {
  readonly pid: number;
  /** User and system time since the process began. */
  readonly cpuSeconds: number;
  readonly residentMegabytes: number;
  /** Highest resident memory since the process began. */
  readonly peakMegabytes: number;
}

/** The model hosts of this process, from /proc. */
export function hostFigures(): HostFigures[] {
  return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)).flatMap((entry) => {
    try {
      const fields = readFileSync(`/proc/${entry}/stat`, 'utf8').split(') ')[1]!.split(' ');
      if (Number(fields[1]) !== process.pid || !readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes('model-host')) return [];
      const status = readFileSync(`/proc/${entry}/status`, 'utf8');
      const megabytes = (name: string): number => Math.round((Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024) / 1e6);
      return [{ pid: Number(entry), cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND, residentMegabytes: megabytes('VmRSS'), peakMegabytes: megabytes('VmHWM') }];
    } catch {
      return [];
    }
  });
}

/** Of all hosts of this process, ended ones not counted. */
export const hostCpuSeconds = (): number => hostFigures().reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);

/** Hosts on the CPU that stay. */
export function openHosts(modelsDir: string, run: Partial<ModelRunOptions>): ResidentInference {
  return createEmotionInference({ modelDirs: [modelsDir], run: { provider: 'cpu', idleUnloadMs: Infinity, queue: { maxItems: 4096, maxSamples: Infinity, bulkAgeingMs: 5000, bulkTurn: 4, bulkShare: 1 }, ...run } });
}

const made = new Map<string, Float32Array>();

/** Uneven sound of a length, one of eight; made once, so that making it takes no time from what is measured. */
export function clip(seconds: number, seed: number): Float32Array {
  const kind = seed % 8;
  const key = `${seconds} ${kind}`;
  const samples = made.get(key) ?? Float32Array.from({ length: Math.round(seconds * 16_000) }, (_, i) => 0.3 * Math.sin(i * 0.05 + 3 * Math.sin(i * 0.0003 * (1 + kind))) + 0.1 * Math.sin(i * i * 0.00037 + kind));
  made.set(key, samples);
  return samples;
}

/** The figures beside the machine and the commit they come from, to `path` where one is given and to stdout. */
export async function writeReport(name: string, figures: object, path: string | undefined): Promise<void> {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const text = `${JSON.stringify({ name, commit, date: new Date().toISOString(), node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, loadAverage: loadavg()[0], figures }, null, 2)}\n`;
  if (path !== undefined) await writeFile(path, text);
  process.stdout.write(text);
}
