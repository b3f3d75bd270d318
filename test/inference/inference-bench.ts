import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelState } from '../../src/domain/model.js';
import type { InferOptions } from '../../src/inference/emotion-inference.js';
import type { ModelRunOptions } from '../../src/inference/inference-options.js';
import type { ResidentInference } from '../../src/inference/resident-inference.js';
import { createEmotionInference } from '../../src/inference/resident-inference.js';

export const REQUEST: InferOptions = { modelId: 'tiny', priority: 'interactive', deadlineMs: 20_000 };

/** Services over throw-away model folders, all stopped and removed by `close`. */
export class InferenceBench {
  readonly dir = mkdtempSync(join(tmpdir(), 'undertone-inference-'));
  readonly #services: ResidentInference[] = [];

  service(run: Partial<ModelRunOptions> = {}, hostEnvironment: Record<string, string> = {}): ResidentInference {
    const service = createEmotionInference({ modelDirs: [this.dir], run: { provider: 'cpu', threadsPerHost: 1, ...run }, hostEnvironment });
    this.#services.push(service);
    return service;
  }

  async close(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.stop()));
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Waits for a fact, and says which one never came. */
export async function until(fact: string, isTrue: () => boolean, timeoutMs = 15_000): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!isTrue()) {
    if (Date.now() > endMs) throw new Error(`It never came about that ${fact}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Gone, and not left as a zombie either: a zombie still takes signal 0. */
export function processIsGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

/** A process, zombies included, whose parent is this one and that runs the host entry (or has no command line left). */
export function isChildHost(entry: string): boolean {
  try {
    const [, parent] = /\) \S (\d+) /.exec(readFileSync(`/proc/${entry}/stat`, 'utf8')) ?? [];
    const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8');
    return parent === String(process.pid) && (command === '' || command.includes('model-host'));
  } catch {
    return false;
  }
}

export function pidOf(state: ModelState): number {
  if (!('pid' in state)) throw new Error(`A model in state ${state.kind} has no process.`);
  return state.pid;
}

export function worstDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values against ${b.length}`);
  return Array.from(a).reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}

/** The code of an expected failure, or the failure itself where it has none. */
export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return 'it succeeded';
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}
