import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** A process that is started again whenever it is killed. */
export class Phoenix<T extends { readonly child: ChildProcess; kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> }> {
  #now: T | null = null;
  #child: ChildProcess | null = null;
  #starting: Promise<void> = Promise.resolve();
  /** Starts that failed (it was killed while it started, or the database was away) and were tried again. */
  failedStarts = 0;

  /** `start` tells of the process as soon as there is one, and resolves when it is ready. */
  constructor(private readonly start: (onSpawn: (child: ChildProcess) => void) => Promise<T>) {}

  get now(): T | null {
    return this.#now;
  }

  rise(): Promise<void> {
    this.#starting = this.#starting.then(async () => {
      for (let tries = 0; this.#now === null; tries++) {
        try {
          this.#now = await this.start((child) => { this.#child = child; });
        } catch (error) {
          this.failedStarts += 1;
          if (tries >= 20) throw error;
        }
      }
    });
    return this.#starting;
  }

  /** SIGKILL, now, ready or still starting; resolves when it is gone. */
  async fall(): Promise<void> {
    const falling = this.#child;
    this.#now = null;
    if (falling === null || falling.exitCode !== null || falling.signalCode !== null) return;
    falling.kill('SIGKILL');
    await once(falling, 'exit');
  }

  /** SIGTERM at the end; its exit code. */
  async rest(): Promise<number | null> {
    await this.#starting;
    const last = this.#now;
    this.#now = null;
    return last === null ? null : last.kill('SIGTERM');
  }
}

/** Children of a process: its model hosts and decoders (Linux only, as all of this suite). */
export function childrenOf(pid: number | undefined): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter((text) => text !== '').map(Number);
  } catch {
    return [];
  }
}

/** Kills one child of the process, if it has any. */
export function killChild(pid: number | undefined, random: () => number): boolean {
  const children = childrenOf(pid);
  const victim = children[Math.floor(random() * children.length)];
  if (victim === undefined) return false;
  try {
    process.kill(victim, 'SIGKILL');
    return true;
  } catch {
    // It ended by itself in this moment.
    return false;
  }
}
