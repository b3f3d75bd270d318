import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Variant } from './bench-models.js';
import type { ChildAnswer } from './model-child.js';

/** A graph in a process of its own, driven run by run. */
export interface RunningVariant {
  readonly variant: Variant;
  readonly child: ChildProcess;
  readonly load: ChildAnswer;
  /** From the start of the process to the first result of a one-second clip. */
  readonly coldSeconds: number;
}

/** One thread. */
export async function startVariant(variant: Variant): Promise<RunningVariant> {
  const startedAt = performance.now();
  const child = fork(join(import.meta.dirname, 'model-child.js'), [variant.graphPath, variant.optimization, '1'], { env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' } });
  const [{ load }] = (await once(child, 'message')) as [{ load: ChildAnswer }];
  await askVariant(child, 1);
  return { variant, child, load, coldSeconds: (performance.now() - startedAt) / 1000 };
}

export async function askVariant(child: ChildProcess, seconds: number): Promise<ChildAnswer> {
  child.send({ kind: 'run', seconds });
  const [answer] = (await once(child, 'message')) as [ChildAnswer];
  return answer;
}

export const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
export const rounded = (value: number): number => Number(value.toPrecision(4));
